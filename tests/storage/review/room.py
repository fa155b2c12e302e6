"""People and waiting records that tests of the review room start from."""

import dataclasses
import uuid

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.documents import DocumentFields, document_id
from storage.models import Decision, Document, RoomSettings, State, User
from storage.review import Judgement, showing
from tests.storage.rows import add_documents, add_page, add_pair, add_verdict

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


def waiting(session: Session, record: str = "1", outcome: str = "review", **verdict: object) -> uuid.UUID:
    number = add_pair(session, "drhast", record)
    add_verdict(session, number, outcome, **({"cleaned": CLEAN} | verdict))
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


def many(session: Session, count: int) -> list[uuid.UUID]:
    """So many waiting records of one page, without verdicts."""
    page = add_page(session)
    pairs = [DocumentFields("qa", str(n), page.url, question=f"پرسش {n}؟", answer=f"پاسخ {n}") for n in range(count)]
    add_documents(session, page, pairs)
    session.execute(update(Document).values(state=State.REVIEW.value))
    return [document_id(page.source, "qa", pair.record, 0) for pair in pairs]
