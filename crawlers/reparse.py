"""Reading the archive again with today's readers: what would change, field by field, then writing it. No network."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, or_, select, tuple_

from crawlers.reading import PageReading, ParsedPage
from crawlers.visits import UNREADABLE
from storage import addresses, archive, db, quarantine
from storage.documents import DocumentFields, document_id, save_documents
from storage.errors import DataDamaged
from storage.models import Document, Review

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from crawlers.frontier.queue import LeaseQueue
    from crawlers.site import Site

PAGES_AT_ONCE = 200
SAMPLES = 3
COMPARED = tuple(f.name for f in fields(DocumentFields) if f.name not in ("kind", "record", "ordinal"))


@dataclass
class Difference:
    """What today's readers make of the archive, against what is stored."""

    pages: int = 0
    seconds: float = 0.0
    unchanged: int = 0
    added: int = 0
    gone: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[str, Any, Any]]] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    damaged: dict[int, str] = field(default_factory=dict)
    """What is wrong with the archive's record of a page, by the page's id."""
    differing: set[int] = field(default_factory=set)
    """Ids of the pages that say something else now."""

    def __bool__(self) -> bool:
        return bool(self.differing)


Told = Callable[[int], None]


def compare(site: type[Site], told: Told = lambda _: None) -> Difference:
    """Read every page of the archive and hold it against the documents stored; nothing is written."""
    found, began = Difference(), time.monotonic()
    for batch in _read(site, found):
        with db.session() as session:
            stored = _stored(session, site.name, batch)
        for page_id, reading in batch.items():
            _hold(site.name, (page_id, reading), stored.get(page_id, {}), found)
        found.pages += len(batch)
        told(found.pages)
    found.seconds = time.monotonic() - began
    return found


def write(queue: LeaseQueue, difference: Difference, told: Told = lambda _: None) -> int:
    """Store what `compare` found, trust the reader again, judge it from its next page on; returns documents written.

    Pages kept apart are read again too, also those that come while it writes. A page that today's reader cannot read
    keeps what is stored of it. A document that its record no longer has is removed with its verdicts, unless a person
    has reviewed it. Pages whose record is damaged wait to be fetched anew.
    """
    site, done, written = type(queue.spider), set[int](), 0
    wanted = difference.differing
    with db.session() as session:
        quarantine.lift(session, site.name)
        addresses.fetch_again(session, difference.damaged)
    queue.server.delete(queue.window)
    while wanted := (wanted | _kept_apart(site.name)) - done:
        for batch in _read(site, Difference(), wanted):
            with db.session() as session:
                written += _store(session, site, batch)
            told(written)
        done |= wanted
        wanted = set()
    return written


def _kept_apart(source: str) -> set[int]:
    with db.session() as session:
        return quarantine.pages(session, source)


def _store(session: Session, site: type[Site], batch: dict[int, PageReading]) -> int:
    sound = {page_id: reading for page_id, reading in batch.items() if not reading.problems}
    rows = [(page_id, document) for page_id, reading in sound.items() for document in reading.documents]
    records = {_record_key(document) for _, document in rows}
    kept = {_id(site.name, document) for _, document in rows}
    named = tuple_(Document.kind, Document.record).in_(records)
    of_them = and_(Document.source == site.name, or_(Document.page_id.in_(sound), named))
    reviewed = exists().where(Review.document_id == Document.id)
    session.execute(delete(Document).where(of_them, Document.id.not_in(kept), ~reviewed))
    quarantine.free(session, sound)
    addresses.readable(session, sound, UNREADABLE)
    return save_documents(session, site.name, rows)


def _record_key(document: DocumentFields) -> tuple[str, str]:
    return document.kind, document.record


def _read(site: type[Site], found: Difference, only: set[int] | None = None) -> Iterator[dict[int, PageReading]]:
    """Pages read again, by their ids, in batches; a damaged record is noted and passed over."""
    reader = _documents_only(site)
    with db.session(repeatable=True) as session:
        places = archive.places(session, site.name)
        wanted = (place for place in places if only is None or place[0] in only)
        while batch := list(islice(wanted, PAGES_AT_ONCE)):
            made = {}
            for page_id, sha256, place in batch:
                try:
                    page = archive.read(place, sha256)
                    made[page_id] = reader.read(page.body, page.url, page.headers, page.fetched_at)
                except DataDamaged as damaged:
                    found.damaged[page_id] = str(damaged)
            yield made


def _documents_only(site: type[Site]) -> type[Site]:
    """The site's reader without its links, a third of its work: they were followed when the page was fetched."""

    class Documents(site):  # type: ignore[misc, valid-type]
        @classmethod
        def links(cls, page: ParsedPage, record: str | None) -> Iterable[str]:  # noqa: ARG003 - the base's signature
            return ()

    return Documents


def _stored(session: Session, source: str, batch: dict[int, PageReading]) -> dict[int, dict[uuid.UUID, Document]]:
    """The documents that stand for the pages, by page and id; one read from another page since stands for that."""
    read = {_id(source, document) for reading in batch.values() for document in reading.documents}
    query = select(Document).where(Document.page_id.in_(batch) | Document.id.in_(read))
    made: dict[int, dict[uuid.UUID, Document]] = {}
    for document in session.scalars(query):
        made.setdefault(document.page_id, {})[document.id] = document
    session.expunge_all()
    return made


def _hold(source: str, read: tuple[int, PageReading], stored: dict[uuid.UUID, Document], found: Difference) -> None:
    page_id, reading = read
    found.problems.update(reading.problems)
    now = {_id(source, document): document for document in reading.documents}
    found.added += len(now.keys() - stored.keys())
    withdrawn = set() if reading.problems else stored.keys() - now.keys()
    found.gone += len(withdrawn)
    differs = bool(withdrawn or now.keys() - stored.keys())
    for identity in now.keys() & stored.keys():
        changed = [name for name in COMPARED if _value(now[identity], name) != _value(stored[identity], name)]
        found.unchanged += not changed
        found.changed.update(changed)
        differs = differs or bool(changed)
        for name in changed:
            seen = found.samples.setdefault(name, [])
            if len(seen) < SAMPLES:
                seen.append((stored[identity].record, _value(stored[identity], name), _value(now[identity], name)))
    if differs:
        found.differing.add(page_id)


def _value(document: DocumentFields | Document, name: str) -> Any:
    value = getattr(document, name)
    return list(value) if isinstance(value, tuple) else value


def _id(source: str, document: DocumentFields) -> uuid.UUID:
    return document_id(source, document.kind, document.record, document.ordinal)


def lines(found: Difference) -> Sequence[str]:
    """The difference in words, a few samples of each field."""
    rate = found.pages / found.seconds if found.seconds else 0
    made = [f"{found.pages:,} pages read in {found.seconds:.1f} s ({rate:,.0f} a second)"]
    made += [f"documents: {found.unchanged:,} as stored, {found.added:,} new, {found.gone:,} no longer given"]
    for name, count in found.changed.most_common():
        made.append(f"{name}: {count:,} changed")
        made += [f"    {record}: {_short(old)} → {_short(new)}" for record, old, new in found.samples[name]]
    made += [f"unreadable: {count:,} × {problem}" for problem, count in found.problems.most_common()]
    return [*made, *(f"damaged: {damage}" for damage in found.damaged.values())]


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
