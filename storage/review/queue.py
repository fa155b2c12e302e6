"""Who is given what: each record to one person at a time, under a lease that ends with the person's silence.

`claim` never waits for another claim: it looks at the first of the queue, takes those for which nobody else is taking
a lock of the same name this moment, and passes by what is being decided.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from storage.models import Claim, Document, User
from storage.quarantine import kept_apart
from storage.review import gold, leases
from storage.review.filters import Filters, in_review, matching, ordered, waiting
from storage.review.gold import is_gold
from storage.review.leases import LEASE
from storage.review.room import room
from storage.review.skips import skipped

__all__ = ["LEASE", "MOST", "Filters", "claim", "left", "release", "renew"]

MOST = 50
"""What one person may have open at once."""
AHEAD = (100, 100, 1000, 1000, 10_000, 150_000)
"""How many of the queue's first are looked at beyond what is wanted, look by look: others take some this moment, and a
bulk action may hold as many as it decides."""
LOCKS = 0x7AB1C  # the first half of the locks' names; the second is a hash of the document's id
EVERYTHING = Filters()


def claim(session: Session, user: User, want: int, filters: Filters = EVERYTHING) -> list[Document]:
    """What this person is to judge, leased: their own open ones first, then what nobody has; at most `want`, or MOST.

    Those assigned to the person come before the others, and a question with a known answer may be among the new ones.
    The list is shorter where nothing more waits, and empty for whoever was deactivated.
    """
    want = max(0, min(want, MOST))
    if not session.scalar(select(User.active).where(User.id == user.id)):
        return []
    mine = _own(session, user.id, filters)[:want]
    leases.sweep(session)
    question = _question(session, user.id, len(mine)) if len(mine) < want else None
    new = _free(session, user.id, want - len(mine) - bool(question), filters)
    if question is not None and leases.lease(session, question.id, user.id):
        new.insert(question.id.int % (len(new) + 1), question)  # at no place of its own
    return mine + new


def renew(session: Session, user_id: int, documents: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Renew a person's leases; returns those that still hold. One is lost with its time, its record, or its owner."""
    active = exists().where(User.id == user_id, User.active)
    return leases.renew(session, user_id, leases.among(documents), _still_asked(), active)


def release(session: Session, user_id: int, documents: Sequence[uuid.UUID] | None = None) -> None:
    """Give back what a person has open, all of it where no documents are named."""
    leases.give_back(session, user_id, *([] if documents is None else [leases.among(documents)]))


def hand_over(session: Session, user_id: int) -> None:
    """Give back what a person who leaves has open, and let others get what was assigned to them."""
    release(session, user_id)
    session.execute(
        update(Document)
        .where(in_review(), Document.assignee_id == user_id)
        .values(assignee_id=None, updated_at=Document.updated_at)
        .execution_options(synchronize_session=False)
    )


def left(session: Session, user_id: int, filters: Filters = EVERYTHING, most: int = 1000) -> int:
    """How many records wait for this person, counted up to `most` and no further."""
    query = select(Document.id).where(*_open_to(user_id), *matching(filters), _free_of_others(user_id))
    return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def _own(session: Session, user_id: int, filters: Filters) -> list[Document]:
    held = leases.renew(session, user_id, _still_asked())
    if not held:
        return []
    wanted = or_(is_gold(), and_(true(), *matching(filters)))
    query = select(Document).where(Document.id.in_(held), wanted).order_by(*ordered(filters))
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def _still_asked() -> ColumnElement[bool]:
    """Whether a claimed document still waits, for a query of claims."""
    waits = or_(and_(in_review(), ~kept_apart()), is_gold())
    return exists().where(Document.id == Claim.document_id, waits).correlate(Claim)


def _question(session: Session, user_id: int, held: int) -> Document | None:
    """A question with a known answer, if it is time for one and this person has none open."""
    if not gold.due(session, user_id, room(session).gold_every, held) or gold.holds_one(session, user_id):
        return None
    found = gold.next_for(session, user_id)
    return session.get(Document, found) if found else None


def _free(session: Session, user_id: int, want: int, filters: Filters) -> list[Document]:
    taken: list[uuid.UUID] = []
    own = Document.assignee_id == user_id
    for whose in (own, Document.assignee_id.is_(None)) if _any(session, own) else (Document.assignee_id.is_(None),):
        for ahead in AHEAD:
            if len(taken) >= want:
                break
            found, more = _take(session, user_id, (want - len(taken), ahead), (filters, whose))
            taken += found
            if not more:
                break
    if not taken:
        return []
    query = select(Document).where(Document.id.in_(taken))
    order = (Document.assignee_id.is_(None), *ordered(filters))
    return list(session.scalars(query.order_by(*order), execution_options={"populate_existing": True}))


def _any(session: Session, whose: ColumnElement[bool]) -> bool:
    return session.scalar(select(Document.id).where(in_review(), whose).limit(1)) is not None


def _take(
    session: Session, user_id: int, many: tuple[int, int], which: tuple[Filters, ColumnElement[bool]]
) -> tuple[list[uuid.UUID], bool]:
    """Claim up to `many[0]` of the first, looking `many[1]` further; also whether it is worth to look again."""
    (want, ahead), (filters, whose) = many, which
    first = select(Document.id).where(*_open_to(user_id), whose, *matching(filters))
    seen = _at_once(first.order_by(*ordered(filters)).limit(want + ahead), "seen")
    name = func.hashtext(cast(seen.c.id, String))
    alone = func.pg_try_advisory_xact_lock(cast(literal(LOCKS), Integer), name)
    mine = _at_once(select(seen.c.id).join(_unlocked(seen, user_id, whose), true()).where(alone).limit(want), "mine")
    values = select(mine.c.id, literal(user_id), func.now() + LEASE)
    put = insert(Claim).from_select(["document_id", "user_id", "expires_at"], values)
    got = put.on_conflict_do_nothing(index_elements=["document_id"]).returning(Claim.document_id).cte("got")
    looks, tries = (select(func.count()).select_from(part).scalar_subquery() for part in (seen, mine))
    ids = select(func.array_agg(got.c.document_id)).scalar_subquery()
    looked, tried, taken = session.execute(select(looks, tries, ids)).one()
    taken = taken or []
    return taken, looked == want + ahead or tried > len(taken)


def _unlocked(seen: CTE, user_id: int, whose: ColumnElement[bool]) -> LateralFromClause:
    """The document again, unless it is being decided; a decision committed since our query looked is seen here."""
    again = select(Document.id).where(Document.id == seen.c.id, in_review(), ~Document.disputed, ~Document.flagged)
    again = again.where(whose, Document.blind_by.is_distinct_from(user_id))
    return again.with_for_update(read=True, key_share=True, skip_locked=True).lateral()


def _at_once(query: object, name: str) -> CTE:
    return query.cte(name).prefix_with("MATERIALIZED")  # type: ignore[attr-defined, no-any-return]


def _open_to(user_id: int) -> list[ColumnElement[bool]]:
    """What this person may be given, whoever it is assigned to: nobody has it, and they neither judged nor skipped it.

    Any claim counts, also one past its time: `leases.sweep` went before.
    """
    claimed = exists().where(Claim.document_id == Document.id).correlate(Document)
    return [waiting(), ~claimed, Document.blind_by.is_distinct_from(user_id), ~skipped(user_id)]


def _free_of_others(user_id: int) -> ColumnElement[bool]:
    return or_(Document.assignee_id.is_(None), Document.assignee_id == user_id)
