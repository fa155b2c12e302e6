"""The ledger of a crawl: every address of a site, where it stands, when it is worth another visit.

All statements take many rows at once, in the order of their fingerprints, so that two writers never wait for each
other in a circle.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, false, func, or_, select, text, update
from sqlalchemy.orm import Session

from storage.models import Address, AddressLinks, AddressState, Source

READ_BATCH = 5_000
PENDING = (AddressState.DISCOVERED.value, AddressState.LEASED.value)


@dataclass(frozen=True, slots=True)
class Found:
    """An address as first seen: its 16-byte fingerprint, its canonical URL, whether it is a record's."""

    fingerprint: bytes
    url: str
    is_record: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of an address before a visit is written; `sha256` is of the page the last one gave."""

    fence: int
    state: str
    page_id: int | None
    sha256: str | None
    interval: int | None
    visited_at: dt.datetime | None
    has_documents: bool

    @property
    def new(self) -> bool:
        """Whether no visit gave a page yet."""
        return self.page_id is None


@dataclass(frozen=True, slots=True)
class Visit:
    """How a visit ended; times are UTC, `interval` is in seconds. A `cause` belongs to failed and excluded ones."""

    fingerprint: bytes
    fence: int
    state: AddressState
    attempts: int
    visited_at: dt.datetime
    visit_at: dt.datetime | None
    interval: int | None = None
    cause: str | None = None
    page_id: int | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An address to be fetched, with what makes the request conditional."""

    fingerprint: bytes
    url: str
    is_record: bool
    etag: str | None
    last_modified: str | None


_DISCOVER = text("""
    INSERT INTO addresses (fingerprint, source, url, is_record)
    SELECT f, :source, u, r
    FROM unnest(CAST(:fingerprints AS uuid[]), CAST(:urls AS text[]), CAST(:records AS bool[])) AS t(f, u, r)
    ON CONFLICT (fingerprint) DO NOTHING
""")
_LOCK = text("""
    SELECT a.fingerprint, a.fence, a.state, a.page_id, p.sha256, a.interval, a.visited_at,
        EXISTS (SELECT FROM documents d WHERE d.page_id = a.page_id)
    FROM addresses a LEFT JOIN pages p ON p.id = a.page_id
    WHERE a.fingerprint = ANY(CAST(:fingerprints AS uuid[])) ORDER BY a.fingerprint FOR UPDATE OF a
""")
_VISIT = text("""
    UPDATE addresses a SET fence = v.fence, state = v.state, attempts = v.attempts, visited_at = v.visited_at,
        visit_at = v.visit_at, interval = v.interval, cause = v.cause, worker = NULL,
        page_id = COALESCE(v.page_id, a.page_id),
        etag = CASE WHEN v.page_id IS NULL THEN a.etag ELSE v.etag END,
        last_modified = CASE WHEN v.page_id IS NULL THEN a.last_modified ELSE v.last_modified END
    FROM unnest(CAST(:fingerprint AS uuid[]), CAST(:fence AS bigint[]), CAST(:state AS text[]),
        CAST(:attempts AS bigint[]), CAST(:visited_at AS timestamptz[]), CAST(:visit_at AS timestamptz[]),
        CAST(:interval AS bigint[]), CAST(:cause AS text[]), CAST(:page_id AS bigint[]), CAST(:etag AS text[]),
        CAST(:last_modified AS text[]))
        AS v(fingerprint, fence, state, attempts, visited_at, visit_at, interval, cause, page_id, etag, last_modified)
    WHERE a.fingerprint = v.fingerprint AND a.fence <= v.fence
""")
_LINKS = text("""
    INSERT INTO address_links (fingerprint, targets)
    SELECT f, t FROM unnest(CAST(:fingerprints AS uuid[]), CAST(:targets AS bytea[])) AS l(f, t)
    ON CONFLICT (fingerprint) DO UPDATE SET targets = excluded.targets
""")
_MODIFIED = text("""
    UPDATE addresses a SET state = 'discovered'
    FROM unnest(CAST(:fingerprints AS uuid[]), CAST(:times AS timestamptz[])) AS m(fingerprint, at)
    WHERE a.fingerprint = m.fingerprint AND a.visited_at < m.at AND a.state NOT IN ('discovered', 'leased')
    RETURNING a.fingerprint, a.url, a.is_record, a.etag, a.last_modified
""")
_LEASED = text("""
    UPDATE addresses a SET state = 'leased', worker = :worker
    FROM unnest(CAST(:fingerprints AS uuid[]), CAST(:fences AS bigint[])) AS l(fingerprint, fence)
    WHERE a.fingerprint = l.fingerprint AND a.fence < l.fence
""")


