"""What a record's page shows: its text as cleaned and as read, why it is here, who decided what."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from infra.admin.language import words
from infra.admin.room.why import figures, finding
from storage.models import Document, Review, State, User
from storage.review.facts import facts
from storage.review.showing import history, shown_as, verdict_of

LABELS = {"title": "title_part", "question": "question", "answer": "answer", "text": "text"}


@dataclass(frozen=True)
class Part:
    """One text of a record: `shown` as last approved, else as cleaned, `raw` as read from the page."""

    name: str
    label: str
    shown: str
    raw: str


@dataclass(frozen=True)
class Decided:
    """One line of a record's history; `current` is about the present content."""

    by: str
    at: dt.datetime
    decision: str
    reason: str | None
    current: bool
    undone: bool


@dataclass(frozen=True)
class Record:
    """Everything the record page needs, read in one transaction."""

    id: uuid.UUID
    kind: str
    source: str
    url: str
    state: str
    seen: str
    heading: str | None
    doctor: str | None
    speciality: str | None
    published_at: dt.date | None
    parts: tuple[Part, ...]
    why: str
    measures: list[str]
    history: tuple[Decided, ...]
    typed: Mapping[str, str] | None = None


def load(session: Session, number: uuid.UUID, user: User, language: str) -> Record | None:
    """The record of a document as this person may see it; None when there is none.

    Of a question with a known answer nobody's decision is told.
    """
    document = session.get(Document, number)
    if document is None:
        return None
    known = facts(session, [number], user.id)[number]
    asked = known.asked(user)
    verdict, shown = verdict_of(session, document), shown_as(document, known, asked)
    told = [] if asked else history(session, number)
    return Record(
        id=document.id,
        kind=document.kind,
        source=document.source,
        url=document.url,
        state=State.REVIEW.value if asked else document.state,
        seen=shown.token,
        heading=document.title if document.kind == "qa" else None,
        doctor=document.doctor,
        speciality=document.speciality,
        published_at=document.published_at,
        parts=_parts(document, shown.text, language),
        why=finding(verdict, language),
        measures=figures(verdict, language),
        history=tuple(_decided(review, name, document) for review, name in told),
    )


def _parts(document: Document, shown: Mapping[str, str], language: str) -> tuple[Part, ...]:
    said = words(language)["room"]
    return tuple(Part(name, said[LABELS[name]], text, getattr(document, name) or "") for name, text in shown.items())


def _decided(review: Review, name: str, document: Document) -> Decided:
    current, undone = review.content_sha256 == document.content_sha256, review.undone_at is not None
    return Decided(name, review.created_at, review.decision, review.reason, current, undone)
