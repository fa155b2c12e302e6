"""One decision about all that a filter finds: previewed, made in one transaction, undone at once.

Left alone is what somebody has open, what is a lead's turn or a question with a known answer, and what is to get two
blind decisions.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, insert, select, update
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import BulkAction, Claim, Decision, Document, Review, State, User, Verdict
from storage.review import leases, showing
from storage.review.counting import counts, of_present_content, verdict_of_present_content
from storage.review.filters import Filters, matching, ordered, waiting
from storage.review.room import overlapping, require_lead, room
from storage.review.words import REASONS, Conflict

MOST = 100_000
CHUNK = 1000
DECIDED = (State.APPROVED.value, State.REJECTED.value)
SAMPLE = 20


@dataclass(frozen=True)
class Preview:
    """How many a bulk action would decide about, counted up to one more than MOST, and when by the database's clock."""

    count: int
    at: dt.datetime


def preview(session: Session, filters: Filters) -> tuple[Preview, list[Document]]:
    """What a bulk action would decide about now, and the first of them."""
    now = session.scalars(select(func.now())).one()
    query = select(Document).where(*_eligible(session, filters, now))
    few = session.scalars(query.order_by(*ordered(filters)).limit(SAMPLE)).all()
    return Preview(_count(session, filters, now), now), list(few)


def act(  # noqa: PLR0913  what a lead saw and wants is all there is to say
    session: Session, user: User, filters: Filters, decision: Decision, reason: str | None, previewed: Preview
) -> BulkAction:
    """Approve or reject all that the filters find, each as it is shown; `documents` of the row is how many.

    What came or changed since the preview is left alone. Raises UsageError for who is no lead, an edit, a reason that
    is none or more than MOST; Conflict where there are more than were previewed by over a hundredth.
    """
    require_lead(user)
    _check(decision, reason)
    count = _count(session, filters, previewed.at)
    if count > MOST:
        raise UsageError(f"بیش از {MOST} مورد یک‌جا پذیرفته نیست؛ صافی را تنگ‌تر کنید.")
    if count > previewed.count * 1.01:
        raise Conflict("شمار موردها از پیش‌نمایش بیشتر شده است؛ دوباره ببینید.")
    words = {"decision": decision.value, "reason": reason}
    made = BulkAction(user_id=user.id, filters=filters.as_json(), documents=0, **words)
    session.add(made)
    session.flush()
    for chunk in _chunks(session, filters, previewed.at):
        made.documents += len(chunk)
        _decide(session, made, chunk)
    audit.note(session, user.name, f"bulk {decision}", f"bulk {made.id}", documents=made.documents, reason=reason)
    session.flush()
    return made


def undo(session: Session, user: User, number: int) -> int:
    """Take back a bulk action; returns how many documents wait again. What was decided since stays as it is.

    One undone before is left as it is: 0. Raises UsageError for who is no lead or an action that does not exist.
    """
    require_lead(user)
    made = session.get(BulkAction, number, with_for_update=True, populate_existing=True)
    if made is None:
        raise UsageError("چنین کار گروهی نیست.")
    if made.undone_at is not None:
        return 0
    made.undone_at = session.scalar(select(func.now()))
    session.flush()
    returned, first = 0, uuid.UUID(int=0)
    of_it = select(Review.document_id).where(Review.bulk_id == number, Review.undone_at.is_(None))
    of_it = of_it.order_by(Review.document_id).limit(CHUNK)
    while ids := session.scalars(of_it.where(Review.document_id > first)).all():
        first = ids[-1]
        returned += _take_back(session, number, ids)
    audit.note(session, user.name, "bulk undone", f"bulk {number}", documents=returned)
    return returned


def _eligible(session: Session, filters: Filters, at: dt.datetime) -> list[ColumnElement[bool]]:
    decided = exists().where(of_present_content(), counts()).correlate(Document)
    single = [Document.blind_by.is_(None), ~overlapping(room(session).overlap_share)]
    judged_since = exists().where(verdict_of_present_content(), Verdict.created_at > at).correlate(Document)
    return [waiting(), *matching(filters), ~leases.held(), ~decided, *single, Document.updated_at <= at, ~judged_since]


def _count(session: Session, filters: Filters, at: dt.datetime) -> int:
    found = select(Document.id).where(*_eligible(session, filters, at)).limit(MOST + 1).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def _check(decision: Decision, reason: str | None) -> None:
    if decision is Decision.EDIT:
        raise UsageError("ویرایش گروهی نیست: تأیید یا رد کنید.")
    if (decision is Decision.REJECT) != (reason in REASONS):
        raise UsageError("رد کردن دلیلی از فهرست می‌خواهد و تأیید دلیلی ندارد.")


def _chunks(session: Session, filters: Filters, at: dt.datetime) -> Iterator[Sequence[Document]]:
    """Locked in the order of ids; what is being decided or claimed this moment is passed by."""
    query = select(Document).where(*_eligible(session, filters, at)).order_by(Document.id).limit(CHUNK)
    query = query.with_for_update(of=Document, skip_locked=True).execution_options(populate_existing=True)
    first = uuid.UUID(int=0)
    for _ in range(MOST // CHUNK):
        chunk = session.scalars(query.where(Document.id > first)).all()
        if not chunk:
            return
        first = chunk[-1].id
        claimed = _claimed(session, [one.id for one in chunk])
        yield [one for one in chunk if one.id not in claimed]
        for document in chunk:
            session.expunge(document)


def _claimed(session: Session, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those claimed after our query looked and before it locked them."""
    return set(session.scalars(select(Claim.document_id).where(leases.among(ids), Claim.expires_at > func.now())))


def _decide(session: Session, made: BulkAction, chunk: Sequence[Document]) -> None:
    if not chunk:
        return
    approves = made.decision == Decision.APPROVE.value
    texts = showing.texts(session, chunk) if approves else {}
    common = {"user_id": made.user_id, "decision": made.decision, "reason": made.reason, "bulk_id": made.id}
    rows = [
        {"document_id": one.id, "content_sha256": one.content_sha256, "text": texts.get(one.id), **common}
        for one in chunk
    ]
    session.execute(insert(Review), rows)
    state = (State.APPROVED if approves else State.REJECTED).value
    put = update(Document).where(Document.id.in_([one.id for one in chunk])).values(state=state)
    session.execute(put.execution_options(synchronize_session=False))


def _take_back(session: Session, number: int, ids: Sequence[uuid.UUID]) -> int:
    """Documents return where this decision was the one that counted; returns how many."""
    session.execute(select(Document.id).where(Document.id.in_(ids)).order_by(Document.id).with_for_update())
    of_it = Review.bulk_id == number, Review.document_id.in_(ids), Review.undone_at.is_(None)
    session.execute(update(Review).where(*of_it).values(undone_at=func.now()))
    own = exists().where(of_present_content(), Review.bulk_id == number).correlate(Document)
    other = exists().where(of_present_content(), counts()).correlate(Document)
    back = update(Document).where(Document.id.in_(ids), Document.state.in_(DECIDED), own, ~other)
    back = back.values(state=State.REVIEW.value).execution_options(synchronize_session=False)
    return len(session.execute(back.returning(Document.id)).all())
