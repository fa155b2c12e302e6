"""What belongs to a record that is to be forgotten: documents, addresses, every version of its pages."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.errors import UsageError
from storage.forgetting import addressed, in_texts
from storage.models import Address, Document, Page

VARIANTS_AT_MOST = 200
"""Records whose pages under other titles are looked for; more come by a pattern, which holds for their pages too."""


@dataclass(frozen=True)
class Wanted:
    """What a person asks to have forgotten: an address, the beginning of one, a document's id, or a text.

    `single` leaves the other answers of a record, which repeat its question.
    """

    kind: str
    value: str
    single: bool = False


@dataclass
class Found:
    """What that is in the tables; `others` counts documents that stay although their page, one of `shared`, goes."""

    documents: set[uuid.UUID] = field(default_factory=set)
    records: set[tuple[str, str]] = field(default_factory=set)
    fingerprints: set[uuid.UUID] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    pages: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    others: int = 0

    def __bool__(self) -> bool:
        return bool(self.documents or self.fingerprints or self.pages)


def wanted(argument: str, single: bool = False) -> Wanted:
    """What an argument is. Raises UsageError for one that is nothing of the kind."""
    if re.fullmatch("[0-9a-fA-F-]{8,36}", argument):
        return Wanted("document", argument.lower().replace("-", ""), single)
    if argument.endswith("*"):
        addressed.beginnings(argument)
        return Wanted("beginning", argument, single)
    return Wanted("address", addressed.given(argument), single)


def fingerprint(source: str, record: str) -> uuid.UUID:
    """What frontier and ledger know a record's address by: the crawl's own rule (crawlers/site.py)."""
    return uuid.UUID(bytes=hashlib.sha256(f"record {record} of {source}".encode()).digest()[:16])


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column is one of the values, of which there may be more than a statement takes parameters."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def find(session: Session, asked: Wanted) -> Found:
    """All that belongs to what is asked for; nothing where it is not known. Raises UsageError where it is ambiguous."""
    finders = {"document": _by_id, "beginning": _by_beginning, "address": _by_address, "text": _by_text}
    found = finders[asked.kind](session, asked.value)
    return _grown(session, found, asked.single) if found.documents or found.urls else found


def find_again(session: Session, asked: Wanted, before: Found) -> Found:
    """The same once more from what was found, with what was stored of it since."""
    found = _by_beginning(session, asked.value) if asked.kind == "beginning" else Found()
    found.urls |= before.urls if asked.kind == "address" else set()  # a page may have other records than a document's
    found.documents |= set(session.scalars(select(Document.id).where(among(Document.id, before.documents))))
    return _grown(session, found, asked.single)


def _by_id(session: Session, digits: str) -> Found:
    begins = func.replace(func.cast(Document.id, Text), "-", "").startswith(digits)
    ids = set(session.scalars(select(Document.id).where(begins).limit(2)))
    if len(ids) > 1:
        raise UsageError("several documents' ids begin so: give more digits")
    return Found(documents=ids)


def _by_text(session: Session, pattern: str) -> Found:
    return Found(documents=set(session.scalars(select(Document.id).where(in_texts.holds(pattern)))))


def _by_beginning(session: Session, pattern: str) -> Found:
    return Found(urls=_urls(session, addressed.beginnings(pattern)))


def _by_address(session: Session, url: str) -> Found:
    """Those that are written alike; where there are none, the record that a part of the address names."""
    if urls := _exact(session, url.partition("#")[0]):
        return Found(urls=urls)
    same_host, key = addressed.of_host(url), addressed.key(url)
    if urls := {found for found in _urls(session, same_host) if addressed.key(found) == key}:
        return Found(urls=urls)
    begins = or_(*(Document.url.startswith(each, autoescape=True) for each in same_host))
    numbers = Document.record.in_(addressed.numbers(url))
    rows = session.execute(select(Document.id, Document.source, Document.record, Document.url).where(begins, numbers))
    meant = [row for row in rows if addressed.means(url, row.record, row.url)]
    if len({(row.source, row.record) for row in meant}) > 1:
        raise UsageError("the address may mean one of several records: give a document's id")
    return Found(documents={row.id for row in meant})


def _exact(session: Session, url: str) -> set[str]:
    columns = (Address.url, Page.url, Document.url)
    return {url for column in columns if session.scalar(select(column).where(column == url).limit(1)) is not None}


def _urls(session: Session, beginnings: Iterable[str]) -> set[str]:
    made: set[str] = set()
    for column in (Address.url, Page.url, Document.url):
        begins = or_(*(column.startswith(each, autoescape=True) for each in beginnings))
        made.update(session.scalars(select(column).where(begins)))
    return made


_OF_URLS = text("""
    SELECT d.id FROM documents d WHERE d.url = ANY(:urls)
        OR d.page_id IN (SELECT id FROM pages WHERE url = ANY(:urls))
        OR d.page_id IN (SELECT page_id FROM addresses WHERE url = ANY(:urls))
        OR CAST(encode(substring(sha256(convert_to('record ' || d.record || ' of ' || d.source, 'UTF8')), 1, 16), 'hex')
            AS uuid) IN (SELECT fingerprint FROM addresses WHERE url = ANY(:urls) AND is_record)
