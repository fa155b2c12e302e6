"""The two languages of the interface: their words, digits and calendars; and how a person chose to see it.

The choice is a cookie of its own: it outlives a log-out and says nothing of who chose.
"""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import jdatetime
import yaml
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin.security import checked_form

Words = Mapping[str, Mapping[str, str]]
LANGUAGES = {"fa": "فارسی", "en": "English"}
DIRECTIONS = {"fa": "rtl", "en": "ltr"}
LETTERS = ("on", "off")
THEMES = ("auto", "light", "dark")
DIGITS = {"fa": "۰۱۲۳۴۵۶۷۸۹", "en": "0123456789"}
COOKIE = "look"
YEAR = 365 * 24 * 3600
_PERSIAN = str.maketrans("0123456789.", DIGITS["fa"] + "٫")


class Look(NamedTuple):
    """What a person chose: a language of LANGUAGES, a theme of THEMES, single keys of LETTERS."""

    language: str = "fa"
    theme: str = "auto"
    letters: str = "on"


@cache
def words(language: str) -> Words:
    """The catalogue of a language: sections of words by name."""
    text = (Path(__file__).parent / "words" / f"{language}.yaml").read_text("utf-8")
    found: Words = yaml.safe_load(text)
    return found


def look(request: Request) -> Look:
    """What this browser's cookie says, as far as it is understood."""
    language, theme, letters = [*request.cookies.get(COOKIE, "").split("."), "", "", ""][:3]
    return Look(
        language if language in LANGUAGES else "fa",
        theme if theme in THEMES else "auto",
        letters if letters in LETTERS else "on",
    )


def say(request: Request, section: str, name: str) -> str:
    """A word of the catalogue in the language that this browser chose."""
    return words(look(request).language)[section][name]


def number(language: str, value: object) -> str:
    """A number, or a text's digits, as the language writes them; a float to three places."""
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.translate(_PERSIAN) if language == "fa" else text


def share(language: str, value: float) -> str:
    """A share from 0 to 1 in percent."""
    return number(language, f"{100 * value:.0f}") + ("٪" if language == "fa" else "%")


def day(language: str, when: dt.date | dt.datetime | None) -> str:
    """A date in the language's calendar, Solar Hijri or Gregorian; a dash where there is none."""
    if when is None:
        return "—"
    only = when.date() if isinstance(when, dt.datetime) else when
    if language != "fa":
        return only.isoformat()
    return number("fa", jdatetime.date.fromgregorian(date=only).strftime("%Y/%m/%d"))


async def choose(request: Request) -> Response:
    """Keep the posted choice and go back to where it was made."""
    form = await checked_form(request)
    chosen = f"{form.get('language', '')}.{form.get('theme', '')}.{form.get('letters', '')}"
    answer = RedirectResponse(_here(str(form.get("back", "/"))), 303)
    secure = bool(getattr(request.app.state, "https", False))
    answer.set_cookie(COOKIE, chosen[:20], max_age=YEAR, httponly=True, samesite="strict", secure=secure)
    return answer


def _here(path: str) -> str:
    """The path if it is one of this site, else the first page."""
    parts = urlsplit(path)
    here = path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return path if here and path.isprintable() else "/"
