"""What a page shows of a document: its text as cleaned and as read, why it is here, who decided what."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from storage import reviews
from storage.models import Document

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


def load(session: Session, number: uuid.UUID) -> Record | None:
    """The record of a document, or None."""
    document = session.get(Document, number)
    if document is None:
        return None
    verdict = reviews.verdict_of(session, document)
    decisions = reviews.history(session, number)
    current = [review for review, _ in decisions if review.content_sha256 == document.content_sha256]
    shown = reviews.shown(session, document)
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
            Decided(name, review.created_at, review.decision, review.reason, review in current)
            for review, name in decisions
        ),
    )


def _parts(document: Document, shown: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(Part(name, LABELS[name], text, getattr(document, name) or "") for name, text in shown.items())
