"""What is translated: a benchmark by name, or a file; its items as texts by place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluator.benchmark import Benchmark, named, names
from evaluator.choice import Item, MultipleChoice
from evaluator.freeform import Answers, Asked, FreeForm, unchecked
from evaluator.given import chosen
from evaluator.items import unaskable
from evaluator.lint import of_file
from evaluator.published import Draft
from evaluator.published.rows import fold, listed, read
from evaluator.translation.wording import Text
from storage.errors import UsageError

QUESTION, ANSWER, MUST, NICE = "question", "answer", "must", "nice"


@dataclass(frozen=True)
class Piece:
    """One item: its texts by place (`question`, and `A`, `B` or `answer`, `must 1`), the key's letter, what else a line
    of it holds."""

    id: str
    texts: Mapping[str, str]
    key: str | None = None
    also: Mapping[str, Any] = field(default_factory=dict)

    def wanted(self, texts: Mapping[str, str] | None = None) -> dict[str, Text]:
        """Its texts as they are put to a translator, or other texts in their places; options with their question."""
        of = self.texts if texts is None else texts
        return {place: Text(text, _kind(place), of[QUESTION] if len(place) == 1 else "") for place, text in of.items()}


@dataclass(frozen=True)
class Original:
    """A benchmark's items; `columns` names those of a free-form file's answer and statements."""

    name: str
    language: str
    pieces: tuple[Piece, ...]
    choice: bool
    columns: Answers = field(default_factory=Answers)


def opened(name: str, data: Path | None = None) -> Original:
    """The items of a benchmark, in `data` if that is given, or of a file.

    Raises UsageError where there is neither, where an item cannot be asked, or one id stands twice.
    """
    if name in names():
        found = _benchmark(*chosen([name], data))
    elif data is not None or not Path(name).is_file():
        found = _benchmark(named(name))  # which tells that it is none, and what there is
    else:
        found = _file(Path(name))
    twice = [each for each, count in Counter(piece.id for piece in found.pieces).items() if count > 1]
    if twice:
        raise UsageError(f"{name}: item {twice[0]} stands there twice")
    return found


def _benchmark(benchmark: Benchmark) -> Original:
    if isinstance(benchmark, MultipleChoice):
        items = benchmark.open().items
        return Original(benchmark.name, benchmark.language, tuple(map(_of_choice, items)), choice=True)
    if isinstance(benchmark, FreeForm):
        pieces = tuple(map(_of_free, benchmark.asked()))
        return Original(benchmark.name, benchmark.language, pieces, choice=False, columns=benchmark.layout)
    raise UsageError(f"{benchmark.name} has no items of its own: it asks a snapshot's pairs")


def _file(path: Path) -> Original:
    subject = of_file(path)
    if subject.choice:
        _check(path, subject.items)
        pieces = tuple(map(_of_choice, subject.items))
        return Original(subject.name, subject.language, pieces, choice=True)
    columns = set(read(path)[0].fields)
    answer = next(name for name in ("free form answer", "answer") if name in columns)
    source = next((name for name in ("source", "sources") if name in columns), None)
    must, nice = (name if name in columns else None for name in ("must have", "nice to have"))
    layout = Answers("question", answer, source, must, nice)
    return Original(
        subject.name, subject.language, tuple(map(_of_free, _whole(path, layout))), choice=False, columns=layout
    )


def _check(path: Path, items: Sequence[Draft]) -> None:
    faults = [(draft.id, fault) for draft in items if (fault := unaskable(draft))]
    if faults:
        more = f"; {len(faults) - 1} more cannot be asked either" if len(faults) > 1 else ""
        raise UsageError(f"{path}: item {faults[0][0]} {faults[0][1]}{more}. `evaluator lint --data {path}` tells all")


def _whole(path: Path, layout: Answers) -> tuple[Asked, ...]:
    found = unchecked(path, layout)
    if empty := [each.id for each in found if not (each.question and each.answer)]:
        raise UsageError(f"{path}: {len(empty)} items have no question or no answer: {listed(empty)}")
    return found


def _of_choice(item: Item | Draft) -> Piece:
    also = {"topic": item.topic, "source": item.source}
    texts = {QUESTION: item.question, **item.lettered}
    return Piece(item.id, texts, item.answer, {name: value for name, value in also.items() if value})


def _of_free(item: Asked) -> Piece:
    texts = {QUESTION: item.question, ANSWER: item.answer, **_numbered(MUST, item.must), **_numbered(NICE, item.nice)}
    return Piece(item.id, texts, also={"source": item.source} if item.source else {})


def _numbered(name: str, texts: Iterable[str]) -> dict[str, str]:
    return {f"{name} {n}": text for n, text in enumerate(texts, 1)}


def _kind(place: str) -> str:
    if len(place) == 1:
        return "option"
    return place if place in (QUESTION, ANSWER) else "statement"


def column(name: str | None, otherwise: str) -> str:
    """A free-form column as a line of JSON has it."""
    return fold(name or otherwise).replace(" ", "_")