def discover(session: Session, source: str, found: Iterable[Found]) -> None:
    """Enter the addresses that the ledger does not have."""
    rows = sorted(found, key=lambda row: row.fingerprint)
    if rows:
        values = {
            "fingerprints": [_uuid(row.fingerprint) for row in rows],
            "urls": [row.url for row in rows],
            "records": [row.is_record for row in rows],
        }
        session.execute(_DISCOVER, values | {"source": source})


def lock(session: Session, fingerprints: Iterable[bytes]) -> dict[bytes, Known]:
    """Lock the rows until the transaction ends, and return what they hold."""
    rows = session.execute(_LOCK, {"fingerprints": [_uuid(f) for f in sorted(fingerprints)]})
    return {fingerprint.bytes: Known(*rest) for fingerprint, *rest in rows}


def visit(session: Session, visits: Sequence[Visit]) -> None:
    """Write how visits ended, except where a later lease has written already."""
    if visits:
        names = [name for name in Visit.__slots__ if name != "fingerprint"]
        columns: dict[str, list[Any]] = {name: [getattr(v, name) for v in visits] for name in names}
        session.execute(_VISIT, columns | {"fingerprint": [_uuid(v.fingerprint) for v in visits]})


def link(session: Session, links: Iterable[tuple[bytes, bytes]]) -> None:
    """Keep which records the page of an address links to; pairs of its fingerprint and `AddressLinks.targets`."""
    if rows := sorted(links):
        targets = [t for _, t in rows]
        session.execute(_LINKS, {"fingerprints": [_uuid(f) for f, _ in rows], "targets": targets})


def mark_leased(session: Session, worker: str, leases: Iterable[tuple[bytes, int]]) -> None:
    """Note who works on what: pairs of fingerprint and fence, left alone where that lease's end is written already."""
    rows = sorted(leases)
    values = {"fingerprints": [_uuid(f) for f, _ in rows], "fences": [fence for _, fence in rows]}
    session.execute(_LEASED, values | {"worker": worker})


def due(session: Session, source: str, recheck: bool = False) -> int:
    """Let all that is worth a visit now wait: what is due, or with `recheck` all; returns how many wait in all."""
    wanted = [Address.source == source, Address.state.not_in(PENDING)]
    wanted += [] if recheck else [Address.visit_at <= func.now()]
    session.execute(update(Address).where(*wanted).values(state=AddressState.DISCOVERED.value))
    return count_pending(session, source)


def modified(session: Session, times: Mapping[bytes, dt.datetime]) -> list[Waiting]:
    """Let those addresses wait again that were visited before the time at which they are said to have changed."""
    pairs = sorted(times.items())
    values = {"fingerprints": [_uuid(f) for f, _ in pairs], "times": [at for _, at in pairs]}
    rows = session.execute(_MODIFIED, values)
    return [Waiting(row.fingerprint.bytes, *row[1:]) for row in rows]


def revisit(session: Session, fingerprints: Iterable[bytes]) -> None:
    """Let addresses wait again, whenever their next visit was to be."""
    wanted = Address.fingerprint.in_([_uuid(f) for f in sorted(fingerprints)])
    session.execute(update(Address).where(wanted).values(state=AddressState.DISCOVERED.value))


def ask_again(session: Session, source: str, most: int) -> list[Waiting]:
    """Let failed addresses wait again, those longest failed first; returns them."""
    failed = select(Address.fingerprint).where(Address.source == source, Address.state == AddressState.FAILED.value)
    due = failed.order_by(Address.visited_at.nulls_first(), Address.fingerprint).limit(most)
    locked = select(Address.fingerprint).where(Address.fingerprint.in_(due)).order_by(Address.fingerprint)
    fingerprints = session.scalars(locked.with_for_update()).all()
    put = update(Address).where(Address.fingerprint.in_(fingerprints)).values(state=AddressState.DISCOVERED.value)
    columns = (Address.fingerprint, Address.url, Address.is_record, Address.etag, Address.last_modified)
    rows = session.execute(put.returning(*columns).execution_options(synchronize_session=False))
    return [Waiting(row.fingerprint.bytes, *row[1:]) for row in rows]


def last_fence(session: Session, source: str) -> int:
    """The newest lease's number that wrote."""
    return session.scalar(select(func.max(Address.fence)).where(Address.source == source)) or 0


def count_pending(session: Session, source: str) -> int:
    """How many addresses wait or are in a worker's hands."""
    query = select(func.count()).where(Address.source == source, Address.state.in_(PENDING))
    return session.scalar(query) or 0


