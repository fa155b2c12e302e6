"""What leads set for the room, and how it decides who is asked twice."""

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Document, RoomSettings, User
from storage.review.words import LEADS

BUCKETS = 1 << 24  # three bytes of a hash: a share is met to a hundred-thousandth of a percent


@dataclass(frozen=True)
class Room:
    """`overlap_share` of the documents get two blind decisions; one decision in `gold_every` has a known answer."""

    overlap_share: float = 0.07
    gold_every: int = 30


def room(session: Session) -> Room:
    """What is set now."""
    row = session.get(RoomSettings, 1)
    return Room(row.overlap_share, row.gold_every) if row else Room()


def change(session: Session, lead: User, new: Room) -> None:
    """Set both. Raises UsageError for a share outside 0 to 1, a gold question in every decision, or who is no lead."""
    require_lead(lead)
    if not 0 <= new.overlap_share <= 1 or not 2 <= new.gold_every <= 1_000_000:
        raise UsageError("سهم هم‌پوشانی باید میان ۰ و ۱ و فاصلهٔ پرسش‌های آزمون دست‌کم ۲ باشد.")
    values = {**vars(new), "changed_by": lead.id, "changed_at": func.now()}
    put = insert(RoomSettings).values(id=1, **values)
    session.execute(put.on_conflict_do_update(index_elements=["id"], set_=values))
    if row := session.get(RoomSettings, 1):
        session.refresh(row)
    audit.note(session, lead.name, "room settings changed", "room", **vars(new))


def require_lead(user: User) -> None:
    """Raises UsageError for whoever is neither lead nor admin."""
    if user.role not in LEADS:
        raise UsageError("این کار از آنِ سرپرستان است.")


def overlaps(document_id: uuid.UUID, share: float) -> bool:
    """Whether a document is among the share that gets two blind decisions: the same on every machine, for ever."""
    return int.from_bytes(hashlib.sha256(document_id.bytes).digest()[:3]) < share * BUCKETS


def overlapping(share: float) -> ColumnElement[bool]:
    """`overlaps`, for a query of documents."""
    digest = func.sha256(func.uuid_send(Document.id))
    high, middle, low = (func.get_byte(digest, place) for place in range(3))
    return high * 65536 + middle * 256 + low < share * BUCKETS
