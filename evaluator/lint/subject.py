"""What is linted: a benchmark by name, or a file by its path, with its items as they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evaluator.benchmark import Benchmark, named, names
from evaluator.choice import MultipleChoice
from evaluator.freeform import Answers, Asked, FreeForm, unchecked
from evaluator.lint.words import ARABIC, share
from evaluator.published import Draft, drafts
from evaluator.published.layout import lists_options
from evaluator.published.rows import fold, read
from storage.errors import TabibError, UsageError

PERSIAN = 0.5
"""Share of the letters of a file's questions from which on it is taken for Persian."""
BEGINNING, FEWEST = 1000, 4
"""Characters of a question that are looked at for that, and letters that it must have: if not, its options are."""


@dataclass(frozen=True)
class Subject:
    """A benchmark's items; `choice` where they have options, `originals` what they were translated from."""

    name: str
    items: tuple[Draft, ...]
    choice: bool
    language: str
    statements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    originals: tuple[Draft, ...] = ()

    def texts(self, item: Draft) -> dict[str, str]:
        """All that an item says, by where it stands."""
        said = item.lettered if self.choice else {"the answer": item.options[0] if item.options else ""}
        told = {f"statement {n}": text for n, text in enumerate(self.statements.get(item.id, ()), 1)}
        return {"question": item.question, **said, **told}


def of_name(name: str) -> Subject:
    """A benchmark by name. Raises UsageError where its file is not here or has a wrong column, and DataDamaged."""
    benchmark = named(name)
    found = _subject(benchmark)
    if found is None:
        raise UsageError(f"{name} has no items of its own: it asks a snapshot's pairs, which cleaning looks after")
    return found


def at_hand(but: Sequence[str]) -> tuple[list[Subject], list[str]]:
    """Every other benchmark that is here, to look for repeats in, and why one that should be is not looked at."""
    found, said = list[Subject](), list[str]()
    for name in names():
        try:
            if name not in but and (benchmark := named(name)).with_all and (subject := _subject(benchmark)):
                found.append(subject)
        except TabibError as error:
            said.append(f"not looked for repeats in {name}: {error}")
    return found, said


def of_file(path: Path, original: Path | None = None) -> Subject:
    """A file, called after itself. Raises UsageError for what cannot be read as items."""
    rows = read(path)
    name = path.name.split(".")[0].lower().replace("_", "-")
    columns = set(rows[0].fields)
    choice = lists_options(columns) or fold("question") not in columns or not columns & {"answer", "free form answer"}
    if choice:
        items = tuple(drafts(path, rows))
        originals = tuple(drafts(original, read(original))) if original else ()
        return Subject(name, items, True, _language(items), originals=originals)
    answer = "free form answer" if "free form answer" in columns else "answer"
    must, nice = (
        ("must have" if "must have" in columns else None),
        ("nice to have" if "nice to have" in columns else None),
    )
    return _free(name, unchecked(path, Answers(answer=answer, must=must, nice=nice)), None)


def _subject(benchmark: Benchmark) -> Subject | None:
    if isinstance(benchmark, MultipleChoice):
        originals = _originals(benchmark)
        return Subject(benchmark.name, _drafts(benchmark), True, benchmark.language, originals=originals)
    if isinstance(benchmark, FreeForm):
        return _free(benchmark.name, unchecked(benchmark.path, benchmark.layout), benchmark.language)
    return None


def _drafts(benchmark: MultipleChoice) -> tuple[Draft, ...]:
    path = benchmark.path
    return tuple(drafts(path, read(path), benchmark.layout))


def _originals(benchmark: MultipleChoice) -> tuple[Draft, ...]:
    if benchmark.original is None:
        return ()
    original = named(benchmark.original)
    return _drafts(original) if isinstance(original, MultipleChoice) and original.here else ()


def _free(name: str, asked: Sequence[Asked], language: str | None) -> Subject:
    items = tuple(Draft(a.id, a.question, (a.answer,), "", None, source=a.source) for a in asked)
    statements = {a.id: (*a.must, *a.nice) for a in asked if a.must or a.nice}
    return Subject(name, items, False, language or _language(items), statements)


def _language(items: Sequence[Draft]) -> str:
    said = [text for item in items if (text := _telling(item))]
    persian = sum(share(ARABIC, text) >= PERSIAN for text in said)
    return "fa" if persian * 2 >= len(said) else "en"


def _telling(item: Draft) -> str | None:
    """The text of an item that tells its language; None where it has no letters."""
    for text in (item.question, " ".join(item.options)):
        if sum(map(str.isalpha, text[:BEGINNING])) >= FEWEST:
            return text[:BEGINNING]
    return None
