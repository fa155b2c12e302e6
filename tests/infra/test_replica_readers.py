"""The crawl's own readers, walked over the replica without HTTP: every document served is read once, field by field."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import pytest

from crawlers.spiders import sites
from infra import replica
from infra.replica.documents import documents
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Answer, Question, Records, load
from infra.replica.site import Served, Site
from infra.replica.sites.niniban import SECTIONS
from infra.replica.texts import fold
from storage.documents import DocumentFields
from tests.infra.replica_visitor import RECORDS, many

SITES = tuple(site.name for site in replica.app(Records()).state.sites.values())


def crawled(records: Records, site: str) -> list[DocumentFields]:
    """What the site's reader finds from its seeds on, robots.txt heeded."""
    served, reader = replica.app(records).state.sites[site], sites()[site]
    queue, seen, found = reader.seeds(), set[str](), list[DocumentFields]()
    while queue:
        url = queue.pop()
        if url in seen or FORBIDDEN_RECORD in url:
            continue
        seen.add(url)
        page = answered(served, url)
        if isinstance(page, Moved):
            url = urljoin(url, page.path)
            page = answered(served, url)
        if isinstance(page, Page):
            reading = reader.read(page.body, url, {"content-type": page.media_type})
            assert reading.problems == (), url
            found += reading.documents
            queue += reading.links
    return found


def answered(site: Site, url: str) -> Page | Moved | None:
    parts = urlsplit(url)
    return site.respond(Asked(unquote(parts.path), dict(parse_qsl(parts.query))))


def key(document: Served | DocumentFields) -> dict[str, Any]:
    """A document's fields, texts folded."""
    row: dict[str, Any] = dict(document) if isinstance(document, dict) else vars(document).copy()
    if not isinstance(document, dict):
        row["published_at"] = document.published_at and document.published_at.isoformat()
    row = {name: fold(value) if isinstance(value, str) else value for name, value in row.items()}
    row["tags"] = [fold(tag) for tag in row["tags"]]
    return {name: row[name] for name in Served.__annotations__ if name != "source"}


def same(site: str, records: Records) -> None:
    """Assert that the reader finds what is listed, each once."""
    order = ("kind", "record", "ordinal")
    listed = [key(d) for d in documents(records) if d["source"] == site]
    found = [key(d) for d in crawled(records, site)]
    by_name = sorted(found, key=lambda row: [row[name] for name in order])
    assert by_name == sorted(listed, key=lambda row: [row[name] for name in order])
    assert found


@pytest.mark.parametrize("site", SITES)
def test_the_fixtures_documents_are_read_whole(site: str) -> None:
    same(site, load(RECORDS))


@pytest.mark.parametrize("site", SITES)
def test_the_samples_documents_are_read_whole(site: str) -> None:
    same(site, load())


def test_every_section_of_niniban_is_walked_past_its_first_page() -> None:
    answers = (Answer(text="پاسخ"),)
    same(
        "niniban",
        Records(
            questions=tuple(
                Question(
                    site="niniban",
                    record=str(1000 + n),
                    title="عنوان",
                    question="پرسش",
                    answers=answers,
                    category=section,
                )
                for n, section in enumerate(SECTIONS * 21)
            )
        ),
    )


@pytest.mark.parametrize(("site", "count"), [("doctor-yab", 45), ("isovisit", 45)])
def test_every_page_of_a_forum_is_walked(site: Any, count: int) -> None:
    same(site, many(site, count))
