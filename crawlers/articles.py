"""Reading a magazine's article: the body by its selector, everything else where magazines keep it."""

from __future__ import annotations

import datetime as dt
import re

from crawlers import dates, schema_org, urls
from crawlers.reading import PageReading, ParsedPage
from storage.documents import DocumentFields
from storage.models import Kind

_ARCHIVES = r"page|category|categories|tag|tags|author|search|feed|comments|wp-[^/]*|[^/]*\.(?:xml|gz|txt)"
NO_ARCHIVE = rf"(?!(?:[^/]+/)*(?:{_ARCHIVES})(?:/|$))"
"""Stands in a `record_path` before the rest of an address without a number: what is no article on WordPress."""
HOME = frozenset({"خانه", "صفحه اصلی", "صفحه نخست", "home"})
_SECTION = re.compile(r"/بخش-([^/]+)-\d+(?:/|$)")


def read_article(
    page: ParsedPage, record: str, *body: str, without: tuple[str, ...] = (), until: str | None = None
) -> PageReading:
    """One article whose text is in the first of the selectors `body` that has any, else in its schema.org data.

    What the selectors `without` find is none of it, nor is what begins where the regular expression `until` matches.
    """
    for box in (box for selector in without for box in page.all(selector)):
        box.set("hidden", "")
    text = page.text(*body, "[itemprop=articleBody]") or schema_org.text(schema_org.article(page).get("articleBody"))
    text = re.split(until, text, maxsplit=1)[0].strip() if text and until else text
    title = headline(page)
    problems = [f"no {name}" for name, value in (("title", title), ("text", text)) if not value]
    if problems or not text:
        return PageReading(problems=tuple(problems))
    article = DocumentFields(
        Kind.ARTICLE,
        record,
        page.url,
        title=title,
        text=without_opening(text, record),
        published_at=published(page),
        tags=tags(page),
        categories=categories(page),
    )
    return PageReading((article,))


def headline(page: ParsedPage) -> str | None:
    """The page's title, from its heading or from what it says of itself."""
    return (
        page.line("h1", "[itemprop=headline]")
        or schema_org.text(schema_org.article(page).get("headline"))
        or page.attribute("content", 'meta[property="og:title"]')
    )


def published(page: ParsedPage) -> dt.date | None:
    """When it was published, None where the page does not say or names no real day."""
    stated = (
        page.line("time.news_path_time"),
        page.attribute("content", 'meta[property="article:published_time"]', "meta[itemprop=datePublished]"),
        schema_org.text(schema_org.article(page).get("datePublished")),
        page.attribute("datetime", "time.entry-date", "time[itemprop=datePublished]", "time[datetime]"),
        page.line("time.entry-date", "[itemprop=datePublished]", "time"),
    )
    return next(filter(None, map(dates.published, stated)), None)


def tags(page: ParsedPage) -> tuple[str, ...]:
    """The page's tags, without the # that some sites print."""
    found = page.lines(".tags_container a") or page.lines('a[rel~="tag"]')
    return tuple(filter(None, (tag.lstrip("# ") for tag in found)))


def categories(page: ParsedPage) -> tuple[str, ...]:
    """The sections the page stands in, from the widest to the narrowest, without the home page and the title."""
    named = _SECTION.search(urls.decoded_path(page.url))
    found = (
        page.lines('a[rel~="category"]')
        or page.lines(".news_path a", ".news_nav a", ".breadcrumb a, .breadcrumb span, .breadcrumbs a")
        or tuple(filter(None, [page.attribute("content", 'meta[property="article:section"]')]))
        or ((named[1].replace("-", " "),) if named else ())
    )
    title = headline(page)
    return tuple(name for name in found if name.lower() not in HOME and name != title)


def without_opening(text: str, record: str) -> str:
    """`text` without what niniban's older pages open with: record number, view count, one-letter print link."""
    words = re.match(r"(\d+)[\s|]+(?:بازدید\s*:?\s*)?([\d,٬]+)(?:\s*بازدید)?[\s|]+\S[\s|]+(?=\S)", text)
    return text[words.end() :] if words and record.isdecimal() and int(words[1]) == int(record) else text
