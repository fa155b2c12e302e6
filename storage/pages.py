"""Sources and pages: one row for each distinct response of a URL, its bytes in the raw archive."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import blobs
from storage.models import Page, Source


@dataclass(frozen=True)
class PageFields:
    """A response as fetched. `headers` have lower-case names; `body` is what the server sent, decompressed."""

    source: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime


def ensure_source(session: Session, name: str, host: str) -> None:
    """Make the row of a source if there is none."""
    session.execute(insert(Source).values(name=name, host=host).on_conflict_do_nothing())


def save_page(session: Session, page: PageFields) -> Page:
    """Archive the body, then store its row; the same bytes of the same URL only move `seen_at`."""
    sha256 = blobs.put(page.body)
    row = insert(Page).values(
        source=page.source,
        url=page.url,
        status=page.status,
        sha256=sha256,
        headers=dict(page.headers),
        fetched_at=page.fetched_at,
        seen_at=page.fetched_at,
    )
    kept = row.on_conflict_do_update(index_elements=["url", "sha256"], set_={"seen_at": row.excluded.seen_at})
    return session.execute(kept.returning(Page), execution_options={"populate_existing": True}).scalar_one()
