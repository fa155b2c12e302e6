"""What a site gives for a path: a body with its type and date, or another address."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.replica import hijri, texts

TEMPLATES = Path(__file__).parent / "templates"
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
SVG = "image/svg+xml"
GZIP = "application/gzip"
OPENED = dt.date(2024, 3, 20)
"""The date of whatever has none of its own: a constant, so that the same records give the same bytes."""


class Asked(NamedTuple):
    """What is asked of a site: the path percent-decoded, the query's last value of each name."""

    path: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A body to send. `date` becomes Last-Modified."""

    body: bytes
    media_type: str = HTML
    date: dt.date = OPENED
    status: int = 200


@dataclass(frozen=True)
class Moved:
    """A permanent redirect to another path of the same host, percent-encoded."""

    path: str


def render(template: str, date: dt.date | None = None, **context: Any) -> Page:
    """A template below templates/ as a page; everything in `context` is escaped unless it is Markup."""
    body = environment().get_template(template).render(**context).encode()
    return Page(body, XML if template.endswith(".xml.jinja") else HTML, date or OPENED)


def gzipped(page: Page) -> Page:
    """The page as a .gz file, the same bytes each time."""
    return Page(gzip.compress(page.body, mtime=0), GZIP, page.date)


@cache
def environment() -> Environment:
    """Jinja2 with escaping on for every template and a fault for every name not given."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "lines": texts.lines,
        "paragraphs": texts.paragraphs,
        "opening": texts.opening,
        "persian": lambda value: hijri.persian(str(value)),
        "date_words": hijri.words,
        "date_slashes": hijri.slashes,
    }
    made.filters.update(filters)
    return made
