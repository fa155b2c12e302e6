"""One decision, stored once however often it is sent, and its undoing."""

import uuid
from collections.abc import Mapping

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import AsideKind, Claim, Decision, Document, Purpose, Review, SetAside, State, User
from storage.review import leases, overlap
from storage.review.facts import Facts, facts
from storage.review.showing import decision_of, shown_as
from storage.review.words import REVIEWERS, Conflict, Judgement, Shown, check


def decide(session: Session, document_id: uuid.UUID, user: User, judgement: Judgement) -> Review:
    """Record a decision with the text it approves; one whose key was sent before is returned as it was made.

    Who was away for longer than a lease is still heard, though a colleague may have the record open by now: it goes
    from that one's queue. Raises Conflict when what is shown has changed or someone decided; UsageError when the words
    are wrong or the key was another decision's.
    """
    document = lock(session, document_id)
    known = facts(session, [document_id], user.id, judgement.key)[document_id]
    if known.sent and judgement.key is not None:
        return _same(_of_key(session, judgement.key), document_id, user)
    asked = known.asked(user)
    now = shown_as(document, known, asked)
    if judgement.seen != now.token:
        raise Conflict("این مورد پس از نمایش تغییر کرده یا دربارهٔ آن تصمیمی گرفته شده است؛ دوباره ببینید.")
    check(document.kind, judgement, now.text)
    _admit(known)
    text = _approved(judgement, now)
    said = (judgement.decision.value, text)
    purpose = Purpose.GOLD if asked else overlap.purpose_of(document, user, said, known)
    blind = overlap.blindly(document, purpose)
    review = _add(session, document, user, (judgement, purpose, blind, text))
    _settle(session, document, review)
    return review


def bring(session: Session, document: Document, review: Review) -> None:
    """Store a decision made elsewhere about a locked document: it counts at once, without a second blind vote."""
    session.add(review)
    session.flush()
    session.refresh(review)
    _settle(session, document, review)


def lock(session: Session, document_id: uuid.UUID) -> Document:
    """The document, locked against other decisions and claims. Raises Conflict when it is gone, as one forgotten."""
    document = session.get(Document, document_id, with_for_update=True, populate_existing=True)
    if document is None:
        raise Conflict("این مورد دیگر در دسترس نیست.")
    return document


def undo(session: Session, user: User, key: uuid.UUID) -> Review:
    """Take back an own decision, however old; the document goes back to the queue and is open to that person.

    Where an earlier decision stands, that counts again. One undone before is returned as it is. Raises UsageError for a
    key of no own decision, Conflict when someone decided since or has it open.
    """
    found = _of_key(session, key)
    if found is None or found.user_id != user.id:
        raise UsageError("چنین تصمیمی از شما ثبت نشده است.")
    document = lock(session, found.document_id)
    session.refresh(found)
    if found.undone_at is not None:
        return found
    if found.content_sha256 == document.content_sha256:
        _open_again(session, found)
    take_back(session, document, found)
    audit.note(session, user.name, "review undone", str(document.id), purpose=found.purpose)
    if document.state != State.REVIEW.value and found.purpose != Purpose.GOLD.value:
        leases.give_back(session, user.id, leases.among([document.id]))
    return found


def take_back(session: Session, document: Document, review: Review) -> None:
    """Mark a decision about a locked document as undone and let what stands without it count."""
    review.undone_at = session.scalar(select(func.now()))
    review.blind = False  # what its author no longer says is compared with nobody's
    session.flush()
    if review.purpose == Purpose.GOLD.value or review.content_sha256 != document.content_sha256:
        return
    _reopen_flags(session, document, review)
    overlap.stand(session, document)
    before = decision_of(session, document)
    document.state = _state_after(before) if before else State.REVIEW.value
    session.flush()


def left_alone(session: Session) -> None:
    """Where one reviewer is left, let that one's votes count that wait for another's."""
    rest = session.scalars(select(User.id).where(User.active, User.role.in_(REVIEWERS)).limit(2)).all()
    if len(rest) != 1:
        return
    theirs = select(Document).where(Document.state == State.REVIEW.value, Document.blind_by == rest[0])
    for document in session.scalars(theirs.order_by(Document.id).with_for_update()).all():
        for vote in overlap.votes(session, document):
            vote.purpose = Purpose.DECISION.value
            _settle(session, document, vote)


def _of_key(session: Session, key: uuid.UUID) -> Review | None:
    return session.scalars(select(Review).where(Review.key == key)).first()


