"""What was forgotten, as hashes: neither a visit on its way nor another reading of the archive brings it back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.models import Forgotten

LOCK = int.from_bytes(b"forget")
MARK = "forgotten"
"""Key in the headers of a page whose bytes are no longer in the archive while other documents of it stay."""


def documents(session: Session, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the documents that were forgotten; nothing is forgotten until this transaction ends."""
    return _among(session, ids)


def addresses(session: Session, fingerprints: Iterable[bytes]) -> set[bytes]:
    """Those of the addresses that were forgotten; nothing is forgotten until this transaction ends."""
    return {found.bytes for found in _among(session, [uuid.UUID(bytes=f) for f in fingerprints])}


def all_addresses(session: Session) -> list[bytes]:
    """The fingerprints of all that were forgotten, of any source."""
    return [found.bytes for found in session.scalars(select(Forgotten.id).where(Forgotten.kind == "address"))]


def add(session: Session, fingerprints: Iterable[bytes], ids: Iterable[uuid.UUID]) -> None:
    """Enter addresses and documents."""
    rows = [{"id": uuid.UUID(bytes=f), "kind": "address"} for f in sorted(fingerprints)]
    rows += [{"id": id_, "kind": "document"} for id_ in sorted(ids)]
    if rows:
        session.connection().execute(insert(Forgotten).on_conflict_do_nothing(), rows)


def lock(session: Session) -> None:
    """Wait until no transaction that has asked for the list is open; those that come wait for this one."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _among(session: Session, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": LOCK})
    return set(session.scalars(select(Forgotten.id).where(Forgotten.id.in_(sorted(ids)))))
