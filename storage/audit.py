"""The record of who did what. Rows are only added; details name records and counts, never their text."""

import getpass
import os
from typing import Any

from sqlalchemy.orm import Session

from storage.models import AuditEvent


def note(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Add one event in the same transaction as what it tells of."""
    session.add(AuditEvent(actor=actor, action=action, subject=subject, detail=detail))


def who() -> str:
    """The account that gives a command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # of a number without a name
        return f"uid {os.getuid()}"
