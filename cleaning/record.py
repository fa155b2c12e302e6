"""What passes through a recipe, and what a step says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

Fields = dict[str, str]
FIELDS = {"qa": ("question", "answer"), "article": ("title", "text")}
FieldName = Literal["question", "answer", "title", "text", "pair"]
"""What a filter may look at: a field of some kind of record, or "pair", see `Record.text`."""


Figures = dict[str, Any]
"""What a filter measures of one record, by name: numbers, now and then a word; all of it fits JSON."""


class Finding(NamedTuple):
    """Why a filter stops a record: `reason` is a name, `measure` the figures it was decided by."""

    reason: str
    measure: Figures


class Span(NamedTuple):
    """A piece of a text, by its offsets in characters; `kind` says what stands there."""

    kind: str
    start: int
    end: int


class Taken(NamedTuple):
    """A text after something was taken out of it, and where that stood in the text before, in order."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Record:
    """One document's texts as the steps before left them; `kind` is "qa" or "article".

    `speciality` is what the site calls the field of medicine, where it does.
    """

    kind: str
    fields: Fields
    speciality: str | None = None

    def text(self, field: str) -> str | None:
        """The field's text; None when this kind of record has no such field.

        "pair" is the question and the answer, one under the other.
        """
        if field == "pair":
            return self._pair
        return self.fields.get(field)

    @cached_property
    def _pair(self) -> str | None:
        return "\n".join(self.fields.values()) if self.kind == "qa" else None


@dataclass(frozen=True)
class Measurement:
    """All that a recipe's steps see of one record alone; thresholds come later, so another threshold reads only this.

    `fields` are the cleaned texts, `taken` the pieces taken out of them and kept (`answer_signature`), `spans` what was
    masked or taken, by field, as [kind, start, end], and `figures` each filter's figures, by the step's key.
    """

    kind: str
    fields: Fields
    taken: Fields = field(default_factory=dict)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)


class Judgement(NamedTuple):
    """What the filters that look at one record alone decide; `outcome` is pending, dropped or review."""

    outcome: str
    reason: str | None = None
    measure: Figures = {}


def record(kind: str, raw: Mapping[str, str | None]) -> Record:
    """A record of the fields its kind has; a missing text is an empty one."""
    return Record(kind, {name: raw.get(name) or "" for name in FIELDS[kind]}, raw.get("speciality"))
