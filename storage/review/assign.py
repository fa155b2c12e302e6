"""What leads decide about the queue itself: whose a record is, what is urgent, what is to be judged again."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Document, Gold, Purpose, Review, State, User
from storage.review import leases
from storage.review.counting import of_present_content
from storage.review.filters import Filters, matching, ordered, waiting
from storage.review.leases import within
from storage.review.room import require_lead
from storage.review.words import REVIEWERS

MOST = 100_000
URGENCIES = range(-100, 101)


def assign(session: Session, lead: User, filters: Filters, user: User | None) -> int:
    """Give what the filters find to one person alone, or with None to everybody again; returns how many were given.

    What another has open stays open until their lease ends. Raises UsageError for who is no lead, or a person who was
    deactivated or reviews nothing.
    """
    require_lead(lead)
    if user is not None and not session.scalar(select(User.active).where(User.id == user.id)):
        raise UsageError("این حساب فعال نیست.")
    if user is not None and user.role not in REVIEWERS:
        raise UsageError("این نقش موردی بررسی نمی‌کند.")
    number = user.id if user else None
    changed = Document.assignee_id.is_distinct_from(number)
    able = Document.blind_by.is_(None) | (Document.blind_by != number)  # who gave the first decision gives no second
    given = _set(session, filters, changed & able if user else changed, {"assignee_id": number})
    audit.note(session, lead.name, "assigned", user.name if user else "everybody", documents=given, **_told(filters))
    return given


def urgency(session: Session, lead: User, filters: Filters, value: int) -> int:
    """Make what the filters find more or less urgent than 0; returns how many records changed.

    Raises UsageError for who is no lead or a value outside URGENCIES.
    """
    require_lead(lead)
    if value not in URGENCIES:
        raise UsageError("فوریت عددی از ۱۰۰- تا ۱۰۰ است.")
    changed = _set(session, filters, Document.urgency != value, {"urgency": value})
    audit.note(session, lead.name, "urgency set", str(value), documents=changed, **_told(filters))
    return changed


def requeue(session: Session, lead: User, document_ids: Sequence[uuid.UUID]) -> int:
    """Have records judged anew, whatever their state and the recipe's verdict; returns how many went back.

    Decisions about their present content count no longer. What is open with someone or a question with a known answer
    stays as it is. Raises UsageError for who is no lead.
    """
    require_lead(lead)
    gold = select(Gold.document_id)
    query = select(Document).where(within(Document.id, document_ids), Document.id.not_in(gold), ~leases.held())
    documents = session.scalars(query.order_by(Document.id).with_for_update(of=Document)).all()
    ids = [document.id for document in documents]
    stands = of_present_content(), within(Review.document_id, ids), Review.undone_at.is_(None)
    undone = update(Review).where(*stands, Review.purpose != Purpose.GOLD.value).values(undone_at=func.now())
    session.execute(undone.execution_options(synchronize_session=False))
    back = {"state": State.REVIEW.value, "recalled": True, "blind_by": None, "disputed": False}
    for document in documents:
        for name, value in back.items():
            setattr(document, name, value)
        audit.note(session, lead.name, "review asked again", str(document.id))
    session.flush()
    return len(ids)


def _set(session: Session, filters: Filters, changed: ColumnElement[bool], values: dict[str, Any]) -> int:
    """Change the first MOST of what waits. Rows are locked in the order of ids; nothing about a text changes."""
    due = select(Document.id).where(waiting(), *matching(filters), changed).order_by(*ordered(filters)).limit(MOST)
    locked = select(Document.id).where(Document.id.in_(due)).order_by(Document.id).with_for_update(key_share=True)
    ids = session.scalars(locked).all()
    put = update(Document).where(within(Document.id, ids)).values(values | {"updated_at": Document.updated_at})
    session.execute(put.execution_options(synchronize_session=False))
    return len(ids)


def _told(filters: Filters) -> dict[str, Any]:
    return {"filters": filters.as_json()}
