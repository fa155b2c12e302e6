"""Records put aside: a skip keeps one from a person for a day, a flag from everybody until a lead looked at it."""

import uuid

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import AsideKind, Claim, Document, SetAside, State, User
from storage.review import leases
from storage.review.decisions import lock
from storage.review.facts import facts
from storage.review.room import require_lead
from storage.review.words import Conflict

LONGEST_NOTE = 2000


def skip(session: Session, user: User, document_id: uuid.UUID, key: uuid.UUID) -> SetAside:
    """Give a record back and do not get it again for a day; the same key again changes nothing.

    Raises Conflict when the record is gone, UsageError when the key was another record's.
    """
    lock(session, document_id)
    row, new = _put(session, user, SetAside(document_id=document_id, kind=AsideKind.SKIP.value, key=key))
    if new:
        session.execute(delete(Claim).where(Claim.document_id == document_id, Claim.user_id == user.id))
    return row


def flag(session: Session, user: User, document_id: uuid.UUID, note: str, key: uuid.UUID) -> SetAside:  # noqa: PLR0913
    """Take a waiting record out of everybody's queue until a lead resolves it; the same key again changes nothing.

    Raises Conflict when the record is gone, decided, or open with someone else; UsageError for a note that cannot be
    stored or a key that was another record's.
    """
    document = lock(session, document_id)
    if known := _of_key(session, key):
        return _same(known, user, document_id)
    waits = document.state == State.REVIEW.value and leases.holder(session, document_id) in (None, user.id)
    if not waits and not facts(session, [document_id], user.id)[document_id].asked(user):
        raise Conflict("این مورد دیگر در صف شما نیست.")
    row = SetAside(document_id=document_id, kind=AsideKind.FLAG.value, key=key, note=_sound(note))
    row, _ = _put(session, user, row)
    document.flagged = True
    session.execute(delete(Claim).where(Claim.document_id == document_id, Claim.user_id == user.id))
    audit.note(session, user.name, "record flagged", str(document_id))
    session.flush()
    return row


def unset(session: Session, user: User, key: uuid.UUID) -> SetAside:
    """Take back an own skip or flag; the record is open to that person again where nobody else has it.

    Raises UsageError for a key of nothing of theirs, Conflict when a lead has resolved it or the record is decided.
    """
    row = _of_key(session, key)
    if row is None or row.user_id != user.id:
        raise UsageError("چنین کنارگذاشتنی از شما ثبت نشده است.")
    document = lock(session, row.document_id)
    session.refresh(row)
    if row.resolved_by == user.id:
        return row
    if row.resolved_by is not None:
        raise Conflict("سرپرست به این مورد رسیدگی کرده است.")
    row.resolved_at, row.resolved_by = session.scalar(select(func.now())), user.id
    session.flush()
    document.flagged = _flags(session, document.id)
    if document.state == State.REVIEW.value and not document.flagged:
        leases.lease(session, document.id, user.id)
    session.flush()
    return row


def flagged(session: Session, most: int = 100) -> list[tuple[SetAside, Document, str]]:
    """What is flagged and by whom, oldest first."""
    query = select(SetAside, Document, User.name).join(Document, Document.id == SetAside.document_id)
    query = query.join(User, User.id == SetAside.user_id).where(SetAside.kind == AsideKind.FLAG.value)
    found = session.execute(query.where(SetAside.resolved_at.is_(None)).order_by(SetAside.id).limit(most))
    return [(row, document, name) for row, document, name in found]


def resolve(session: Session, lead: User, document_id: uuid.UUID) -> int:
    """Let a flagged record back into the queue; returns how many flags it had. Raises UsageError for who is no lead."""
    require_lead(lead)
    document = lock(session, document_id)
    closed = session.execute(
        update(SetAside)
        .where(SetAside.document_id == document_id, *_open_flag())
        .values(resolved_at=func.now(), resolved_by=lead.id)
        .returning(SetAside.id)
    ).all()
    document.flagged = False
    audit.note(session, lead.name, "flag resolved", str(document_id), flags=len(closed))
    session.flush()
    return len(closed)


def _open_flag() -> tuple[ColumnElement[bool], ...]:
    return SetAside.kind == AsideKind.FLAG.value, SetAside.resolved_at.is_(None)


def _flags(session: Session, document_id: uuid.UUID) -> bool:
    query = select(SetAside.id).where(SetAside.document_id == document_id, *_open_flag())
    return session.scalar(query.limit(1)) is not None


def _of_key(session: Session, key: uuid.UUID) -> SetAside | None:
    return session.scalars(select(SetAside).where(SetAside.key == key)).first()


def _same(known: SetAside, user: User, document_id: uuid.UUID) -> SetAside:
    if (known.user_id, known.document_id) != (user.id, document_id):
        raise UsageError("این کلید از آنِ مورد دیگری است.")
    return known


def _put(session: Session, user: User, row: SetAside) -> tuple[SetAside, bool]:
    values = {"document_id": row.document_id, "kind": row.kind, "key": row.key, "note": row.note, "user_id": user.id}
    put = insert(SetAside).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(SetAside)
    if new := session.scalars(put).first():
        return new, True
    known = _of_key(session, row.key)
    if known is None:
        raise Conflict("دوباره بفرستید.")
    return _same(known, user, row.document_id), False


def _sound(note: str) -> str:
    """The note as it can be stored."""
    if len(note) > LONGEST_NOTE or any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in note):
        raise UsageError(f"یادداشت حداکثر {LONGEST_NOTE} نویسه دارد و نویسهٔ ناقص نمی‌پذیرد.")
    return note
