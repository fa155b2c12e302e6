"""Questions with a known answer, given like any other record: what an annotator answers changes nothing else."""

import math
import uuid
from dataclasses import dataclass

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from storage import audit
from storage.errors import UsageError
from storage.models import Claim, Decision, Document, Gold, Purpose, Review, RoomSettings, User
from storage.quarantine import kept_apart
from storage.review.counting import of_present_content
from storage.review.leases import PERSON
from storage.review.room import Room, require_lead
from storage.review.skips import skipped
from storage.review.words import REASONS

HELD: BindParameter[int] = bindparam("held", type_=Integer)
"""How many records a person has open, for `due`."""
Z95 = 1.959963984540054  # the normal distribution's 97.5 % quantile


@dataclass(frozen=True)
class Answer:
    """The right decision of a record, its reason where it is a rejection, and why, in Persian and English."""

    decision: Decision
    reason: str | None
    explanation_fa: str
    explanation_en: str


@dataclass(frozen=True)
class Accuracy:
    """How many questions a person answered and how many rightly, with Wilson's 95 % interval; 0 to 1 of none."""

    answered: int
    right: int
    low: float
    high: float


def mark(session: Session, lead: User, document_id: uuid.UUID, answer: Answer) -> Gold:
    """Make a record a question with a known answer, for its present content, or change the answer.

    It leaves the queue. Raises UsageError for an unknown record or reason, or who is no lead.
    """
    require_lead(lead)
    document = session.get(Document, document_id, with_for_update=True)
    if document is None:
        raise UsageError("چنین موردی نیست.")
    if (answer.decision is Decision.REJECT) != (answer.reason in REASONS):
        raise UsageError("رد کردن دلیلی از فهرست می‌خواهد و تصمیم‌های دیگر دلیلی ندارند.")
    values = {**vars(answer), "content_sha256": document.content_sha256, "by": lead.id, "at": func.now()}
    put = insert(Gold).values(document_id=document_id, **values)
    put = put.on_conflict_do_update(index_elements=["document_id"], set_=values)
    audit.note(session, lead.name, "gold marked", str(document_id), decision=answer.decision, reason=answer.reason)
    session.execute(put)
    return session.get_one(Gold, document_id, populate_existing=True)


def unmark(session: Session, lead: User, document_id: uuid.UUID) -> None:
    """Make it an ordinary record again; answers given stay as they are."""
    require_lead(lead)
    session.execute(delete(Gold).where(Gold.document_id == document_id))
    audit.note(session, lead.name, "gold unmarked", str(document_id))


def is_gold() -> ColumnElement[bool]:
    """Whether a document's present content is a question with a known answer, for a query of documents."""
    of = and_(Gold.document_id == Document.id, Gold.content_sha256 == Document.content_sha256)
    return exists().where(of).correlate(Document)


def nexts(*conditions: ColumnElement[bool]) -> Select[uuid.UUID]:
    """A question that PERSON has not answered and nobody has open, each person's in an order of their own."""
    order = func.hashtextextended(func.concat(Document.id, PERSON), 0)
    query = select(Document.id).where(is_gold(), ~_answered(), ~skipped(PERSON))
    query = query.where(~kept_apart(), ~Document.flagged, *conditions)
    query = query.where(~exists().where(Claim.document_id == Document.id)).order_by(order, Document.id)
    return query.limit(1).with_for_update(key_share=True, read=True, skip_locked=True)


def due() -> ColumnElement[bool]:
    """Whether the next but HELD of PERSON's decisions is to be a question: every so many is one, if none is open."""
    every = func.coalesce(select(RoomSettings.gold_every).scalar_subquery(), Room.gold_every)
    of_user = and_(Review.user_id == PERSON, Review.undone_at.is_(None))
    last = select(func.max(Review.id)).where(of_user, Review.purpose == Purpose.GOLD.value).scalar_subquery()
    since = select(Review.id).where(of_user, or_(last.is_(None), Review.id > last), Review.bulk_id.is_(None))
    recent = since.order_by(Review.id.desc()).limit(every).subquery()
    made = select(func.count()).select_from(recent).scalar_subquery()
    opened = exists().where(Claim.user_id == PERSON, Document.id == Claim.document_id, is_gold())
    return and_(made + HELD >= every - 1, ~opened)


def answered(session: Session, user: User) -> Accuracy:
    """How a person answered so far."""
    return accuracies(session, Review.user_id == user.id).get(user.id, Accuracy(0, 0, *wilson(0, 0)))


def accuracies(session: Session, *conditions: ColumnElement[bool]) -> dict[int, Accuracy]:
    """How each person answered, ever, by the person's id; of answers that meet the conditions.

    Right is the same decision, of a rejection with the same reason. The first answer to a question is the one that
    counts, also where it was taken back.
    """
    right = and_(Review.decision == Gold.decision, Gold.reason.is_not_distinct_from(Review.reason))
    same = and_(Gold.document_id == Review.document_id, Gold.content_sha256 == Review.content_sha256)
    query = select(Review.user_id, func.count(), func.count().filter(right)).join(Gold, same)
    earlier = aliased(Review)
    same_person = and_(earlier.user_id == Review.user_id, earlier.document_id == Review.document_id)
    before = and_(same_person, earlier.purpose == Purpose.GOLD.value, earlier.id < Review.id)
    first = ~exists().where(before, earlier.content_sha256 == Review.content_sha256).correlate(Review)
    query = query.where(Review.purpose == Purpose.GOLD.value, first, *conditions)
    found = session.execute(query.group_by(Review.user_id))
    return {number: Accuracy(total, good, *wilson(good, total)) for number, total, good in found}


def wilson(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927, JASA 22: 209-212)."""
    if total == 0:
        return 0.0, 1.0
    share, square = right / total, Z95 * Z95
    middle, width = share + square / (2 * total), Z95 * math.sqrt((share * (1 - share) + square / (4 * total)) / total)
    return max(0.0, (middle - width) / (1 + square / total)), min(1.0, (middle + width) / (1 + square / total))


def _answered() -> ColumnElement[bool]:
    """Also whoever decided about it before it became a question knows it."""
    mine = and_(Review.user_id == PERSON, Review.undone_at.is_(None))
    return exists().where(of_present_content(), mine).correlate(Document)
