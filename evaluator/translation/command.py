"""What `evaluator translate` was told: asked, checked, put before people, written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from evaluator.asking.ask import Job, ask, forecast, take_over
from evaluator.asking.budget import BudgetSpent, Spent
from evaluator.asking.command import Asking
from evaluator.asking.listing import told_of
from evaluator.endpoint import Manners
from evaluator.translation import chrf, original, queue
from evaluator.translation.checks import LENGTH, Field
from evaluator.translation.lines import Line, write
from evaluator.translation.original import Original, Piece
from evaluator.translation.translator import Given, Translator
from evaluator.translation.whom import Whom
from evaluator.translation.wording import LANGUAGES, Text, Way
from storage import schema
from storage.blobs import output_file
from storage.errors import TabibError, UsageError, unknown
from storage.translations import Made


@dataclass(frozen=True)
class Wanted:
    """What is translated into which language; `back` asks for the translation of each translation, too.

    `out` is the file to write, `sure` leaves out what is in doubt and not decided.
    """

    benchmark: str
    language: str
    data: Path | None = None
    out: Path | None = None
    back: bool = True
    sure: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError for a language that is none of ours."""
        if self.language not in LANGUAGES:
            raise unknown("language", self.language, LANGUAGES)

    @property
    def name(self) -> str:
        """The benchmark's, that of a file as `lint` and `register` call it."""
        path = Path(self.benchmark)
        return path.name.split(".")[0].lower().replace("_", "-") if path.is_file() else self.benchmark

    def file(self, name: str) -> Path:
        """Where it is written."""
        return self.out or Path(f"{name}-{self.language}.jsonl")


@dataclass(frozen=True)
class Translated:
    """What became of a benchmark. `kinds` counts items by what was found in them; `waiting` are in doubt and undecided.

    `left_out` counts by reason the items that the file does not hold; `chrf` is the median over texts of some length.
    """

    benchmark: str
    file: str
    items: int
    written: int
    asked: int
    flagged: int
    waiting: int
    decided: dict[str, int]
    kinds: dict[str, int]
    left_out: dict[str, int]
    chrf: float | None
    spent: Spent
    model: str
    settings_sha256: str

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {**vars(self), "spent": vars(self.spent)}


def run(wanted: Wanted, whom: Whom, asking: Asking) -> Translated:
    """Translate what is not yet, check all of it, and write the file.

    Raises BudgetSpent where the budget ends it and ServiceUnavailable where the translator is gone: what is translated
    is kept, and no file is written. TabibError where nothing was translated at all.
    """
    work = _work(wanted, whom, asking.manners)
    take_over(work.jobs(), asking.budget)
    asked = work.ask(asking)
    if asking.budget.stopped:
        raise BudgetSpent(
            f"the budget of {asking.budget.stopped}. Spent: {told_of(asking.budget.spent)}. {work.so_far()} texts are "
            "translated and kept: run the same command with a larger budget to go on"
        )
    lines = queue.taken(work.made, work.lines())
    kept = [line for line in lines if not _left_out(line, wanted.sure)]
    left_out = Counter(reason for line in lines if (reason := _left_out(line, wanted.sure)))
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise TabibError(f"no item of {work.original.name} is left to write ({reasons}). The replies are kept")
    write(wanted.file(work.original.name), work.original, kept, work.made)
    return Translated(
        **work.named,
        **_figures(lines),
        file=str(wanted.file(work.original.name)),
        written=len(kept),
        asked=asked,
        left_out=dict(left_out),
        spent=asking.budget.spent,
    )


def estimate(wanted: Wanted, whom: Whom, asking: Asking) -> Spent:
    """The most that `run` could spend now; nothing is asked."""
    work, budget = _work(wanted, whom, asking.manners), asking.budget
    take_over(work.jobs(), budget)
    found = forecast(work.jobs(), budget)
    if work.back is None:
        return found
    longest = work.back.sampling.max_new_tokens
    for text in dict.fromkeys(work.unknown()):  # of its translation nothing is known but the longest it can be
        read = budget.bound(work.back.prompt(text, work.way.back).size) + work.there.sampling.max_new_tokens
        found += budget.of(1, read, longest)
    return found


