"""All that happened to one record: decisions, also undone and blind ones, verdicts, versions, and the audit trail.

For leads alone: whoever is still to decide must not learn here what others decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from storage.models import AuditEvent, Document, Gold, Measurement, Purpose, Review, SetAside, User, Verdict

MOST = 200  # events of one record
BLIND = Purpose.BLIND.value


@dataclass(frozen=True)
class Version:
    """One content of a document that was measured; `present` is the one it has now."""

    content_sha256: str
    measurement: Measurement
    present: bool


@dataclass(frozen=True)
class History:
    """Newest first. Reviews and what was put aside come with the person's name."""

    reviews: Sequence[tuple[Review, str]]
    verdicts: Sequence[Verdict]
    versions: Sequence[Version]
    aside: Sequence[tuple[SetAside, str]]
    gold: Gold | None
    audit: Sequence[AuditEvent]


def of_document(session: Session, document: Document, viewer: User) -> History:
    """Everything about a document, but for a first blind vote that waits for a second, unless it is the viewer's."""
    number = document.id
    blind = document.blind_by is not None and document.blind_by != viewer.id
    reviews = select(Review, User.name).join(User, User.id == Review.user_id).where(Review.document_id == number)
    if blind:
        present = and_(Review.content_sha256 == document.content_sha256, Review.undone_at.is_(None))
        reviews = reviews.where(~and_(Review.purpose == BLIND, present))
    aside = select(SetAside, User.name).join(User, User.id == SetAside.user_id)
    aside = aside.where(SetAside.document_id == number).order_by(SetAside.id.desc())
    verdicts = select(Verdict).where(Verdict.document_id == number).order_by(Verdict.id.desc())
    measured = select(Measurement).where(Measurement.document_id == number).order_by(Measurement.id.desc())
    return History(
        reviews=[(row, name) for row, name in session.execute(reviews.order_by(Review.id.desc()).limit(MOST))],
        verdicts=session.scalars(verdicts.limit(MOST)).all(),
        versions=[
            Version(row.content_sha256, row, row.content_sha256 == document.content_sha256)
            for row in session.scalars(measured.limit(MOST))
        ],
        aside=[(row, name) for row, name in session.execute(aside.limit(MOST))],
        gold=session.get(Gold, number),
        audit=[row for row in events(session, str(number)) if not (blind and row.detail.get("purpose") == BLIND)],
    )


def events(session: Session, *subjects: str) -> Sequence[AuditEvent]:
    """What the audit trail tells of any of these subjects, newest first."""
    query = select(AuditEvent).where(AuditEvent.subject.in_(subjects)).order_by(AuditEvent.id.desc())
    return session.scalars(query.limit(MOST)).all()
