"""People and waiting records that tests of the review room start from."""

import dataclasses
import uuid

from sqlalchemy.orm import Session

from storage.models import Decision, Document, RoomSettings, State, User
from storage.review import Judgement, showing
from tests.storage.rows import add_pair, add_verdict

CLEAN = {"question": "پرسش پاک؟", "answer": "پاسخ پاک"}


def person(session: Session, name: str = "maryam", role: str = "annotator") -> User:
    """A user made without the hash of a password, which takes a while."""
    user = User(name=name, password_hash="-", role=role)
    session.add(user)
    session.flush()
    return user


def settings(session: Session, share: float = 0, every: int = 1_000_000) -> None:
    """No overlap and no questions, unless a test asks for them."""
    session.merge(RoomSettings(id=1, overlap_share=share, gold_every=every))
    session.flush()


def waiting(session: Session, record: str = "1", **verdict: object) -> uuid.UUID:
    number = add_pair(session, "drhast", record)
    add_verdict(session, number, "review", **({"cleaned": CLEAN} | verdict))
    session.get_one(Document, number).state = State.REVIEW.value
    session.flush()
    return number


def judge(
    session: Session, number: uuid.UUID, user: User, decision: Decision = Decision.APPROVE, **fields: object
) -> Judgement:
    """A judgement on what this person is shown now; a rejection is an advertisement."""
    seen = showing.shown_to(session, session.get_one(Document, number), user).token
    made = Judgement(decision, seen, "advertisement" if decision is Decision.REJECT else None, key=uuid.uuid4())
    return dataclasses.replace(made, **fields)  # type: ignore[arg-type]
