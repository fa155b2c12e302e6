"""Saving a page as a test case of its reader: from the archive where it is there, else fetched with all manners."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Request, Response
from sqlalchemy import select

from crawlers import control, logs
from crawlers.settings import FRONTIER, Crawl, scrapy_settings
from storage import archive, db
from storage.documents import DocumentFields
from storage.errors import TabibError, UsageError
from storage.models import Page
from storage.settings import settings

if TYPE_CHECKING:
    from crawlers.site import Site

KEPT_HEADERS = ("content-type", "x-robots-tag")
"""Those that a reader looks at."""
DEFAULTS = {f.name: f.default for f in fields(DocumentFields) if f.default is not MISSING}


def save(url: str, folder: Path, case: str | None, connect_to: dict[str, str]) -> Path:
    """Write page and expectations below `folder`/<site>; returns the case's folder.

    The expectations are what today's reader makes of the page: a person reads them against it before they count.
    """
    site = control.owner(url)
    canonical = site.canonical(url) or url
    if case and not re.fullmatch(r"[\w.-]*\w", case):
        raise UsageError(f"--case {case!r} is no name of a folder: letters, digits, - and _")
    place = folder / site.name / (case or _name(site, canonical))
    if place.exists():
        raise UsageError(f"{place} exists: give another --case")
    body, headers = _archived(canonical) or _fetched(site, canonical, connect_to)
    reading = site.read(body, canonical, headers)
    expected: dict[str, Any] = {"url": canonical, "headers": headers}
    expected["documents"] = [_written(asdict(document), canonical) for document in reading.documents]
    expected |= {"problems": list(reading.problems)} if reading.problems else {}
    expected |= {"unanswered": True} if reading.unanswered else {}
    expected |= {"links": list(reading.links)} if site.record_of(canonical) is None else {}
    place.mkdir(parents=True)
    (place / "page.html").write_bytes(body)
    text = json.dumps(expected, ensure_ascii=False, indent=1, default=str)
    (place / "expected.json").write_text(f"{text}\n", encoding="utf-8")
    return place


def _written(document: dict[str, Any], url: str) -> dict[str, Any]:
    defaults = DEFAULTS | {"url": url}
    return {name: value for name, value in document.items() if value != defaults.get(name, MISSING)}


def _name(site: type[Site], url: str) -> str:
    record = site.record_of(url)
    return re.sub(r"[^\w-]+", "-", record)[:60] if record else "listing"


def _archived(url: str) -> tuple[bytes, dict[str, str]] | None:
    with db.session() as session:
        page = session.scalars(select(Page).where(Page.url == url).order_by(Page.seen_at.desc()).limit(1)).first()
        return (archive.body(session, page.sha256), _kept(page.headers)) if page else None


def _kept(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(headers[name]) for name in KEPT_HEADERS if name in headers}


def _fetched(site: type[Site], url: str, connect_to: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """One polite request: the site's robots.txt, budget and takedowns hold for it as for a crawl's."""
    got: list[Response] = []

    class One(Spider):
        name = site.name
        hosts = site.hosts
        canonical = site.canonical
        fingerprint = site.fingerprint
        record_of = site.record_of

        async def start(self) -> AsyncIterator[Any]:
            yield Request(url, callback=got.append)

    wanted = scrapy_settings(Crawl((site.name,), "record", connect_to))
    process = CrawlerProcess({name: value for name, value in wanted.items() if name not in FRONTIER})
    logs.configure(settings().log_level, settings().log_format)
    process.crawl(One)
    process.start()
    if not got:
        raise TabibError(f"{url} gave no page; TABIB_LOG_LEVEL=DEBUG tells why")
    named = {name.decode("latin-1").lower(): values[0].decode("latin-1") for name, values in got[0].headers.items()}
    return got[0].body, _kept(named)
