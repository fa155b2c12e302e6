"""A record as the room's page holds it: texts, and what helps to judge them. Who gave what before is not in it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from infra.admin.language import day, words
from infra.admin.pages import web_address
from infra.admin.room.likes import likes
from infra.admin.room.suggestion import suggestions
from infra.admin.room.why import figures, finding
from infra.admin.shown import LABELS
from storage.models import Document, User
from storage.review import EDITABLE, Shown
from storage.review.showing import shown_to_all, verdicts_of


def records(session: Session, user: User, documents: Sequence[Document], language: str) -> list[dict[str, Any]]:
    """All that the page shows of each document, in the language. A known question looks like any other record."""
    found = verdicts_of(session, documents)
    verdicts = [found.get(document.id) for document in documents]
    seen = shown_to_all(session, documents, user)
    suggested = suggestions(session, list(zip(documents, verdicts, strict=True)), language)
    alike = likes(session, verdicts, words(language))
    return [
        _facts(document, language)
        | _texts(seen[document.id], document, language)
        | {
            "why": finding(verdict, language),
            "measures": figures(verdict, language),
            "suggestion": suggestion,
            "likes": like,
        }
        for document, verdict, suggestion, like in zip(documents, verdicts, suggested, alike, strict=True)
    ]


def _facts(document: Document, language: str) -> dict[str, Any]:
    no_date = words(language)["room"]["no_date"]
    return {
        "id": str(document.id),
        "kind": document.kind,
        "source": document.source,
        "url": web_address(document.url),
        "heading": document.title if document.kind == "qa" else None,
        "doctor": document.doctor,
        "speciality": document.speciality,
        "date": day(language, document.published_at) if document.published_at else no_date,
    }


def _texts(shown: Shown, document: Document, language: str) -> dict[str, Any]:
    said = words(language)["room"]
    parts = [
        {"name": name, "label": said[LABELS[name]], "shown": shown.text[name], "raw": getattr(document, name) or ""}
        for name in EDITABLE[document.kind]
    ]
    return {"seen": shown.token, "parts": parts}