def waiting(session: Session, source: str) -> Iterator[list[Waiting]]:
    """What is to be fetched in batches: listings first, then what was found first."""
    columns = (Address.fingerprint, Address.url, Address.is_record, Address.etag, Address.last_modified)
    query = (
        select(*columns)
        .where(Address.source == source, Address.state.in_(PENDING))
        .order_by(Address.is_record, Address.discovered_at, Address.fingerprint)
    )
    for rows in session.execute(query, execution_options={"yield_per": READ_BATCH}).partitions():
        yield [Waiting(row.fingerprint.bytes, *row[1:]) for row in rows]


def found_since(session: Session, fingerprints: Iterable[bytes], at: dt.datetime) -> bool:
    """Whether one of the addresses was found after `at`."""
    wanted = Address.fingerprint.in_([_uuid(f) for f in sorted(fingerprints)]), Address.discovered_at > at
    return session.scalar(select(Address.fingerprint).where(*wanted).limit(1)) is not None


def settled(session: Session, source: str) -> Iterator[list[tuple[bytes, bool]]]:
    """Fingerprint, and whether it is a record's, of every record, and of the listings that this round has seen."""
    this_round = Address.visited_at >= select(Source.round_at).where(Source.name == source).scalar_subquery()
    wanted = or_(Address.is_record, and_(Address.state.not_in(PENDING), this_round))
    query = select(Address.fingerprint, Address.is_record).where(Address.source == source, wanted)
    for rows in session.execute(query, execution_options={"yield_per": READ_BATCH}).partitions():
        yield [(fingerprint.bytes, is_record) for fingerprint, is_record in rows]


def readable(session: Session, page_ids: Iterable[int], cause: str) -> None:
    """Count addresses as stored that failed for a cause that begins so, now that their pages can be read."""
    wanted = Address.page_id.in_(sorted(page_ids)), Address.cause.startswith(cause, autoescape=True)
    healed = update(Address).where(Address.state == AddressState.FAILED.value, *wanted)
    session.execute(healed.values(state=AddressState.STORED.value, cause=None))


def fetch_again(session: Session, page_ids: Iterable[int]) -> None:
    """Let addresses wait whose pages are lost, to be asked for as if they had never been fetched."""
    lost = update(Address).where(Address.page_id.in_(sorted(page_ids)))
    fresh = {"page_id": None, "etag": None, "last_modified": None}
    session.execute(lost.values(state=AddressState.DISCOVERED.value, **fresh))


def matching(session: Session, pattern: str, fingerprint: bytes) -> list[int]:
    """The pages of the address with this fingerprint, and of all that begin as a pattern with a closing * does."""
    begins = Address.url.startswith(pattern[:-1], autoescape=True) if pattern.endswith("*") else false()
    wanted = or_(Address.fingerprint == _uuid(fingerprint), begins)
    found = session.scalars(select(Address.page_id).where(wanted, Address.page_id.is_not(None)))
    return [page_id for page_id in found if page_id is not None]


def records(session: Session, source: str) -> Iterator[tuple[bytes, bool]]:
    """Every record's fingerprint, and whether it is done with."""
    query = select(Address.fingerprint, Address.state.not_in(PENDING)).where(
        Address.source == source, Address.is_record
    )
    for fingerprint, is_done in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield fingerprint.bytes, is_done


def links(session: Session, source: str) -> Iterator[tuple[bytes, bool, bytes]]:
    """Of every page with links to records: its address's fingerprint, whether it is a record's, `targets`."""
    columns = (Address.fingerprint, Address.is_record, AddressLinks.targets)
    query = select(*columns).join(AddressLinks, AddressLinks.fingerprint == Address.fingerprint)
    wanted = query.where(Address.source == source)
    for fingerprint, is_record, targets in session.execute(wanted, execution_options={"yield_per": READ_BATCH}):
        yield fingerprint.bytes, is_record, targets


def counts(session: Session, source: str) -> dict[str, int]:
    """Addresses by state; every state has its count, also 0."""
    query = select(Address.state, func.count()).where(Address.source == source).group_by(Address.state)
    found = {state: count for state, count in session.execute(query)}  # noqa: C416  a row is no pair to mypy
    return {state.value: found.get(state.value, 0) for state in AddressState}


def causes(session: Session, source: str) -> dict[str, dict[str, int]]:
    """Of failed and of excluded addresses: how many for which cause or rule."""
    explained = (AddressState.FAILED.value, AddressState.EXCLUDED.value)
    query = select(Address.state, Address.cause, func.count()).where(
        Address.source == source, Address.state.in_(explained)
    )
    made: dict[str, dict[str, int]] = {state: {} for state in explained}
    for state, cause, count in session.execute(query.group_by(Address.state, Address.cause).order_by(Address.cause)):
        made[state][str(cause)] = count
    return made


def _uuid(fingerprint: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=fingerprint)
