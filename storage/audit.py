"""The record of who did what. Rows are only added; details name records and counts, never their text."""

from typing import Any

from sqlalchemy.orm import Session

from storage.models import AuditEvent


def note(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Add one event in the same transaction as what it tells of."""
    session.add(AuditEvent(actor=actor, action=action, subject=subject, detail=detail))
