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
from crawlers.opt_outs import TAKEDOWN
from crawlers.revisits import next_interval
from crawlers.visits import ROBOTS, Failed, Fetched, Visited
from storage import addresses, db, quarantine, sources
from storage.addresses import Found, Known, Visit
from storage.documents import pages_that_differ, save_documents
from storage.forgetting import forgotten
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
    """Whether a record says something new, or a listing names a record that was not known when it was last seen."""

    @property
    def followed(self) -> Sequence[Link]:
        """The links to enqueue. A listing seen before that names nothing new does not lead on to the next page."""
        leads_on = self.item.asked.is_record or self.differs or self.before.new
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
        rows = _left_out(session, site, rows)
        sources.ensure(session, site.name, site.hosts[0])
        own = [Found(row.fingerprint, row.item.asked.url, row.item.asked.is_record) for row in rows]
        addresses.discover(session, site.name, own)
        current = _current(session, rows)
        _write(session, site, archive, current)
        addresses.discover(session, site.name, _found(current))
        again = _modified(session, site, current)
        addresses.visit(session, [_visit(row) for row in current])
    ends = [
        Finished(
            row.item.asked.lease, run, row.followed, visits.counts(row.item), visits.had(row.item, row.fingerprint)
        )
        for row in current
    ]
    return [replace(ends[0], links=(*ends[0].links, *again)), *ends[1:]] if again else ends


def _left_out(session: Session, site: Site, rows: Sequence[Row]) -> list[Row]:
    """The rows, those of forgotten addresses as if they had not been asked for: they were on their way."""
    named = [_fingerprints(site, row) for row in rows]
    gone = forgotten.addresses(session, set().union(*named))
    return [
        Row(Failed(row.item.asked, rule=TAKEDOWN), row.fingerprint, (), ()) if gone & own else row
        for row, own in zip(rows, named, strict=True)
    ]


def _fingerprints(site: Site, row: Row) -> set[bytes]:
    """Of the address that was asked for, and of the one that a redirect led to."""
    led_to = {site.fingerprint(row.item.page.url)} if isinstance(row.item, Fetched) else set()
    return {row.fingerprint} | led_to


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
    differ = pages_that_differ(session, site.name, documents)
    for row in rows:
        is_record = row.item.asked.is_record
        row.differs = row.kept is not None and row.kept.page_id in differ if is_record else _names_news(session, row)
    if not quarantined:
        save_documents(session, site.name, documents)
    addresses.link(session, {r.fingerprint: _targets(r) for r in rows if isinstance(r.item, Fetched)}.items())
    left_out = [r.before.page_id for r in rows if isinstance(r.item, Failed) and r.item.rule and r.item.rule != ROBOTS]
    quarantine.keep_apart(session, [page_id for page_id in left_out if page_id is not None])


def _names_news(session: Session, row: Row) -> bool:
    """Whether a listing names a record that was not known when the listing was last seen: another may have named it."""
    records = [item.fingerprint for item in row.links if item.kind != LISTING]
    if row.before.visited_at is None or any(item.kind != LISTING for item in row.brings):
        return bool(records)
    return bool(records) and addresses.found_since(session, records, row.before.visited_at)


def _found(rows: Sequence[Row]) -> list[Found]:
    """The links that are to be followed, as the ledger enters them."""
    found: dict[bytes, Found] = {}
    for row in rows:
        new = {item.fingerprint for item in row.followed}
        named = zip(row.item.reading.links, row.links, strict=True) if isinstance(row.item, Fetched) else ()
        found |= {
            x.fingerprint: Found(x.fingerprint, url, x.kind != LISTING) for url, x in named if x.fingerprint in new
        }
    return list(found.values())


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
    interval = next_interval(item.asked.is_record, row.differs, row.before.interval)
    unanswered = item.asked.is_record and not row.before.has_documents  # and as it was
    soon = bool(item.reading.problems or item.reading.unanswered) if isinstance(item, Fetched) else unanswered
    problems = item.reading.problems if isinstance(item, Fetched) else ()
    state = AddressState.STORED if row.differs or row.before.new else AddressState.UNCHANGED
    return replace(
        ended,
        state=AddressState.FAILED if problems else state,
        cause=f"{visits.UNREADABLE}: {'; '.join(problems)}" if problems else None,
        interval=interval,
        visit_at=now if soon else now + dt.timedelta(seconds=interval),
        # A 304 need not repeat what the page came with: without a page the ledger keeps what it has.
        page_id=row.kept.page_id if row.kept and isinstance(item, Fetched) else None,
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
