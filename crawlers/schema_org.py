"""What a page says of itself in schema.org's words, as JSON-LD or microdata: the way out when a selector finds nothing.

Types and properties: https://schema.org/QAPage, https://schema.org/Article.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.etree import _Element

from crawlers.reading import ParsedPage
from crawlers.text import line_of, text_of

ARTICLES = frozenset({"Article", "NewsArticle", "BlogPosting", "MedicalWebPage", "MedicalScholarlyArticle"})
MAX_JSON = 1 << 20
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&#?\w+;")
_UTF8 = {"content-type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Reply:
    """One answer of a question."""

    text: str
    doctor: str | None


@dataclass(frozen=True)
class Asked:
    """A question with its answers."""

    title: str | None
    text: str | None
    replies: tuple[Reply, ...]


def article(page: ParsedPage) -> dict[str, Any]:
    """The properties of the page's article from JSON-LD; empty where it has none."""
    return next((thing for thing in _things(page) if _types(thing) & ARTICLES), {})


def question(page: ParsedPage) -> Asked | None:
    """The page's question, from microdata or JSON-LD."""
    scope = page.first('[itemtype$="schema.org/Question"]', "[itemprop=mainEntity][itemscope]")
    if scope is not None and (asked := _microdata_question(page, scope)).text:
        return asked
    thing = next((t for t in _things(page) if "Question" in _types(t)), None)
    return _json_question(thing) if thing else None


def text(value: object) -> str | None:
    """A property's text: itself without its markup, the name of a thing, or the first of several."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    if not isinstance(value, str) or not value.strip():
        return None
    if not _MARKUP.search(value):
        return value.strip()
    return ParsedPage(f"<div>{value}</div>".encode("utf-8", "ignore"), "", _UTF8).text("body")


def _microdata_question(page: ParsedPage, scope: _Element) -> Asked:
    answers = page.all('[itemprop="acceptedAnswer"], [itemprop="suggestedAnswer"]', within=scope)
    inside = {element for answer in answers for element in answer.iter()}
    replies = (
        Reply(found, page.line('[itemprop="author"] [itemprop="name"]', '[itemprop="author"]', within=answer))
        for answer in answers
        if (found := page.text('[itemprop="text"]', within=answer))
    )
    return Asked(
        next((line_of(e) for e in page.all('[itemprop="name"]', within=scope) if e not in inside), None),
        next((text_of(e) for e in page.all('[itemprop="text"]', within=scope) if e not in inside), None),
        tuple(replies),
    )


def _json_question(thing: dict[str, Any]) -> Asked:
    answers = [*_list(thing.get("acceptedAnswer")), *_list(thing.get("suggestedAnswer"))]
    replies = (Reply(found, text(a.get("author"))) for a in answers if (found := text(a.get("text"))))
    return Asked(text(thing.get("name")), text(thing.get("text")) or text(thing.get("name")), tuple(replies))


def _things(page: ParsedPage) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object of the page: top level, in lists, graphs and main entities."""
    for script in page.all('script[type="application/ld+json"]'):
        source = script.text or ""
        if len(source) > MAX_JSON:
            continue
        try:
            waiting: deque[Any] = deque([json.loads(source, strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.popleft()
            if isinstance(thing, list):
                waiting += thing
            elif isinstance(thing, dict):
                yield thing
                waiting += [thing[key] for key in ("@graph", "mainEntity") if key in thing]


def _types(thing: dict[str, Any]) -> set[str]:
    return {t for t in _list_of(thing.get("@type")) if isinstance(t, str)}


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _list(value: object) -> list[dict[str, Any]]:
    return [v for v in _list_of(value) if isinstance(v, dict)]
