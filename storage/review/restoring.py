"""An approved text from before, approved once more: a new decision, and nothing of what was is overwritten."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Decision, Purpose, Review, User
from storage.review.decisions import decide, lock
from storage.review.room import require_lead
from storage.review.words import Conflict, Judgement


def restore(session: Session, lead: User, review_id: int, seen: str) -> Review:
    """Approve what an earlier decision approved, undone ones too; `seen` is the token of what the lead was shown.

    Raises UsageError for who is no lead or a decision without a text, Conflict where the record changed since, is open
    with someone else, or waits for two decisions that know nothing of each other. What was restored before and undone
    since is decided anew.
    """
    require_lead(lead)
    earlier = session.get(Review, review_id)
    if earlier is None or not earlier.text:
        raise UsageError("این تصمیم متنی ندارد که بازگردد.")
    typed = {name: str(value) for name, value in earlier.text.items()}
    lock(session, earlier.document_id)
    key = _key(session, review_id, seen)
    made = decide(session, earlier.document_id, lead, Judgement(Decision.EDIT, seen, typed=typed, key=key))
    if made.purpose != Purpose.DECISION.value:
        raise Conflict("این مورد در انتظار دو رأی جدا از هم است؛ نخست داوری کنید.")
    audit.note(session, lead.name, "text restored", str(earlier.document_id), of_review=review_id)
    return made


def _key(session: Session, review_id: int, seen: str) -> uuid.UUID:
    """Pressed twice it is one decision; of one that was undone since the key is used up, and the next is taken."""
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"restore {review_id} {seen}")
    while session.scalar(select(Review.id).where(Review.key == key, Review.undone_at.is_not(None))):
        key = uuid.uuid5(key, "again")
    return key
