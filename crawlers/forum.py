"""Reading a forum's record: one question, any number of answers, one document an answer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import starmap

from lxml.etree import _Element

from crawlers import articles, dates, schema_org
from crawlers.reading import PageReading, ParsedPage
from crawlers.text import is_furniture, text_of, text_through
from storage.documents import DocumentFields
from storage.models import Kind

Selectors = tuple[str, ...]
# The parser ends these at a block inside them (HTML Standard, 13.2.6.4.7), and what followed then stands beside them.
_ENDED_EARLY = re.compile(r"p|h[1-6]")
_OF_TEXT = frozenset({"p", "ul", "ol", "dl", "blockquote", "pre", "table", "h2", "h3", "h4", "h5", "h6"})
_MARKED_UP = ("class", "id", "itemprop")


@dataclass(frozen=True)
class ForumPage:
    """Where a forum's page keeps its parts, as selectors of which the first that finds something counts.

    `blocks`, where given, are boxes of which the first holds the question and each further one an answer.
    """

    question: Selectors
    answer: Selectors
    title: Selectors = ("h1",)
    scope: Selectors = ()
    answers: Selectors = ()
    blocks: Selectors = ()
    asker: Selectors = ()
    doctor: Selectors = ()
    speciality: Selectors = ()
    date: Selectors = ()
    tags: Selectors = ()
    categories: Selectors = ()


def read_forum(page: ParsedPage, record: str, parts: ForumPage) -> PageReading:
    """The pairs of a record. What the selectors do not find is looked for in the page's schema.org data."""
    scope = page.first(*parts.scope) if parts.scope else None
    asking, answering = _boxes(page, scope, parts)
    asked = cache(lambda: schema_org.question(page))  # most pages need it not
    own = _text(page, parts.question, asking, (*parts.asker, *parts.date))
    question = own or (data.text if (data := asked()) else None)
    pair = DocumentFields(
        Kind.QA,
        record,
        page.url,
        title=page.line(*parts.title) or (data.title if (data := asked()) else None),
        question=question,
        published_at=_published(page, parts, asking),
        tags=page.lines(*parts.tags, within=scope) if parts.tags else (),
        categories=_categories(page, parts),
    )
    pairs = [_answered(page, parts, pair, box) for box in answering]
    cut = any(_cut(page, parts.answer, box) for box in answering)
    if not any(p.answer for p in pairs) and (data := asked()) and data.replies:
        pairs = [replace(pair, answer=reply.text, doctor=reply.doctor) for reply in data.replies]
    return _reading(pair, pairs, ["text stands outside what is read"] if cut else [])


def _reading(pair: DocumentFields, pairs: list[DocumentFields], seen: list[str]) -> PageReading:
    problems = seen if pair.question else [*seen, "no question"]
    problems += ["no answer text"] if any(not p.answer for p in pairs) else []
    whole = [p for p in pairs if p.question and p.answer]
    numbered = tuple(starmap(lambda n, p: replace(p, ordinal=n), enumerate(whole)))
    return PageReading(numbered, unanswered=bool(pair.question) and not pairs, problems=tuple(problems))


def _boxes(page: ParsedPage, scope: _Element | None, parts: ForumPage) -> tuple[_Element | None, list[_Element]]:
    """What holds the question, and what holds each answer; boxes inside boxes are parts of them."""
    selectors = parts.blocks or parts.answers
    outer = next((found for found in _found(page, selectors, scope) if found), [])
    known: dict[_Element, bool] = {} if scope is None else {scope: False}
    outer = [box for box in outer if not _in_furniture(box, known)] or ([] if parts.blocks else outer)
    if parts.blocks:
        return (outer[0], outer[1:]) if outer else (scope, [])
    return scope, outer


def _answered(page: ParsedPage, parts: ForumPage, pair: DocumentFields, box: _Element) -> DocumentFields:
    return replace(
        pair,
        answer=_text(page, parts.answer, box, (*parts.doctor, *parts.speciality, *parts.date)),
        doctor=page.line(*parts.doctor, within=box),
        speciality=page.line(*parts.speciality, within=box),
        published_at=_published(page, parts, box) or pair.published_at,
    )


def _in_furniture(box: _Element, known: dict[_Element, bool]) -> bool:
    """Whether `box` is, or stands in, what is not of the page's own text; `known` keeps what was found above it.

    Some sites wrap whole pages in a form.
    """
    above: list[_Element] = []
    node: _Element | None = box
    while node is not None and node not in known:
        above.append(node)
        node = node.getparent()
    found = node is not None and known[node]
    for element in reversed(above):
        found = found or (element.tag not in ("form", "body", "html") and is_furniture(element))
        known[element] = found
    return known[box]


def _text(page: ParsedPage, selectors: Selectors, box: _Element | None, names: Selectors) -> str | None:
    """The text of all that the first selector with any finds in `box`, without the names and days inside it."""
    apart = {element: "" for selector in names for element in page.all(selector, within=box)}
    texts = (text_through(_parts(found, apart), apart) for found in _found(page, selectors, box))
    return next(filter(None, texts), None)


def _found(page: ParsedPage, selectors: Selectors, box: _Element | None) -> Iterator[list[_Element]]:
    """For each selector what it finds in `box`, without what stands inside another of these."""
    for selector in selectors:
        inside: set[_Element] = set()
        outer: list[_Element] = []
        for element in page.all(selector, within=box):
            if element not in inside:
                inside.update(element.iter())
                outer.append(element)
        yield outer


def _parts(found: list[_Element], apart: Container[_Element]) -> Iterator[_Element | str]:
    """What was found, each element that may have ended early with what follows it."""
    for element in found:
        yield element
        for sibling in _following(element):
            if sibling is not element:
                if sibling in apart or not _is_plain(sibling):
                    break
                if not is_furniture(sibling):
                    yield sibling
            yield sibling.tail or ""


def _following(element: _Element) -> Iterator[_Element]:
    """An element that may have ended early, and those after it."""
    if _ENDED_EARLY.fullmatch(element.tag):
        yield element
        yield from element.itersiblings()


def _is_plain(element: _Element) -> bool:
    return not any(element.get(name) for name in _MARKED_UP) and element.tag != "h1"


def _cut(page: ParsedPage, selectors: Selectors, box: _Element) -> bool:
    """Whether further text of a kind that answers are made of follows an answer in its box, and is not read with it."""
    matches = next((found for found in _found(page, selectors, box) if found), [])
    if not matches:
        return False
    rest = [sibling for sibling in _following(matches[-1]) if sibling is not matches[-1]]
    unread = (s for s in rest if s.tag in _OF_TEXT and not _is_plain(s) and not is_furniture(s))
    return any(text_of(sibling) for sibling in unread)


def _published(page: ParsedPage, parts: ForumPage, within: _Element | None) -> dt.date | None:
    for element in page.all(*parts.date, within=within):
        stated = (element.get("datetime"), element.get("content"), text_of(element))
        if day := next(filter(None, map(dates.published, stated)), None):
            return day
    return None


def _categories(page: ParsedPage, parts: ForumPage) -> tuple[str, ...]:
    found = page.lines(*parts.categories) if parts.categories else ()
    return tuple(name for name in found if name.lower() not in articles.HOME)
