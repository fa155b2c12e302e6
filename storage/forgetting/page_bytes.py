"""What the raw archive holds of a record: its pages' captures, captures without a row, other pages that quote it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from storage import archive
from storage.documents import READ_BATCH
from storage.errors import DataDamaged
from storage.forgetting.finding import Found, among
from storage.forgetting.in_texts import OPENING, Quotes
from storage.models import Address, AddressLinks, Capture, Document, Erasure, Page
from storage.settings import settings
from storage.warc import Place

LINK_BYTES = 8
"""As many of a fingerprint stand in `AddressLinks.targets`."""
FEW = 32


def quoting(session: Session, found: Found) -> set[int]:
    """Pages that link to the record and quote it, as listings and what is named as related do.

    A listing is held against all its texts, another record's page only against title, question and opening: the rest
    may be a doctor's usual words.
    """
    texts, openings = _quotes(session, found.documents)
    made = set()
    for page_id, is_record, place, sha256 in _linking(session, found):
        try:
            body = archive.read(place, sha256).body
        except DataDamaged:  # nobody can read it; `crawlers reparse` tells of it
            continue
        if (openings if is_record else texts).among(body):
            made.add(page_id)
    return made


def captures(session: Session, found: Found, quoted: AbstractSet[int]) -> list[Erasure]:
    """What is to be erased: all visits of the record's pages, the responses of those that quote it, older blobs."""
    of_pages = select(Capture.file, Capture.offset, Capture.length).where(among(Capture.page_id, found.pages))
    of_quotes = select(Capture.file, Capture.offset, Capture.length).where(
        among(Capture.page_id, quoted - found.pages), Capture.kind == archive.RESPONSE
    )
    places = {Place(*row) for query in (of_pages, of_quotes) for row in session.execute(query)}
    places |= set(_without_row(session, found))
    made = [Erasure(file=f"{archive.folder().name}/{p.file}", offset=p.offset, length=p.length) for p in places]
    hashes = session.scalars(select(Page.sha256).where(among(Page.id, found.pages | quoted)))
    blobs = {f"blobs/{sha256[:2]}/{sha256[2:]}.zst" for sha256 in hashes}
    return made + [Erasure(file=blob, offset=0, length=None) for blob in blobs if home(blob).exists()]


def _without_row(session: Session, found: Found) -> Iterator[Place]:
    sources = {source for source, _ in found.records}
    sources |= set(session.scalars(select(Page.source).where(among(Page.id, found.pages))))
    quotes, _ = _quotes(session, found.documents)
    for source in sorted(sources):
        for place, stored in archive.unindexed(session, source):
            if stored.url in found.urls or quotes.among(stored.body):
                yield place


def _quotes(session: Session, ids: AbstractSet[uuid.UUID]) -> tuple[Quotes, Quotes]:
    texts, openings = [], []
    columns = (Document.title, Document.question, Document.answer, Document.text)
    for title, question, answer, text in session.execute(select(*columns).where(among(Document.id, ids))):
        texts += [title, question, answer, text]
        openings += [title, question, " ".join((text or "").split()[:OPENING])]
    return Quotes(filter(None, texts)), Quotes(filter(None, openings))


def _linking(session: Session, found: Found) -> Iterator[tuple[int, bool, Place, str]]:
    """Of each page that names the record: its id, whether it is a record's, where its bytes are, their hash."""
    wanted = {known_by.bytes[:LINK_BYTES] for known_by in found.fingerprints}
    rows = select(AddressLinks.fingerprint, AddressLinks.targets)
    if len(wanted) <= FEW:  # the server looks through bytes faster, but for one after the other
        rows = rows.where(
            or_(*(func.position(each.op("IN")(AddressLinks.targets)) > 0 for each in map(literal, wanted)))
        )
    links = session.execute(rows, execution_options={"yield_per": READ_BATCH})
    linking = [known_by for known_by, targets in links if not wanted.isdisjoint(_each(targets))]
    query = (
        select(Page.id, Address.is_record, Capture.file, Capture.offset, Capture.length, Page.sha256)
        .join(Address, (Address.page_id == Page.id) | (Address.url == Page.url))
        .join(Capture, Capture.page_id == Page.id)
        .where(among(Address.fingerprint, linking), Capture.kind == archive.RESPONSE, ~among(Page.id, found.pages))
    )
    for page_id, is_record, file, offset, length, sha256 in session.execute(query):
        yield page_id, is_record, Place(file, offset, length), sha256


def _each(targets: bytes) -> Iterable[bytes]:
    return (targets[n : n + LINK_BYTES] for n in range(0, len(targets), LINK_BYTES))


def home(file: str) -> Path:
    """Where a file to be erased is."""
    return settings().home / file
