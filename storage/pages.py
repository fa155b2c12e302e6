"""Pages: one row for each distinct response of a URL, each visit's record in the raw archive."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from storage.archive import Archive
from storage.models import Page
from storage.warc import Capture, Place, Profile

NOT_MODIFIED = 304


@dataclass(frozen=True)
class PageFields:
    """A response as fetched. `headers` have lower-case names; `body` is what the server sent, decompressed.

    With the status 304 there is no body: the page is the one that an earlier visit gave.
    """

    source: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored visit: its page's row, and whether the page is the same, byte for byte, as at the visit before."""

    page_id: int
    same: bool


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The page that the visit before gave."""

    id: int
    url: str
    sha256: str
    fetched_at: dt.datetime


_PAGES = text("""
    INSERT INTO pages (source, url, status, sha256, headers, fetched_at, seen_at, quarantined)
    SELECT DISTINCT ON (u, h) :source, u, s, h, CAST(hs AS jsonb), at, at, :quarantined
    FROM unnest(CAST(:urls AS text[]), CAST(:statuses AS bigint[]), CAST(:hashes AS text[]), CAST(:headers AS text[]),
        CAST(:times AS timestamptz[])) AS p(u, s, h, hs, at) ORDER BY u, h, at DESC
    ON CONFLICT (url, sha256) DO UPDATE SET seen_at = excluded.seen_at, quarantined = excluded.quarantined
    RETURNING url, sha256, id
""")
_CAPTURES = text("""
    INSERT INTO captures (page_id, kind, file, "offset", length, at)
    SELECT * FROM unnest(CAST(:pages AS bigint[]), CAST(:kinds AS text[]), CAST(:files AS text[]),
        CAST(:offsets AS bigint[]), CAST(:lengths AS bigint[]), CAST(:times AS timestamptz[]))
""")


def save_pages(
    session: Session, archive: Archive, pages: Sequence[tuple[PageFields, int | None]], quarantined: bool = False
) -> list[Kept]:
    """Archive visits of one source, then store their rows; each comes with the page that the visit before gave.

    Raises OSError where the archive cannot be written; then nothing is stored.
    """
    if not pages:
        return []
    earlier = _earlier(session, [page_id for _, page_id in pages if page_id is not None])
    visits = [(page, earlier.get(page_id or 0)) for page, page_id in pages]
    hashes = [hashlib.sha256(page.body).hexdigest() for page, _ in visits]
    same = [_is_same(page, before, sha256) for (page, before), sha256 in zip(visits, hashes, strict=True)]
    captures = [_capture(page, before if s else None) for (page, before), s in zip(visits, same, strict=True)]
    places = archive.append(pages[0][0].source, captures)
    ids = _upsert(session, [(p, h) for (p, _), h, s in zip(visits, hashes, same, strict=True) if not s], quarantined)
    kept = [
        Kept(before.id if s and before else ids[page.url, sha256], s)
        for (page, before), sha256, s in zip(visits, hashes, same, strict=True)
    ]
    _index(session, kept, places, captures)
    return kept


def _earlier(session: Session, page_ids: Sequence[int]) -> dict[int, _Earlier]:
    query = select(Page.id, Page.url, Page.sha256, Page.fetched_at).where(Page.id.in_(page_ids))
    return {row.id: _Earlier(*row) for row in session.execute(query)} if page_ids else {}


def _is_same(page: PageFields, before: _Earlier | None, sha256: str) -> bool:
    if before is None:
        return False
    return page.status == NOT_MODIFIED or (page.url == before.url and sha256 == before.sha256)


def _capture(page: PageFields, before: _Earlier | None) -> Capture:
    response = Capture(page.url, page.fetched_at, page.status, page.headers, page.body, page.ip)
    if before is None:
        return response
    profile = Profile.NOT_MODIFIED if page.status == NOT_MODIFIED else Profile.IDENTICAL
    refers_to = (before.url, before.fetched_at)
    return replace(response, body=b"", profile=profile, refers_to=refers_to, sha256=before.sha256)


def _upsert(session: Session, pages: Sequence[tuple[PageFields, str]], quarantined: bool) -> dict[tuple[str, str], int]:
    if not pages:
        return {}
    values = {
        "source": pages[0][0].source,
        "quarantined": quarantined,
        "urls": [page.url for page, _ in pages],
        "statuses": [page.status for page, _ in pages],
        "hashes": [sha256 for _, sha256 in pages],
        "headers": [json.dumps(dict(page.headers)).replace("\\u0000", "") for page, _ in pages],
        "times": [page.fetched_at for page, _ in pages],
    }
    return {(url, sha256): page_id for url, sha256, page_id in session.execute(_PAGES, values)}


def _index(session: Session, kept: Sequence[Kept], places: Sequence[Place], captures: Sequence[Capture]) -> None:
    times = [capture.fetched_at for capture in captures]
    values = {
        "pages": [page.page_id for page in kept],
        "kinds": ["revisit" if page.same else "response" for page in kept],
        "files": [place.file for place in places],
        "offsets": [place.offset for place in places],
        "lengths": [place.length for place in places],
        "times": times,
    }
    session.execute(_CAPTURES, values)
    if seen_again := sorted({page.page_id for page in kept if page.same}):
        session.execute(update(Page).where(Page.id.in_(seen_again)).values(seen_at=max(times)))
