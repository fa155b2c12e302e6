"""The statement that takes the first free records of a queue for one person, without waiting for anybody.

It looks at the first of the queue, takes those for which nobody else is taking a lock of the same name this moment, and
passes by what is being decided.
"""

import uuid
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from storage.models import Claim, Document
from storage.review.filters import Filters, in_review, matching, ordered, waiting
from storage.review.leases import LEASE, PERSON
from storage.review.skips import skipped

AHEAD = (150, 150, 1000, 1000, 10_000, 150_000)
"""How many of the queue's first are looked at, look by look: others take some this moment, and a bulk action may hold
as many as it decides."""
STATEMENTS = 256  # kept: two for each set of filters that somebody works with
LOCKS = 0x7AB1C  # the first half of the locks' names; the second is a hash of the document's id
WANT: BindParameter[int] = bindparam("want", type_=Integer)


def take(session: Session, user_id: int, want: int, which: tuple[Filters, bool]) -> list[uuid.UUID]:
    """Claim up to `want` of those that the filters find: the person's own, or those assigned to nobody.

    Fewer where no more wait.
    """
    taken: list[uuid.UUID] = []
    for ahead in AHEAD:
        if len(taken) >= want:
            break
        asked = {"person": user_id, "want": want - len(taken)}
        looked, tried, got = session.execute(_taking(*which, ahead), asked).one()
        taken += got or []
        if looked < ahead and tried == len(got or []):
            break
    return taken


def open_to() -> list[ColumnElement[bool]]:
    """What PERSON may be given, whoever it is assigned to: nobody has it, and they neither judged nor skipped it.

    Any claim counts, also one past its time: `leases.sweep` went before.
    """
    claimed = exists().where(Claim.document_id == Document.id).correlate(Document)
    return [waiting(), ~claimed, Document.blind_by.is_distinct_from(PERSON), ~skipped(PERSON)]


@lru_cache(STATEMENTS)
def _taking(filters: Filters, own: bool, ahead: int) -> Select[Any]:
    """How many were looked at and tried, and the ids of those got."""
    whose = Document.assignee_id == PERSON if own else Document.assignee_id.is_(None)
    first = select(Document.id).where(*open_to(), whose, *matching(filters)).order_by(*ordered(filters))
    # The number is written out: PostgreSQL then plans the statement once, and not for every person anew.
    seen = _at_once(first.limit(literal(ahead, literal_execute=True)), "seen")
    name = func.hashtext(cast(seen.c.id, String))
    alone = func.pg_try_advisory_xact_lock(cast(literal(LOCKS), Integer), name)
    mine = _at_once(select(seen.c.id).join(_unlocked(seen, whose), true()).where(alone).limit(WANT), "mine")
    values = select(mine.c.id, PERSON, func.now() + LEASE)
    put = insert(Claim).from_select(["document_id", "user_id", "expires_at"], values)
    got = put.on_conflict_do_nothing(index_elements=["document_id"]).returning(Claim.document_id).cte("got")
    looks, tries = (select(func.count()).select_from(part).scalar_subquery() for part in (seen, mine))
    return select(looks, tries, select(func.array_agg(got.c.document_id)).scalar_subquery())


def _unlocked(seen: CTE, whose: ColumnElement[bool]) -> LateralFromClause:
    """The document again, unless it is being decided; a decision committed since our query looked is seen here."""
    again = select(Document.id).where(Document.id == seen.c.id, in_review(), ~Document.disputed, ~Document.flagged)
    again = again.where(whose, Document.blind_by.is_distinct_from(PERSON))
    return again.with_for_update(read=True, key_share=True, skip_locked=True).lateral()


def _at_once(query: object, name: str) -> CTE:
    return query.cte(name).prefix_with("MATERIALIZED")  # type: ignore[attr-defined, no-any-return]
