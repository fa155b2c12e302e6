"""The review queue: documents in state `review`, claimed by one person at a time, decided by a row that outranks.

The newest decision about the document's present content counts; earlier ones stay as history.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from storage import audit
from storage.errors import TabibError, UsageError, unknown
from storage.models import Claim, Decision, Document, Recipe, Review, State, User, Verdict
from storage.quarantine import kept_apart

LEASE = dt.timedelta(minutes=10)
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
class Shown:
    """What a person sees of a document: its fields as last approved, else as cleaned, else as read.

    `token` changes with the content, the fields shown, and every decision.
    """

    text: Mapping[str, str]
    token: str


@dataclass(frozen=True)
class Judgement:
    """What a person decided about what they saw, named by its token; `typed` is the text of an edit."""

    decision: Decision
    seen: str
    reason: str | None = None
    typed: Mapping[str, str] | None = None


def shown(session: Session, document: Document) -> Shown:
    """What is shown of a document now."""
    verdict = verdict_of(session, document)
    decisions = [review for review, _ in history(session, document.id)]
    current = [review for review in decisions if review.content_sha256 == document.content_sha256]
    fields = (verdict.measurement.cleaned if verdict else {}) | ((current[0].text or {}) if current else {})
    text = {name: str(fields.get(name) or getattr(document, name) or "") for name in EDITABLE[document.kind]}
    said = [document.content_sha256, text, decisions[0].id if decisions else None]
    return Shown(text, hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest())


def claim_next(session: Session, user_id: int) -> Document | None:
    """The document this person has open, else the next one that nobody has; None when the queue is empty."""
    while document := _next(session, user_id):
        if _lease(session, document.id, user_id):
            return document
    return None


def _next(session: Session, user_id: int) -> Document | None:
    now = dt.datetime.now(dt.UTC)
    held = select(Claim).where(Claim.document_id == Document.id, Claim.expires_at > now)
    own, free = held.where(Claim.user_id == user_id).exists(), ~held.exists()
    waiting = select(Document).where(Document.state == State.REVIEW.value, or_(own, free), ~kept_apart())
    first = waiting.order_by(own.desc(), Document.priority.desc(), Document.created_at, Document.id).limit(1)
    # This lock passes by what is being decided, and neither what cleaning updates nor what another looks at.
    return session.scalars(first.with_for_update(read=True, key_share=True, skip_locked=True)).first()


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
    """Record a decision with the text it approves.

    Raises Conflict when what is shown has changed, someone decided, or another has claimed it since.
    """
    document = session.get(Document, document_id, with_for_update=True, populate_existing=True)
    if document is None:
        raise UsageError(f"there is no document {document_id}")
    now = shown(session, document)
    if judgement.seen != now.token:
        raise Conflict("این مورد پس از نمایش تغییر کرده یا دربارهٔ آن تصمیمی گرفته شده است؛ دوباره ببینید.")
    _check(document, judgement)
    holder = session.get(Claim, document_id)
    if holder and holder.user_id != user.id and holder.expires_at > dt.datetime.now(dt.UTC):
        raise Conflict("این مورد اکنون نزد همکار دیگری باز است.")
    review = Review(
        document_id=document_id,
        user_id=user.id,
        content_sha256=document.content_sha256,
        decision=judgement.decision.value,
        reason=judgement.reason,
        text=_approved(judgement, now),
    )
    session.add(review)
    document.state = (State.REJECTED if judgement.decision is Decision.REJECT else State.APPROVED).value
    session.execute(delete(Claim).where(Claim.document_id == document_id))
    audit.note(session, user.name, f"review {judgement.decision}", str(document_id), reason=judgement.reason)
    session.flush()
    return review


def _approved(judgement: Judgement, now: Shown) -> dict[str, str] | None:
    if judgement.decision is Decision.REJECT:
        return None
    return dict((judgement.typed or {}) if judgement.decision is Decision.EDIT else now.text)


def _check(document: Document, judgement: Judgement) -> None:
    if judgement.decision is Decision.REJECT and judgement.reason not in REASONS:
        raise unknown("reason", str(judgement.reason), REASONS)
    if judgement.decision is Decision.EDIT:
        fields = judgement.typed or {}
        if any("\x00" in text for text in fields.values()):
            raise UsageError("نویسهٔ NUL در متن پذیرفته نیست.")
        if set(fields) != set(EDITABLE[document.kind]) or not all(text.strip() for text in fields.values()):
            raise UsageError("در ویرایش هیچ بخشی نباید خالی باشد.")


def history(session: Session, document_id: uuid.UUID) -> list[tuple[Review, str]]:
    """Every decision about a document with its author's name, newest first."""
    query = select(Review, User.name).join(User).where(Review.document_id == document_id).order_by(Review.id.desc())
    return [(review, name) for review, name in session.execute(query)]


def verdict_of(session: Session, document: Document) -> Verdict | None:
    """The verdict about the document's present content by the recipe that judged last."""
    query = select(Verdict).where(Verdict.document_id == document.id, Verdict.content_sha256 == document.content_sha256)
    query = query.join(Recipe, Recipe.sha256 == Verdict.recipe_sha256).order_by(
        Recipe.used_at.desc(), Verdict.id.desc()
    )
    return session.scalars(query.options(joinedload(Verdict.measurement)).limit(1)).first()


def counts(session: Session) -> dict[str, int]:
    """Documents by state."""
    query = select(Document.state, func.count()).group_by(Document.state)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {state.value: found.get(state.value, 0) for state in State}
