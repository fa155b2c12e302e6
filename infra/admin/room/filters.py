"""What the filter bar says, from JSON or a query, as storage's filters."""

import datetime as dt
import re
from typing import Annotated, Any, Literal

import jdatetime
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from storage.review.filters import Filters

Names = Annotated[tuple[Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")], ...], Field(max_length=50)]


_WRITTEN = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")


def _day(said: object) -> object:
    """A day as people write it, in the Solar Hijri calendar where the year is one of its; else as it came."""
    if not isinstance(said, str) or not (found := _WRITTEN.fullmatch(said.strip())):
        return said
    year, month, day = (int(part) for part in found.groups())  # int reads Persian digits too
    if year < FIRST_GREGORIAN:
        return jdatetime.date(year, month, day).togregorian()
    return dt.date(year, month, day)


Day = Annotated[dt.date | None, BeforeValidator(_day)]
Letters = Annotated[int, Field(ge=0, le=10_000_000)]
FIRST_GREGORIAN = 1700  # a year below is Solar Hijri: 1700 of that calendar is 2321
LISTS = ("sources", "reasons", "kinds", "specialities")


class Asked(BaseModel):
    """The bar's form; what is left out filters nothing."""

    model_config = ConfigDict(extra="forbid")
    sources: Names = ()
    reasons: Names = ()
    kinds: tuple[Literal["qa", "article"], ...] = ()
    specialities: Names = ()
    longer_than: Letters | None = None
    shorter_than: Letters | None = None
    since: Day = None
    until: Day = None
    order: Literal["uncertain", "oldest", "newest", "shortest"] = "uncertain"


def filters(said: dict[str, Any]) -> Filters:
    """Storage's filters; raises 400 for what is none."""
    try:
        return Filters(**Asked.model_validate(said).model_dump())
    except ValidationError:
        raise HTTPException(400) from None


def of_query(query: QueryParams) -> Filters:
    """The same from an address: lists are separated by commas."""
    said: dict[str, Any] = {
        name: value for name, value in query.items() if value.strip() and name in Asked.model_fields
    }
    for name in LISTS:
        if name in said:
            said[name] = [part.strip() for part in said[name].replace("،", ",").split(",") if part.strip()]
    return filters(said)
