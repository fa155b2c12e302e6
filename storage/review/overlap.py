"""Two blind decisions of a share of the documents: the first waits, the second settles or disputes, a lead ends it."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.models import Decision, Document, Purpose, Review, State, User
from storage.quarantine import kept_apart
from storage.review.counting import counts, of_present_content
from storage.review.filters import in_review
from storage.review.room import overlaps, room
from storage.review.words import LEADS, Conflict

Said = tuple[str, dict[str, str] | None]
"""A decision and the text it approves."""


def purpose_of(session: Session, document: Document, user: User, said: Said) -> Purpose:
    """What a decision about a locked document would be for.

    Raises Conflict where it is a lead's turn, or this person has given the first of two blind ones.
    """
    if document.state != State.REVIEW.value or _decided(session, document):
        return Purpose.DECISION
    if document.disputed or document.flagged:
        if user.role not in LEADS:
            raise Conflict("این مورد در انتظار سرپرست است.")
        return Purpose.DECISION
    if document.blind_by == user.id:
        raise Conflict("رأی شما دربارهٔ این مورد پیش‌تر ثبت شده است.")
    if document.blind_by is not None:
        first = votes(session, document)[0]
        return Purpose.DECISION if agree(said, (first.decision, first.text)) else Purpose.BLIND
    twice = overlaps(document.id, room(session).overlap_share) and _somebody_else(session, user)
    return Purpose.BLIND if twice else Purpose.DECISION


def _somebody_else(session: Session, user: User) -> bool:
    """Whether there is anybody to give a second decision: for one person alone it would wait for ever."""
    return session.scalar(select(User.id).where(User.active, User.id != user.id).limit(1)) is not None


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
