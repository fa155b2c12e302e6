"""The round on the guide's worked examples that comes before a person's first real record.

The examples and their right answers are the guide's; here stands who answered which, and who is through.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Decision, Training, User


@dataclass(frozen=True)
class Answer:
    """What a person said of one example, by its name in the guide, and whether the guide says the same."""

    example: str
    decision: Decision
    reason: str | None
    right: bool


def round(session: Session, user: User, version: str) -> Training:
    """The person's round on a version of the guide, begun where there is none."""
    put = insert(Training).values(user_id=user.id, guideline_version=version)
    session.execute(put.on_conflict_do_nothing(index_elements=["user_id", "guideline_version"]))
    key = {"user_id": user.id, "guideline_version": version}
    return session.get_one(Training, key, with_for_update=True, populate_existing=True)


def answer(session: Session, begun: Training, given: Answer, examples: Collection[str]) -> Training:
    """Note an answer. The round is passed once every one of `examples` was answered rightly, at whichever attempt.

    Raises UsageError for an example that is none of them.
    """
    if given.example not in examples:
        raise UsageError("چنین نمونه‌ای در راهنما نیست.")
    before = begun.answered.get(given.example, {})
    row = {"decision": given.decision.value, "reason": given.reason, "tries": before.get("tries", 0) + 1}
    row |= {"right": given.right or before.get("right", False), "first": before.get("first", given.right)}
    begun.answered = begun.answered | {given.example: row}
    if begun.passed_at is None and all(begun.answered.get(name, {}).get("right") for name in examples):
        begun.passed_at = session.scalar(select(func.now()))
        name = session.scalar(select(User.name).where(User.id == begun.user_id))
        audit.note(session, str(name), "training passed", begun.guideline_version)
    session.flush()
    return begun


def passed(session: Session, user: User, version: str | None = None) -> bool:
    """Whether the person is through the round of this version, or of any where none is named."""
    query = select(Training.passed_at).where(Training.user_id == user.id, Training.passed_at.is_not(None))
    if version is not None:
        query = query.where(Training.guideline_version == version)
    return session.scalar(query.limit(1)) is not None