@dataclass(frozen=True)
class Work:
    """A benchmark, and who translates it there and back."""

    original: Original
    way: Way
    there: Translator
    back: Translator | None

    @property
    def made(self) -> Made:
        """What a row of the queue says of it."""
        sitting = self.there.sitting(self.way)
        model = (sitting.model, sitting.model_sha256, sitting.settings_sha256)
        return Made(self.original.name, self.way.target, *model)

    @property
    def named(self) -> dict[str, Any]:
        """What the result says of it."""
        made = self.made
        return {"benchmark": made.benchmark, "model": made.model, "settings_sha256": made.settings_sha256}

    def jobs(self) -> list[Job]:
        """What must be asked, as far as it is known: translations first, then those of translations."""
        given = self._given()
        found = [self.there.job(self.way, self._texts())]
        return found + ([self.back.job(self.way.back, self._back_texts(given))] if self.back else [])

    def ask(self, asking: Asking) -> int:
        """Ask all of it; how many rows are new."""
        new = ask(self.there.writer, self.jobs()[0], asking.budget, asking.progress)
        if self.back and not asking.budget.stopped:
            new += ask(self.back.writer, self.jobs()[1], asking.budget, asking.progress)
        return new

    def so_far(self) -> str:
        """How much is translated, for a message."""
        given, texts = self._given(), self._texts()
        return f"{sum(map(given.known, texts))} of {len(texts)}"

    def unknown(self) -> list[Text]:
        """What has no way back yet that is known: texts that are not translated, and those of the same item."""
        given = self._given()
        items = [list(piece.wanted().values()) for piece in self.original.pieces]
        return [text for texts in items if not all(map(given.known, texts)) for text in texts]

    def lines(self) -> list[Line]:
        """Every item with its translation and what was found in it."""
        given = self._given()
        back = self.back.given(self.way.back, self._back_texts(given)) if self.back else None
        return [self._line(piece, given, back) for piece in self.original.pieces]

    def _line(self, piece: Piece, given: Given, back: Given | None) -> Line:
        there = {place: given.told(text) for place, text in piece.wanted().items()}
        again = piece.wanted({place: told.text for place, told in there.items()})
        fields = {
            place: Field(
                source=text.text,
                text=there[place].text,
                back=back.told(again[place]).text if back else None,
                finish=given.finish(text),
                prose=there[place].prose,
            )
            for place, text in piece.wanted().items()
        }
        return Line(piece, fields, self.way)

    def _given(self) -> Given:
        return self.there.given(self.way, self._texts())

    def _texts(self) -> list[Text]:
        return [text for piece in self.original.pieces for text in piece.wanted().values()]

    def _back_texts(self, given: Given) -> list[Text]:
        """Translations as they are to be translated back: of items that have all of them, for options go with their
        question."""
        found: list[Text] = []
        for piece in self.original.pieces:
            wanted = piece.wanted()
            if all(map(given.known, wanted.values())):
                found += piece.wanted({place: given.told(text).text for place, text in wanted.items()}).values()
        return found


def _work(wanted: Wanted, whom: Whom, manners: Manners) -> Work:
    schema.require_head()
    there, back = whom.both(manners)
    if wanted.back:
        chrf.require()
    found = original.opened(wanted.benchmark, wanted.data)
    if found.language == wanted.language:
        raise UsageError(f"{found.name} is in {LANGUAGES[wanted.language]} already")
    _check_place(wanted, found)
    return Work(found, Way(found.language, wanted.language), there, back if wanted.back else None)


def _check_place(wanted: Wanted, found: Original) -> None:
    """Raises UsageError where the translation can be written to no file, or only over what it is read from."""
    place = wanted.file(found.name)
    if output_file(place) in {path.resolve() for path in (Path(wanted.benchmark), wanted.data) if path is not None}:
        raise UsageError(f"{place} is the file to translate: give --out another name")


def _left_out(line: Line, sure: bool) -> str | None:
    """Why the file does not hold an item; None where it does."""
    if line.rejected:
        return "rejected"
    if not line.whole:
        return "not translated"
    return "in doubt" if sure and line.waits else None


def _figures(lines: Sequence[Line]) -> dict[str, Any]:
    alike = [
        figures["chrf"]
        for line in lines
        for place, figures in line.figures.items()
        if "chrf" in figures and len(line.piece.texts[place]) >= LENGTH
    ]
    kinds = Counter(kind for line in lines for kind in {flag.kind for flag in line.flags})
    return {
        "items": len(lines),
        "flagged": sum(bool(line.flags) for line in lines),
        "waiting": sum(line.waits for line in lines),
        "decided": dict(Counter(line.decision for line in lines if line.decision)),
        "kinds": dict(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))),
        "chrf": round(median(alike), 1) if alike else None,
    }
