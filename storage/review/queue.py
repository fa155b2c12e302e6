"""Who is given what: each record to one person at a time, under a lease that ends with the person's silence.

`claim` never waits for another claim (`taking`). It is asked often, so its statements are built once.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from storage.models import Claim, Document, User
from storage.quarantine import kept_apart
from storage.review import gold, leases
from storage.review.filters import Filters, in_review, matching, ordered
from storage.review.gold import is_gold
from storage.review.leases import DOCUMENTS, LEASE, PERSON
from storage.review.taking import STATEMENTS, open_to, take

__all__ = ["LEASE", "MOST", "Filters", "claim", "left", "release", "renew"]

MOST = 50
"""What one person may have open at once."""
EVERYTHING = Filters()


def claim(  # noqa: PLR0913  what a page has is part of what it asks for
    session: Session,
    user: User,
    want: int,
    filters: Filters = EVERYTHING,
    have: Sequence[uuid.UUID] = (),
) -> list[Document]:
    """What this person is to judge, leased: their own open ones first, then what nobody has; at most `want`, or MOST.

    Those assigned to the person come before the others, and a question with a known answer may be among the new ones.
    The list is shorter where nothing more waits or the person has MOST open, and empty for whoever was deactivated.
    Leases are renewed of what is returned and of what they `have`; others of theirs end with their time.
    """
    want = max(0, min(want, MOST))
    mine = _own(session, user.id, (want, filters), have)
    stands = session.execute(_STANDS, {"person": user.id, "held": len(mine)}).one()
    if not stands.active:
        return []
    if stands.past:
        leases.sweep(session)
    more = min(want - len(mine), MOST - stands.opened)
    question = session.scalars(_questions(filters), {"person": user.id}).first() if stands.due and more > 0 else None
    new = _free(session, user.id, more - bool(question), (filters, stands.assigned))
    if question is not None and leases.lease(session, question, user.id):
        new.insert(question.int % (len(new) + 1), session.get_one(Document, question))  # at no place of its own
    return mine + new


def renew(session: Session, user_id: int, documents: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Renew a person's leases; returns those that still hold. One is lost with its time, its record, or its owner."""
    return list(session.scalars(_RENEW, {"person": user_id, "documents": list(documents)}))


def release(session: Session, user_id: int, documents: Sequence[uuid.UUID] | None = None) -> None:
    """Give back what a person has open, all of it where no documents are named."""
    leases.give_back(session, user_id, *([] if documents is None else [leases.among(documents)]))


def hand_over(session: Session, user_id: int) -> None:
    """Give back what a person who leaves has open, and let others get what was assigned to them."""
    opened = Document.id.in_(select(Claim.document_id).where(Claim.user_id == user_id))
    theirs = or_(opened, and_(in_review(), Document.assignee_id == user_id))
    session.execute(select(Document.id).where(theirs).order_by(Document.id).with_for_update())
    release(session, user_id)
    session.execute(
        update(Document)
        .where(in_review(), Document.assignee_id == user_id)
        .values(assignee_id=None, updated_at=Document.updated_at)
        .execution_options(synchronize_session=False)
    )


def left(session: Session, user_id: int, filters: Filters = EVERYTHING, most: int = 1000) -> int:
    """How many records wait for this person, counted up to `most` and no further."""
    return session.scalar(_left(filters, most), {"person": user_id}) or 0


@lru_cache(STATEMENTS)
def _left(filters: Filters, most: int) -> Select[Any]:
    own = or_(Document.assignee_id.is_(None), Document.assignee_id == PERSON)
    query = select(Document.id).where(*open_to(), *matching(filters), own)
    return select(func.count()).select_from(query.limit(most).subquery())


def _own(session: Session, user_id: int, asked: tuple[int, Filters], have: Sequence[uuid.UUID]) -> list[Document]:
    want, filters = asked
    mine = _documents(session, _opened(filters), {"person": user_id})[:want]
    named = [document.id for document in mine] + list(have)
    held = set(renew(session, user_id, named)) if named else set()
    return [document for document in mine if document.id in held]


@lru_cache(STATEMENTS)
def _opened(filters: Filters) -> Select[Any]:
    query = select(Document).join(Claim, Claim.document_id == Document.id)
    query = query.where(Claim.user_id == PERSON, ~leases.past(), _still_asked(), *matching(filters))
    return query.order_by(*ordered(filters))


@lru_cache(STATEMENTS)
def _questions(filters: Filters) -> Select[Any]:
    return gold.nexts(*matching(filters))


def _free(session: Session, user_id: int, want: int, which: tuple[Filters, bool]) -> list[Document]:
    filters, assigned = which
    taken = take(session, user_id, want, (filters, True)) if assigned else []
    taken += take(session, user_id, want - len(taken), (filters, False))
    return _documents(session, _taken(filters), {"documents": taken}) if taken else []


@lru_cache(STATEMENTS)
def _taken(filters: Filters) -> Select[Any]:
    query = select(Document).where(leases.within(Document.id, DOCUMENTS))
    return query.order_by(Document.assignee_id.is_(None), *ordered(filters))


def _documents(session: Session, query: Select[Any], given: Mapping[str, Any]) -> list[Document]:
    return list(session.scalars(query, given, execution_options={"populate_existing": True}))


def _still_asked() -> ColumnElement[bool]:
    """Whether a claimed document still waits, for a query of claims."""
    waits = or_(and_(in_review(), ~kept_apart()), is_gold())
    return exists().where(Document.id == Claim.document_id, waits).correlate(Claim)


def _standing() -> Select[Any]:
    """What else a claim depends on."""
    found: dict[str, Any] = {
        "active": exists().where(User.id == PERSON, User.active),
        "past": exists().where(leases.past()),
        "due": gold.due(),
        "opened": select(func.count()).where(Claim.user_id == PERSON, ~leases.past()).scalar_subquery(),
        "assigned": exists().where(in_review(), Document.assignee_id == PERSON),
    }
    columns: list[Any] = [asked.label(name) for name, asked in found.items()]
    return select(*columns)


_STANDS = _standing()
_RENEW = leases.renewing(_still_asked(), leases.among(DOCUMENTS))
