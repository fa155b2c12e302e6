"""What people may change of a record by hand. Never a text, a hash, a verdict or what the audit trail says."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Document, User
from storage.review import Conflict
from storage.review.assign import URGENCIES
from storage.review.decisions import lock
from storage.review.room import require_lead

LONGEST = 200


@dataclass(frozen=True)
class Particulars:
    """What leads set of a document: its doctor's speciality, how urgent its review is, whose it is."""

    speciality: str | None
    urgency: int
    assignee: str | None


def particulars(session: Session, document: Document) -> Particulars:
    """What holds now."""
    name = session.scalar(select(User.name).where(User.id == document.assignee_id)) if document.assignee_id else None
    return Particulars(document.speciality, document.urgency, name)


def change(session: Session, lead: User, document_id: uuid.UUID, wanted: Particulars) -> list[str]:
    """Set all three; returns the names of those that changed, each an event of the audit.

    A page read anew may bring another speciality. Raises UsageError for who is no lead, a person who is not there or
    not active, an urgency outside URGENCIES or a name too long; Conflict when the record is gone.
    """
    require_lead(lead)
    document = lock(session, document_id)
    before = vars(particulars(session, document))
    changed = {name: value for name, value in vars(wanted).items() if value != before[name]}
    if "speciality" in changed:
        document.speciality = _sound(wanted.speciality)
    if "urgency" in changed:
        document.urgency = _urgent(wanted.urgency)
    if "assignee" in changed:
        document.assignee_id = _person(session, document, wanted.assignee)
    for name, value in changed.items():
        audit.note(session, lead.name, f"{name} set", str(document_id), was=before[name], now=value)
    session.flush()
    return sorted(changed)


def _sound(name: str | None) -> str | None:
    if name and (len(name) > LONGEST or not name.isprintable()):
        raise UsageError(f"تخصص حداکثر {LONGEST} نویسهٔ دیدنی دارد.")
    return name or None


def _urgent(value: int) -> int:
    if value not in URGENCIES:
        raise UsageError("فوریت عددی از ۱۰۰- تا ۱۰۰ است.")
    return value


def _person(session: Session, document: Document, name: str | None) -> int | None:
    if not name:
        return None
    number = session.scalar(select(User.id).where(User.name == name, User.active))
    if number is None:
        raise UsageError("چنین حساب فعالی نیست.")
    if number == document.blind_by:
        raise Conflict("رأی نخست دربارهٔ این مورد از همین شخص است؛ رأی دوم از آنِ دیگری است.")
    return number