_PUT = insert(Review).on_conflict_do_nothing(index_elements=["key"]).returning(Review)
_END = delete(Claim).where(Claim.document_id == bindparam("document")).execution_options(synchronize_session=False)


def _same(made: Review | None, document_id: uuid.UUID, user: User) -> Review:
    if made is None or (made.document_id, made.user_id) != (document_id, user.id):
        raise UsageError("این کلید از آنِ تصمیم دیگری است.")
    return made


def _admit(known: Facts) -> None:
    """Raises Conflict where this person may not decide about this document now."""
    if not known.active:
        raise Conflict("این حساب دیگر فعال نیست.")
    if known.quarantined:
        raise Conflict("این مورد فعلاً کنار گذاشته شده است.")


def _approved(judgement: Judgement, now: Shown) -> dict[str, str] | None:
    if judgement.decision is Decision.REJECT:
        return None
    return dict((judgement.typed or {}) if judgement.decision is Decision.EDIT else now.text)


def _add(
    session: Session, document: Document, user: User, made: tuple[Judgement, Purpose, bool, Mapping[str, str] | None]
) -> Review:
    judgement, purpose, blind, text = made
    values = {
        "document_id": document.id,
        "user_id": user.id,
        "content_sha256": document.content_sha256,
        "decision": judgement.decision.value,
        "reason": judgement.reason if judgement.decision is Decision.REJECT else None,
        "text": text,
        "key": judgement.key,
        "seconds": judgement.seconds,
        "purpose": purpose.value,
        "blind": blind,
    }
    review = session.scalars(_PUT, values).first()
    if review is None:  # sent for two documents at once: their locks are two
        raise UsageError("این کلید از آنِ تصمیم دیگری است.")
    action = "gold answered" if purpose is Purpose.GOLD else f"review {judgement.decision}"
    detail = {"reason": review.reason} | ({"purpose": purpose.value} if purpose is Purpose.BLIND else {})
    audit.note(session, user.name, action, str(document.id), **detail)
    return review


def _settle(session: Session, document: Document, review: Review) -> None:
    """Give the document the state that the decision leaves it in, and end its claim."""
    if review.purpose == Purpose.GOLD.value:
        leases.give_back(session, review.user_id, leases.among([document.id]))
        return
    session.execute(_END, {"document": document.id})
    if review.purpose == Purpose.BLIND.value:
        overlap.stand(session, document)
    else:
        document.blind_by, document.disputed = None, False
        document.state = _state_after(review)
        _resolve_flags(session, document, review)
    session.flush()


def _state_after(review: Review) -> str:
    return (State.REJECTED if review.decision == Decision.REJECT.value else State.APPROVED).value


def _open_again(session: Session, review: Review) -> None:
    """Lease the record to the author of a decision about it.

    Raises Conflict when somebody else decided about the same content since, or has it open: a question with a known
    answer may be open with another.
    """
    gold_answer = review.purpose == Purpose.GOLD.value
    if not gold_answer and _decided_since(session, review):
        raise Conflict("پس از شما همکار دیگری دربارهٔ این مورد تصمیم گرفته است.")
    if not leases.lease(session, review.document_id, review.user_id) and not gold_answer:
        raise Conflict("این مورد اکنون نزد همکار دیگری باز است.")


def _decided_since(session: Session, review: Review) -> bool:
    """Whether somebody else decided about the same content later."""
    of = (Review.document_id == review.document_id, Review.content_sha256 == review.content_sha256)
    later = (Review.id > review.id, Review.user_id != review.user_id, Review.undone_at.is_(None))
    query = select(Review.id).where(*of, *later, Review.purpose != Purpose.GOLD.value)
    return session.scalar(query.limit(1)) is not None


def _resolve_flags(session: Session, document: Document, review: Review) -> None:
    """A lead's decision answers what was flagged."""
    if not document.flagged:
        return
    document.flagged = False
    flags = SetAside.document_id == document.id, SetAside.kind == AsideKind.FLAG.value, SetAside.resolved_at.is_(None)
    answered = {"resolved_at": review.created_at, "resolved_by": review.user_id}
    session.execute(update(SetAside).where(*flags).values(answered))


def _reopen_flags(session: Session, document: Document, review: Review) -> None:
    """Those that this very decision answered."""
    flags = SetAside.document_id == document.id, SetAside.kind == AsideKind.FLAG.value
    by_it = SetAside.resolved_at == review.created_at, SetAside.resolved_by == review.user_id
    again = update(SetAside).where(*flags, *by_it).values(resolved_at=None, resolved_by=None).returning(SetAside.id)
    document.flagged = document.flagged or session.execute(again).first() is not None
