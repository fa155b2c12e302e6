"""Keeping apart what a reader made that is taken for broken, until the archive is read again by one that is mended."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from storage import audit
from storage.models import Address, AddressState, Document, Page, Source


@dataclass(frozen=True)
class Quarantine:
    """A site whose reader is taken for broken: since when, why, how many of its pages are kept apart."""

    source: str
    since: dt.datetime
    cause: str
    pages: int


def begin(session: Session, source: str, cause: str, fingerprints: Iterable[bytes]) -> bool:
    """Keep the site's output apart from now on, and these addresses' pages; False where it was already."""
    started = session.execute(
        update(Source)
        .where(Source.name == source, Source.quarantined_at.is_(None))
        .values(quarantined_at=func.now(), quarantine_cause=cause)
        .returning(Source.name)
    )
    if started.first() is None:
        return False
    ids = [uuid.UUID(bytes=fingerprint) for fingerprint in fingerprints]
    pages = select(Address.page_id).where(Address.fingerprint.in_(ids), Address.page_id.is_not(None))
    session.execute(update(Page).where(Page.id.in_(pages)).values(quarantined=True))
    audit.note(session, "crawlers", "quarantine begun", source, cause=cause)
    return True


def holds(session: Session, source: str) -> bool:
    """Whether the site's output is kept apart now."""
    return session.scalar(select(Source.quarantined_at).where(Source.name == source)) is not None


def kept_apart() -> ColumnElement[bool]:
    """Whether a document's page is quarantined, for a query of documents."""
    return exists().where(Page.id == Document.page_id, Page.quarantined).correlate(Document)


def keep_apart(session: Session, page_ids: Sequence[int]) -> None:
    """Keep single pages apart, as those whose owner wants them left out."""
    if page_ids:
        session.execute(update(Page).where(Page.id.in_(sorted(page_ids))).values(quarantined=True))


def pages(session: Session, source: str) -> set[int]:
    """The ids of the pages kept apart because of the site's reader, not because of their owner."""
    left_out = exists().where(Address.page_id == Page.id, Address.state == AddressState.EXCLUDED.value)
    return set(session.scalars(select(Page.id).where(Page.source == source, Page.quarantined, ~left_out)))


def free(session: Session, page_ids: Iterable[int]) -> None:
    """Keep these pages apart no more."""
    session.execute(update(Page).where(Page.id.in_(sorted(page_ids))).values(quarantined=False))


def lift(session: Session, source: str) -> None:
    """Trust the site's reader again, from its next page on; pages kept apart are freed as they are read again."""
    session.execute(update(Source).where(Source.name == source).values(quarantined_at=None, quarantine_cause=None))
    audit.note(session, "crawlers", "quarantine lifted", source)


def all_of(session: Session) -> dict[str, Quarantine]:
    """The sites whose output is kept apart now, by name."""
    pages = select(Page.source, func.count()).where(Page.quarantined).group_by(Page.source)
    counts = {source: count for source, count in session.execute(pages)}  # noqa: C416  a row is no pair to mypy
    rows = session.scalars(select(Source).where(Source.quarantined_at.is_not(None)).order_by(Source.name))
    return {
        row.name: Quarantine(row.name, row.quarantined_at, row.quarantine_cause or "", counts.get(row.name, 0))
        for row in rows
        if row.quarantined_at is not None
    }
