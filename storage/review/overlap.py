"""Two blind decisions of a share of the documents: the first waits, the second settles or disputes, a lead ends it."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.models import Decision, Document, Purpose, Review, State, User
from storage.quarantine import kept_apart
from storage.review.counting import counts, of_present_content
from storage.review.facts import Facts
from storage.review.filters import in_review
from storage.review.room import Room, overlaps
from storage.review.words import LEADS, Conflict

Said = tuple[str, dict[str, str] | None]
"""A decision and the text it approves."""


def purpose_of(document: Document, user: User, said: Said, known: Facts) -> Purpose:
    """What a decision about a locked document would be for. For one person alone a second would be waited for for ever.

    Raises Conflict where it is a lead's turn, this person has given the first of two blind ones, or another's decision
    stands: only leads overrule that.
    """
    if document.state != State.REVIEW.value or known.decision is not None:
        if user.role not in LEADS and known.decider != user.id:
            raise Conflict("این مورد در صف شما نیست؛ دربارهٔ آن تصمیم گرفته شده است.")
        return Purpose.DECISION
    if document.disputed or document.flagged:
        if user.role not in LEADS:
            raise Conflict("این مورد در انتظار سرپرست است.")
        return Purpose.DECISION
    if document.blind_by == user.id:
        raise Conflict("رأی شما دربارهٔ این مورد پیش‌تر ثبت شده است.")
    if document.blind_by is not None and known.vote is not None:
        first = (known.vote, dict(known.voted) if known.voted is not None else None)
        return Purpose.DECISION if agree(said, first) else Purpose.BLIND
    share = Room.overlap_share if known.overlap_share is None else known.overlap_share
    return Purpose.BLIND if known.others and overlaps(document.id, share) else Purpose.DECISION


def blindly(document: Document, purpose: Purpose) -> bool:
    """Whether a decision of that purpose, not yet stored, is one of two blind ones: also the second, which settles.

    No lead's is that answers a dispute or a flag: they may have read what was said.
    """
    second = document.blind_by is not None and not document.flagged and document.state == State.REVIEW.value
    return purpose is Purpose.BLIND or (purpose is Purpose.DECISION and second)


def agree(one: Said, other: Said) -> bool:
    """The same decision: a rejection for whatever reason, an edit with the same text."""
    return one[0] == other[0] and (one[0] != Decision.EDIT.value or one[1] == other[1])


def votes(session: Session, document: Document) -> list[Review]:
    """The blind decisions about a document's present content that wait, oldest first."""
    mine = Review.document_id == document.id, Review.content_sha256 == document.content_sha256
    blind = Review.purpose == Purpose.BLIND.value, Review.undone_at.is_(None)
    return list(session.scalars(select(Review).where(*mine, *blind).order_by(Review.id)))


def stand(session: Session, document: Document) -> None:
    """Bring what the document's row says of waiting blind decisions in line with them."""
    waiting = [] if _decided(session, document) else votes(session, document)
    document.blind_by = waiting[0].user_id if len(waiting) == 1 else None
    document.disputed = len(waiting) > 1
    if document.blind_by is not None and document.blind_by == document.assignee_id:
        document.assignee_id = None  # the second is another's


def disputed(session: Session, most: int = 100) -> list[tuple[Document, list[Review]]]:
    """Documents whose two blind decisions differ, with them: a lead's ordinary decision ends it."""
    query = select(Document).where(in_review(), Document.disputed | Document.flagged, Document.disputed, ~kept_apart())
    found = session.scalars(query.order_by(Document.id).limit(most)).all()
    return [(document, votes(session, document)) for document in found]


def _decided(session: Session, document: Document) -> bool:
    return session.scalar(select(Review.id).join(Document, of_present_content()).where(*_counted(document))) is not None


def _counted(document: Document) -> tuple[ColumnElement[bool], ...]:
    return (Document.id == document.id, counts())
