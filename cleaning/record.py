"""What passes through a recipe, and what a step says about it."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Fields = dict[str, str]
FIELDS = {"qa": ("question", "answer"), "article": ("title", "text")}
FieldName = Literal["question", "answer", "title", "text", "pair"]
"""What a filter may look at: a field of some kind of record, or "pair", see `Record.text`."""


class Finding(NamedTuple):
    """Why a filter stops a record: `reason` is a name, `measure` the figures it was decided by."""

    reason: str
    measure: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One document's texts as the steps before left them; `kind` is "qa" or "article"."""

    kind: str
    fields: Fields

    def text(self, field: str) -> str | None:
        """The field's text; None when this kind of record has no such field.

        "pair" is the question and the answer, one under the other.
        """
        if field == "pair":
            return "\n".join(self.fields.values()) if self.kind == "qa" else None
        return self.fields.get(field)


@dataclass(frozen=True)
class Judgement:
    """What the steps that look at one record alone made of it; `outcome` is pending, dropped or review."""

    outcome: str
    fields: Fields
    reason: str | None = None
    measure: dict[str, Any] = field(default_factory=dict)


def record(kind: str, raw: dict[str, str | None]) -> Record:
    """A record of the fields its kind has; a missing text is an empty one."""
    return Record(kind, {name: raw.get(name) or "" for name in FIELDS[kind]})
