"""One transaction for many visits: archive, pages, documents, links and the ledger, or nothing of them.

archive → pages → documents → links → addresses          (PostgreSQL commits)
→ what ends each lease, its new links to be enqueued     (Redis, by the pipeline)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crawlers import visits
from crawlers.frontier.entries import AGAIN, LISTING, Link, encode, link
from crawlers.frontier.queue import Finished
from crawlers.revisits import next_interval
from crawlers.visits import Failed, Fetched, Visited
from storage import addresses, db, quarantine, sources
from storage.addresses import Found, Known, Visit
from storage.documents import differing, save_documents
from storage.models import AddressState
from storage.pages import Kept, save_pages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from crawlers.site import Site
    from storage.archive import Archive

EXCLUDED_DAYS = 30
"""A page that asked to be left out is looked at again after a month: it may have changed its mind."""
LINK_BYTES = 8


@dataclass
class Row:
    """One visit on its way into the tables; what is known of it grows from step to step."""

    item: Visited
    fingerprint: bytes
    links: Sequence[Link]
    brings: Sequence[Link]
    """Those of the links that the frontier does not know."""
    before: Known = field(init=False)
    kept: Kept | None = None
    differs: bool = False

    @property
    def changed(self) -> bool:
        """Whether a record says something new, or a listing names a record that was not known."""
        return self.differs if self.item.asked.is_record else any(x.kind != LISTING for x in self.brings)

    @property
    def followed(self) -> Sequence[Link]:
        """The links to enqueue. A listing seen before that names nothing new does not lead on to the next page."""
        leads_on = self.item.asked.is_record or self.changed or not self.before.visited
        return self.brings if leads_on else [x for x in self.brings if x.kind != LISTING]


@dataclass(frozen=True)
class Batch:
    """Visits with the links that each brings, and the fingerprints of the links that the frontier does not know."""

    items: Sequence[Visited]
    links: Sequence[Sequence[Link]]
    new: AbstractSet[bytes]

    def rows(self, site: Site) -> list[Row]:
        """A row for each visit."""
        pairs = zip(self.items, self.links, strict=True)
        return [Row(i, site.fingerprint(i.asked.url), x, [y for y in x if y.fingerprint in self.new]) for i, x in pairs]


def links_of(site: Site, item: Visited) -> list[Link]:
    """The links that a visit brings."""
    return [link(site, url) for url in item.reading.links] if isinstance(item, Fetched) else []


def store(site: Site, archive: Archive, run: str, batch: Batch) -> list[Finished]:
    """Commit the visits; returns what ends each lease, without those that a later lease has overtaken."""
    rows = batch.rows(site)
    with db.session() as session:
        sources.ensure(session, site.name, site.hosts[0])
        addresses.discover(session, site.name, _found(rows))
        current = _current(session, rows)
        _write(session, site, archive, current)
        again = _modified(session, site, current)
        addresses.visit(session, [_visit(row) for row in current])
    ends = [
        Finished(
            row.item.asked.lease, run, row.followed, visits.counts(row.item), visits.had(row.item, row.fingerprint)
        )
        for row in current
    ]
    return [replace(ends[0], links=(*ends[0].links, *again)), *ends[1:]] if again else ends


def _current(session: Session, rows: Sequence[Row]) -> list[Row]:
    """The rows whose lease is the newest that has written, locked."""
    known = addresses.lock(session, [row.fingerprint for row in rows])
    for row in rows:
        row.before = known[row.fingerprint]
    return [row for row in rows if row.before.fence <= int(row.item.asked.lease)]


def _write(session: Session, site: Site, archive: Archive, rows: Sequence[Row]) -> None:
    quarantined = quarantine.holds(session, site.name)
    got = [(row, row.item.page) for row in rows if not isinstance(row.item, Failed)]
    pages = save_pages(session, archive, [(page, row.before.page_id) for row, page in got], quarantined)
    for (row, _), kept in zip(got, pages, strict=True):
        row.kept = kept
    read = [(row.item, row.kept) for row in rows if isinstance(row.item, Fetched) and row.kept and not row.kept.same]
    documents = [(kept.page_id, document) for item, kept in read for document in item.reading.documents]
    differ = differing(session, site.name, documents)
    for row in rows:
        row.differs = row.kept is not None and row.kept.page_id in differ
    if not quarantined:
        save_documents(session, site.name, documents)
    addresses.link(session, [(row.fingerprint, _targets(row)) for row in rows if isinstance(row.item, Fetched)])


def _found(rows: Sequence[Row]) -> list[Found]:
    """The addresses that the ledger may not have: the rows' own, and the links that are new to the frontier."""
    found: dict[bytes, Found] = {}
    for row in rows:
        new = {item.fingerprint for item in row.brings}
        named = zip(row.item.reading.links, row.links, strict=True) if isinstance(row.item, Fetched) else ()
        found |= {
            x.fingerprint: Found(x.fingerprint, url, x.kind != LISTING) for url, x in named if x.fingerprint in new
        }
    own = {r.fingerprint: Found(r.fingerprint, r.item.asked.url, r.item.asked.is_record) for r in rows}
    return list((found | own).values())


def _visit(row: Row) -> Visit:
    item, now = row.item, dt.datetime.now(dt.UTC)
    lease, attempts = int(item.asked.lease), item.asked.attempts
    ended = Visit(
        row.fingerprint, lease, AddressState.FAILED, attempts, now, visit_at=now, interval=row.before.interval
    )
    if isinstance(item, Failed):
        if item.cause:
            return replace(ended, cause=item.cause)
        # Where nothing was fetched to find the rule, nothing is to find that it holds no more.
        later = now if item.rule in visits.UNASKED else now + dt.timedelta(days=EXCLUDED_DAYS)
        return replace(ended, state=AddressState.EXCLUDED, cause=item.rule, visit_at=later)
    interval = next_interval(item.asked.is_record, row.changed, row.before.interval)
    soon = isinstance(item, Fetched) and bool(item.reading.problems or item.reading.unanswered)
    return replace(
        ended,
        state=AddressState.STORED if row.changed or not row.before.visited else AddressState.UNCHANGED,
        interval=interval,
        visit_at=now if soon else now + dt.timedelta(seconds=interval),
        page_id=row.kept.page_id if row.kept else None,
        etag=item.page.headers.get("etag"),
        last_modified=item.page.headers.get("last-modified"),
    )


def _targets(row: Row) -> bytes:
    return b"".join(item.fingerprint[:LINK_BYTES] for item in row.links if item.kind != LISTING)


def _modified(session: Session, site: Site, rows: Sequence[Row]) -> list[Link]:
    """Known records that a sitemap says to have changed since they were visited: they wait again."""
    read = [row.item.reading.lastmod for row in rows if isinstance(row.item, Fetched)]
    times = {site.fingerprint(url): at for lastmod in read for url, at in lastmod.items()}
    waiting = addresses.modified(session, times) if times else []
    return [Link(AGAIN, w.fingerprint, encode(site, w.url, etag=w.etag, modified=w.last_modified)) for w in waiting]
