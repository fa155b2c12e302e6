"""The record of who did what. Rows are only added; details name records and counts, never their text.

Each row holds the hash of the one before it (`audit_chain`), so appending is done by one transaction at a time. A
transaction's notes are therefore kept until it commits and are written last, after all its other locks are taken: it
waits for nothing while others wait for it, and bulk work holds up nobody's notes before its last moment.
"""

import getpass
import os
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from storage import audit_chain
from storage.audit_chain import Entry

WAITING = "notes of the audit that wait for the commit"


def note(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Add one event in the same transaction as what it tells of; it is a row when that commits, and not before."""
    if not session.in_transaction():
        session.begin()  # else a rollback before the first statement would leave the note
    entry = Entry(actor, action, subject, audit_chain.plain(detail))
    session.info.setdefault(WAITING, []).append((session.get_nested_transaction(), entry))


def who() -> str:
    """The account that gives a command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # of a number without a name
        return f"uid {os.getuid()}"


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint's release
        return
    waiting = session.info.pop(WAITING, [])
    if waiting:
        session.flush()  # what this transaction still has to lock, it locks before the chain
        audit_chain.append(session, [entry for _, entry in waiting])


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    """Drop the notes of what was rolled back: a savepoint's alone, or all."""
    waiting = session.info.pop(WAITING, [])
    if undone.nested:
        session.info[WAITING] = [(within, entry) for within, entry in waiting if not _is_inside(within, undone)]


def _is_inside(within: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while within is not None and within is not outer:
        within = within.parent
    return within is outer