""")
_OF_RECORDS = text("""
    SELECT id FROM documents JOIN (SELECT DISTINCT source, record FROM documents WHERE id = ANY(:ids)) r
    USING (source, record)
""")
_COPIES = text("""
    SELECT d.id FROM documents d JOIN pages p ON p.id = d.page_id
    WHERE p.sha256 IN (SELECT q.sha256 FROM pages q JOIN documents e ON e.page_id = q.id WHERE e.id = ANY(:ids))
        AND d.content_sha256 IN (SELECT content_sha256 FROM documents WHERE id = ANY(:ids))
""")
_DOCUMENTS = text("""
    SELECT d.source, d.record, d.url, d.page_id, p.url
    FROM documents d JOIN pages p ON p.id = d.page_id WHERE d.id = ANY(:ids)
""")
_ADDRESSES = text("""
    SELECT fingerprint, url, page_id FROM addresses
    WHERE fingerprint = ANY(:fingerprints) OR url = ANY(:urls) OR page_id = ANY(:pages)
""")
_PAGES = text("SELECT id, url FROM pages WHERE id = ANY(:pages) OR url = ANY(:urls)")
_OTHERS = text("SELECT page_id FROM documents WHERE page_id = ANY(:pages) AND NOT id = ANY(:ids)")


def _grown(session: Session, found: Found, single: bool) -> Found:
    if found.urls:
        found.documents |= set(session.scalars(_OF_URLS, {"urls": list(found.urls)}))
    if not single:  # the bytes of a page may stand under two addresses
        for more in (_OF_RECORDS, _COPIES):
            found.documents |= set(session.scalars(more, {"ids": list(found.documents)}))
    known: list[tuple[str, str]] = []
    for source, record, url, page, page_url in session.execute(_DOCUMENTS, {"ids": list(found.documents)}):
        found.records.add((source, record))
        found.urls |= {url, page_url}
        found.pages.add(page)
        found.fingerprints.add(fingerprint(source, record))
        known += [(record, url), (record, page_url)]
    found.urls |= _variants(session, known)
    _add_addresses(session, found)
    pages = session.execute(_PAGES, {"pages": list(found.pages), "urls": list(found.urls)}).all()
    found.pages |= {row.id for row in pages}
    found.urls |= {row.url for row in pages}
    _add_addresses(session, found)
    values = {"pages": list(found.pages), "ids": list(found.documents)}
    others = session.scalars(_OTHERS, values).all()
    found.shared, found.others = set(others), len(others)
    return found


def _add_addresses(session: Session, found: Found) -> None:
    values = {
        "fingerprints": list(found.fingerprints),
        "urls": list(found.urls),
        "pages": list(found.pages),
    }
    for known_by, url, page in session.execute(_ADDRESSES, values):
        found.fingerprints.add(known_by)
        found.urls.add(url)
        found.pages |= {page} if page is not None else set()


def _variants(session: Session, known: Iterable[tuple[str, str]]) -> set[str]:
    """Addresses of pages that differ from a record's in what stands after its number."""
    begin = {addressed.same_record(url, record) for record, url in known} - {None}
    if len(begin) > VARIANTS_AT_MOST:
        return set()
    made: set[str] = set()
    for each in filter(None, begin):
        alike = session.scalars(select(Page.url).where(Page.url.startswith(each, autoescape=True)))
        made |= {url for url in alike if not url[len(each) : len(each) + 1].isalnum()}
    return made
