"""Rendering: Jinja with autoescape everywhere, digits and dates as the page's language has them."""

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse

from infra.admin import language
from infra.admin.security import csrf_token
from storage.review import LEADS, REASONS


def web_address(url: str) -> str:
    """The URL if it is one a browser may be sent to, else nothing: what a crawl stored is not trusted."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


@pass_context
def number(context: Context, value: object) -> str:
    """A number as the page's language writes it."""
    return language.number(context["lang"], value)


@pass_context
def day(context: Context, when: dt.date | dt.datetime | None) -> str:
    """A date in the calendar of the page's language."""
    return language.day(context["lang"], when)


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
# For the one page that is in Persian whatever was chosen.
ENVIRONMENT.filters |= {"persian": partial(language.number, "fa"), "solar": partial(language.day, "fa")}
ENVIRONMENT.filters |= {"number": number, "day": day, "web_address": web_address}
ENVIRONMENT.globals |= {
    "REASONS": REASONS,
    "LEADS": LEADS,
    "LANGUAGES": language.LANGUAGES,
    "THEMES": language.THEMES,
    "LETTERS": language.LETTERS,
}


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page; `user`, the form's token and the words `t` of the chosen language are there for every template."""
    look = language.look(request)
    shown = {
        "user": getattr(request.state, "user", None),
        "csrf": csrf_token(request),
        "message": None,
        "lang": look.language,
        "dir": language.DIRECTIONS[look.language],
        "theme": look.theme,
        "letters": look.letters,
        "t": language.words(look.language),
        "here": request.url.path,
    }
    return HTMLResponse(ENVIRONMENT.get_template(template).render(shown | values), status)
