"""One decision about one record as the formats carry it, and one place of a file that was read."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from storage.models import Decision, Kind, Purpose
from storage.models.base import NAMESPACE
from storage.review.words import EDITABLE

LARGEST = 3.4028234663852886e38  # of PostgreSQL's REAL, so that whatever is stored can leave
EDITED = "edited_"
"""Begins the name under which a file holds the text that a decision approved, beside what was shown under its own."""


def storable(text: str) -> str:
    """The text itself. Raises ValueError for what PostgreSQL cannot keep: NUL, or half a surrogate pair."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("holds NUL or half of a surrogate pair, which no database keeps")
    return text


Text = Annotated[str, AfterValidator(storable)]
Fields = dict[Text, Text]


class Row(BaseModel):
    """A decision with what it was about: `shown` is the record's text before anybody decided, `text` what was approved.

    Without a `decision` the record waits for one. `at` is when it was made, `seconds` how long the record was in front.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=False)

    document: uuid.UUID
    kind: Kind
    source: Text | None = None
    url: Text | None = None
    content_sha256: Text | None = None
    shown: Fields = {}
    decision: Decision | None = None
    reason: Text | None = None
    text: Fields | None = None
    by: Text | None = None
    at: AwareDatetime | None = None
    seconds: Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)] | None = None
    purpose: Purpose = Purpose.DECISION
    undone_at: AwareDatetime | None = None

    @field_validator("shown", "text")
    @classmethod
    def _of_its_kind(cls, fields: Fields | None, info: ValidationInfo) -> Fields | None:
        """In one order, so that the same row makes the same file."""
        kind = info.data.get("kind")
        if not fields or kind is None:
            return fields
        if set(fields) - set(EDITABLE[kind]):
            raise ValueError(f"a record of kind {kind} has {' and '.join(EDITABLE[kind])}, nothing else")
        return {name: fields[name] for name in EDITABLE[kind] if name in fields}

    @property
    def key(self) -> uuid.UUID:
        """The same for the same decision of the same person about the same content, from whatever file it comes."""
        said = [str(self.document), self.content_sha256, self.by, self.decision, self.reason, self.text]
        return uuid.uuid5(NAMESPACE, "decision " + json.dumps(said, sort_keys=True))


@dataclass(frozen=True)
class Line:
    """What was read at one place of a file: a row, or what is wrong there. No text of the file is quoted in `wrong`."""

    place: str
    row: Row | None = None
    wrong: str | None = None


def line(place: str, values: Mapping[str, Any]) -> Line:
    """The row of these values, or what is wrong with them."""
    try:
        return Line(place, Row.model_validate({name: value for name, value in values.items() if value is not None}))
    except ValidationError as error:
        return Line(place, wrong="; ".join(_told(each) for each in error.errors()))


def _told(error: Any) -> str:
    """Where and what, without the value: it may be a person's words."""
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])


def approved(decision: object, edited: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any] | None:
    """The text of a decision as people fill it in: what an edit leaves empty stays as shown.

    None where nothing is given with an approval, which then is of what was shown.
    """
    if decision == Decision.EDIT:
        return {name: edited.get(name) or shown.get(name, "") for name in {**shown, **edited}}
    return dict(edited) if any(edited.values()) else None
