"""Pages of leads and operators: their own catalogue of words beside the site's, and how values of rows are written."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml
from starlette.requests import Request
from starlette.responses import Response

from infra.admin import language
from infra.admin.pages import page

Words = Mapping[str, Mapping[str, str]]


@cache
def words(code: str) -> Words:
    """The catalogue of a language: sections of words by name."""
    found: Words = yaml.safe_load((Path(__file__).parent / "words" / f"{code}.yaml").read_text("utf-8"))
    return found


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of `templates/leads/` with the words `w` and `say`, which names a state, reason or role if it can."""
    code = language.look(request).language
    found = words(code)
    known = {"w": found, "say": speaker(found), "cell": cell_of(code), "percent": percent_of(code)}
    return page(request, f"leads/{template}", status, **known, **values)


def speaker(found: Words) -> Callable[[str | None], str]:
    """How a word that the tables hold is said to people; as it is where nobody named it."""
    return lambda word: found["values"].get(word or "", word or "—")


def percent_of(code: str) -> Callable[[float | None], str]:
    """A share of 1 in whole percent; a dash for none."""
    return lambda share: "—" if share is None else language.share(code, share)


def cell_of(code: str) -> Callable[[Any], str]:
    """How a row's value is written: numbers and times in the language's way, objects as JSON, nothing as a dash."""

    def cell(value: Any) -> str:
        if value is None:
            return "—"
        if isinstance(value, bool):
            return words(code)["values"]["true" if value else "false"]
        if isinstance(value, dt.datetime):
            return f"{language.day(code, value)} {language.number(code, value.strftime('%H:%M'))}"
        if isinstance(value, dt.date | int | float):
            return language.day(code, value) if isinstance(value, dt.date) else language.number(code, value)
        if isinstance(value, bytes):
            return words(code)["manage"]["bytes"].format(count=language.number(code, len(value)))
        return _text(value)

    return cell


def _text(value: Any) -> str:
    if isinstance(value, str | uuid.UUID):
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
