"""Reading a forum's record: one question, any number of answers, one document an answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import starmap

from lxml.etree import _Element

from crawlers import articles, dates, schema_org
from crawlers.reading import PageReading, ParsedPage
from crawlers.text import text_of
from storage.documents import DocumentFields
from storage.models import Kind

Selectors = tuple[str, ...]


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
    asked = schema_org.question(page)
    question = _text(page, parts.question, asking, (*parts.asker, *parts.date)) or (asked.text if asked else None)
    pair = DocumentFields(
        Kind.QA,
        record,
        page.url,
        title=page.line(*parts.title) or (asked.title if asked else None),
        question=question,
        published_at=_published(page, parts, asking),
        tags=page.lines(*parts.tags, within=scope) if parts.tags else (),
        categories=_categories(page, parts),
    )
    pairs = [_answered(page, parts, pair, box) for box in answering]
    if not any(p.answer for p in pairs) and asked and asked.replies:
        pairs = [replace(pair, answer=reply.text, doctor=reply.doctor) for reply in asked.replies]
    return _reading(pair, pairs)


def _reading(pair: DocumentFields, pairs: list[DocumentFields]) -> PageReading:
    problems = [] if pair.question else ["no question"]
    problems += ["no answer text"] if any(not p.answer for p in pairs) else []
    whole = [p for p in pairs if p.question and p.answer]
    numbered = tuple(starmap(lambda n, p: replace(p, ordinal=n), enumerate(whole)))
    return PageReading(numbered, unanswered=bool(pair.question) and not pairs, problems=tuple(problems))


def _boxes(page: ParsedPage, scope: _Element | None, parts: ForumPage) -> tuple[_Element | None, list[_Element]]:
    """What holds the question, and what holds each answer; boxes inside boxes are parts of them."""
    found = page.all(*(parts.blocks or parts.answers), within=scope)
    known = set(found)
    outer = [box for box in found if not any(above in known for above in box.iterancestors())]
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


def _text(page: ParsedPage, selectors: Selectors, box: _Element | None, names: Selectors) -> str | None:
    """The first text found in `box`, without the elements that name a person or a day where they stand inside it."""
    apart = {element: "" for selector in names for element in page.all(selector, within=box)}
    texts = (text_of(element, apart) for selector in selectors for element in page.all(selector, within=box))
    return next(filter(None, texts), None)


def _published(page: ParsedPage, parts: ForumPage, within: _Element | None) -> dt.date | None:
    for element in page.all(*parts.date, within=within):
        stated = (element.get("datetime"), element.get("content"), text_of(element))
        if day := next(filter(None, map(dates.published, stated)), None):
            return day
    return None


def _categories(page: ParsedPage, parts: ForumPage) -> tuple[str, ...]:
    found = page.lines(*parts.categories) if parts.categories else ()
    return tuple(name for name in found if name.lower() not in articles.HOME)
