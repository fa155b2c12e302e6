"""Questions that are answered in free text, with a doctor's answer to each: asked as they stand, judged elsewhere.

What a small model can be told by is bits per byte of the doctor's answers, as in a snapshot's pairs; what a model
writes is kept by `evaluator ask`, and held against the doctor by `evaluator judge` and `evaluator statements`.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.pairs import OpenedPairs
from evaluator.published import Published, at_hand, located
from evaluator.published.layout import named, text_of
from evaluator.published.rows import Row, fold, read
from storage.benchmarks.files import Item
from storage.errors import UsageError

LONGEST_LIST = 1 << 16  # characters of a list of statements that stands as text


@dataclass(frozen=True)
class Answers:
    """The columns of a file of free-form items; `must` and `nice` list the doctor's statements."""

    question: str = "question"
    answer: str = "answer"
    source: str | None = None
    must: str | None = None
    nice: str | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which there is no item."""
        return tuple(name for name in (self.question, self.answer, self.must, self.nice) if name)


@dataclass(frozen=True)
class Asked:
    """One question with a doctor's answer, where it was asked, and what an answer must and may say."""

    id: str
    question: str
    answer: str
    source: str | None = None
    must: tuple[str, ...] = ()
    nice: tuple[str, ...] = ()


@dataclass(frozen=True)
class FreeForm:
    """A free-form benchmark in a publisher's file; `original` is the one that it is a translation of, `given` a file of
    the user's own that its items stand in for this once."""

    name: str
    about: str
    caveat: str
    licence: str
    published: Published
    layout: Answers
    language: str = "fa"
    original: str | None = None
    given: Path | None = None

    def open(self, snapshot: Path | None = None) -> OpenedPairs:  # noqa: ARG002  it needs none
        """The questions, each with the doctor's answer to weigh. Raises UsageError where the file is not here or
        broken, DataDamaged where it is not what it was."""
        return OpenedPairs(tuple((each.id, each.question, each.answer) for each in self.asked()))

    def asked(self) -> tuple[Asked, ...]:
        """All items; raises as `open`."""
        return self.read(self.path)

    def read(self, path: Path) -> tuple[Asked, ...]:
        """The items in a file of this benchmark. Raises UsageError naming a column or item at fault."""
        found = unchecked(path, self.layout)
        empty = [each.id for each in found if not (each.question and each.answer)]
        if empty:
            more = f", {len(empty) - 1} more lack one too" if len(empty) > 1 else ""
            raise UsageError(f"{path}: item {empty[0]} has no question or no answer{more}")
        return found

    def items(self) -> Sequence[Item]:
        """Each question with all that a doctor says of it; none where the file is not at hand."""
        if not self.here:
            return ()
        return [Item(a.id, a.question, (a.answer, *a.must, *a.nice)) for a in self.asked()]

    @property
    def here(self) -> bool:
        """Whether it can be opened without a fetch."""
        return self.given is not None or at_hand(self.name)

    @property
    def path(self) -> Path:
        """Its file; raises as `open` where that is not here or not what it was."""
        return self.given or located(self.name, self.published)

    @property
    def with_all(self) -> bool:
        """Whether `all` means it too."""
        return self.here


def unchecked(path: Path, layout: Answers) -> tuple[Asked, ...]:
    """The items of a file as they stand. Raises UsageError for a column that is missing."""
    rows = read(path)
    named(path, rows, layout.needed)
    return tuple(_asked(path, row, layout) for row in rows)


def _asked(path: Path, row: Row, layout: Answers) -> Asked:
    def field(name: str | None) -> Any:
        return row.fields.get(fold(name)) if name else None

    return Asked(
        id=text_of(field("id")) or str(row.number),
        question=text_of(field(layout.question)),
        answer=text_of(field(layout.answer)),
        source=text_of(field(layout.source)) or None,
        must=_statements(path, row, field(layout.must)),
        nice=_statements(path, row, field(layout.nice)),
    )


def _statements(path: Path, row: Row, value: Any) -> tuple[str, ...]:
    """A list of texts; K-QA's Persian file has it as the text of a Python list."""
    if isinstance(value, str) and value.strip():
        try:
            value = ast.literal_eval(value) if len(value) <= LONGEST_LIST else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            value = None
        if value is None:
            raise UsageError(f"row {row.number} of {path} has statements that are no list of texts")
    return tuple(filter(None, map(text_of, value))) if isinstance(value, list | tuple) else ()
