"""The review queue: documents in state `review`, claimed by one person at a time, decided by a row that outranks.

The newest decision about the document's present content counts; earlier ones stay as history.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import TabibError, UsageError, unknown
from storage.models import Claim, Decision, Document, Review, State, User, Verdict

LEASE = dt.timedelta(minutes=10)
TRIES = 8  # candidates looked at for one claim: as many others may have taken one in the same instant
REASONS: Mapping[str, str] = {
    "too-short": "کوتاه یا بی‌محتوا",
    "referral-only": "فقط ارجاع به پزشک",
    "wrong-answer": "نادرست یا خطرناک",
    "other-question": "پاسخ پرسشی دیگر",
    "personal-data": "اطلاعات شخصی",
    "advertisement": "تبلیغ",
    "unreadable": "ناخوانا یا به‌هم‌ریخته",
    "other": "دلیل دیگر",
}
EDITABLE = {"qa": ("question", "answer"), "article": ("title", "text")}


class Conflict(TabibError):
    """The document changed, or went to someone else, since it was shown."""


@dataclass(frozen=True)
class Judgement:
    """What a person decided about the content they were shown, `content_sha256`."""

    decision: Decision
    content_sha256: str
    reason: str | None = None
    edited: Mapping[str, str] | None = None


def claim_next(session: Session, user_id: int) -> Document | None:
    """The document this person has open, else the next one that nobody has; None when the queue is empty."""
    now = dt.datetime.now(dt.UTC)
    free = ~select(Claim).where(Claim.document_id == Document.id, Claim.expires_at > now).exists()
    own = (
        select(Claim).where(Claim.document_id == Document.id, Claim.user_id == user_id, Claim.expires_at > now).exists()
    )
    waiting = select(Document).where(Document.state == State.REVIEW.value, or_(own, free))
    order = (own.desc(), Document.created_at, Document.id)
    for document in session.scalars(waiting.order_by(*order).limit(TRIES).with_for_update(skip_locked=True)):
        if _lease(session, document.id, user_id):
            return document
    return None


def _lease(session: Session, document_id: uuid.UUID, user_id: int) -> bool:
    """Take or renew the claim; False when another took it after our query looked."""
    now = dt.datetime.now(dt.UTC)
    values = {"user_id": user_id, "expires_at": now + LEASE}
    put = insert(Claim).values(document_id=document_id, **values)
    takeable = or_(Claim.user_id == user_id, Claim.expires_at <= now)
    taken = put.on_conflict_do_update(index_elements=["document_id"], set_=values, where=takeable)
    return session.execute(taken.returning(Claim.document_id)).first() is not None


def release(session: Session, user_id: int) -> None:
    """Give back what this person had open."""
    session.execute(delete(Claim).where(Claim.user_id == user_id))


def decide(session: Session, document_id: uuid.UUID, user: User, judgement: Judgement) -> Review:
    """Record a decision. Raises Conflict when the content changed or another has claimed it since."""
    document = session.get(Document, document_id, with_for_update=True)
    if document is None:
        raise UsageError(f"there is no document {document_id}")
    _check(document, judgement)
    holder = session.get(Claim, document_id)
    if holder and holder.user_id != user.id and holder.expires_at > dt.datetime.now(dt.UTC):
        raise Conflict("این مورد اکنون نزد همکار دیگری باز است.")
    review = Review(
        document_id=document_id,
        user_id=user.id,
        content_sha256=judgement.content_sha256,
        decision=judgement.decision.value,
        reason=judgement.reason,
        edited=dict(judgement.edited) if judgement.edited else None,
    )
    session.add(review)
    document.state = (State.REJECTED if judgement.decision is Decision.REJECT else State.APPROVED).value
    session.execute(delete(Claim).where(Claim.document_id == document_id))
    audit.note(session, user.name, f"review {judgement.decision}", str(document_id), reason=judgement.reason)
    session.flush()
    return review


def _check(document: Document, judgement: Judgement) -> None:
    if judgement.content_sha256 != document.content_sha256:
        raise Conflict("متن این مورد پس از نمایش تغییر کرده است؛ دوباره ببینید.")
    if judgement.decision is Decision.REJECT and judgement.reason not in REASONS:
        raise unknown("reason", str(judgement.reason), REASONS)
    if judgement.decision is Decision.EDIT:
        fields = judgement.edited or {}
        if any("\x00" in text for text in fields.values()):
            raise UsageError("نویسهٔ NUL در متن پذیرفته نیست.")
        if set(fields) != set(EDITABLE[document.kind]) or not all(text.strip() for text in fields.values()):
            raise UsageError("در ویرایش هیچ بخشی نباید خالی باشد.")


def history(session: Session, document_id: uuid.UUID) -> list[tuple[Review, str]]:
    """Every decision about a document with its author's name, newest first."""
    query = select(Review, User.name).join(User).where(Review.document_id == document_id).order_by(Review.id.desc())
    return [(review, name) for review, name in session.execute(query)]


def verdict_of(session: Session, document: Document) -> Verdict | None:
    """The newest verdict about the document's present content."""
    query = select(Verdict).where(Verdict.document_id == document.id, Verdict.content_sha256 == document.content_sha256)
    return session.scalars(query.order_by(Verdict.id.desc())).first()


def counts(session: Session) -> dict[str, int]:
    """Documents by state."""
    query = select(Document.state, func.count()).group_by(Document.state)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {state.value: found.get(state.value, 0) for state in State}
