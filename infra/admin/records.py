"""What a page shows of a document: its text as cleaned and as read, why it is here, who decided what."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from storage.models import Document, Purpose, Review, User
from storage.review import gold, showing

LABELS = {"title": "عنوان", "question": "پرسش", "answer": "پاسخ", "text": "متن"}


@dataclass(frozen=True)
class Part:
    """One text of a record: `shown` as last approved, else as cleaned, `raw` as read from the page."""

    name: str
    label: str
    shown: str
    raw: str


@dataclass(frozen=True)
class Decided:
    """One line of a record's history."""

    by: str
    at: dt.datetime
    decision: str
    reason: str | None
    current: bool


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
    reason: str | None
    measure: dict[str, Any]
    history: tuple[Decided, ...]
    typed: Mapping[str, str] | None = None


def load(session: Session, number: uuid.UUID, user: User) -> Record | None:
    """The record of a document as this person may see it, or None; of a question to them nobody's decision is told."""
    document = session.get(Document, number)
    if document is None:
        return None
    verdict = showing.verdict_of(session, document)
    decisions = [] if gold.asked(session, document, user) else showing.history(session, number)
    shown = showing.shown_to(session, document, user)
    return Record(
        id=document.id,
        kind=document.kind,
        source=document.source,
        url=document.url,
        state=document.state,
        seen=shown.token,
        heading=document.title if document.kind == "qa" else None,
        doctor=document.doctor,
        speciality=document.speciality,
        published_at=document.published_at,
        parts=_parts(document, shown.text),
        reason=verdict.reason if verdict else None,
        measure=verdict.measure if verdict else {},
        history=tuple(
            Decided(name, review.created_at, review.decision, review.reason, _stands(review, document))
            for review, name in decisions
        ),
    )


def _stands(review: Review, document: Document) -> bool:
    of_present = review.content_sha256 == document.content_sha256
    return of_present and review.purpose == Purpose.DECISION and review.undone_at is None


def _parts(document: Document, shown: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(Part(name, LABELS[name], text, getattr(document, name) or "") for name, text in shown.items())
