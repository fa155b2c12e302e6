"""Rows of `claims`: taken, renewed, given back. A row past its time is nobody's, and swept by the next claim."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Delete,
    Integer,
    Select,
    SQLColumnExpression,
    Update,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.models import Claim, Document, User

PERSON: BindParameter[int] = bindparam("person", type_=Integer)
"""Whose queue it is, in statements that are built once: building one costs more than PostgreSQL takes to answer it."""
DOCUMENTS: BindParameter[Sequence[uuid.UUID]] = bindparam("documents", type_=ARRAY(Uuid))
"""Which records, in such statements."""
LEASE = dt.timedelta(seconds=60)
"""A browser renews its leases every 15 s: three beats may be lost."""
SWEPT_AT_ONCE = 200


def sweep(session: Session) -> None:
    """Remove claims past their time. What another transaction holds is passed by, so that nobody waits here."""
    session.execute(_SWEEP)


def _sweeping() -> Delete:
    due = select(Claim.document_id).where(past()).order_by(Claim.expires_at)
    due = due.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    swept = delete(Claim).where(Claim.document_id.in_(due.scalar_subquery()))
    return swept.execution_options(synchronize_session=False)


def past() -> ColumnElement[bool]:
    """Whether a claim is past its time."""
    return Claim.expires_at <= func.now()


def lease(session: Session, document_id: uuid.UUID, user_id: int) -> bool:
    """Take or renew one claim, for whoever has locked the document; False while another's holds."""
    values = {"user_id": user_id, "expires_at": func.now() + LEASE}
    put = insert(Claim).values(document_id=document_id, **values)
    free = or_(Claim.user_id == user_id, Claim.expires_at <= func.now())
    taken = put.on_conflict_do_update(index_elements=["document_id"], set_=values, where=free)
    return session.execute(taken.returning(Claim.document_id)).first() is not None


def renewing(*conditions: ColumnElement[bool]) -> Any:
    """The statement that renews PERSON's claims that meet the conditions, as long as their account is open.

    It returns their documents' ids.
    """
    active = exists().where(User.id == PERSON, User.active)
    mine = _locked(PERSON, active, *conditions).scalar_subquery()
    put: Update = update(Claim).where(Claim.document_id.in_(mine)).values(expires_at=func.now() + LEASE)
    return put.execution_options(synchronize_session=False).returning(Claim.document_id)


def give_back(session: Session, user_id: int, *conditions: ColumnElement[bool]) -> None:
    """End a person's claims that meet the conditions."""
    mine = _locked(user_id, *conditions)
    session.execute(delete(Claim).where(Claim.document_id.in_(mine.scalar_subquery())))


def _locked(person: int | ColumnElement[int], *conditions: ColumnElement[bool]) -> Select[uuid.UUID]:
    # In the order of ids: two tabs of one person never wait for each other in a circle.
    query = select(Claim.document_id).where(Claim.user_id == person, *conditions)
    return query.order_by(Claim.document_id).with_for_update(of=Claim)


def among(documents: Sequence[uuid.UUID] | ColumnElement[Sequence[uuid.UUID]]) -> ColumnElement[bool]:
    """Whether a claim is of one of these documents."""
    return within(Claim.document_id, documents)


def within(
    column: SQLColumnExpression[uuid.UUID], ids: Sequence[uuid.UUID] | ColumnElement[Sequence[uuid.UUID]]
) -> ColumnElement[bool]:
    """Whether a column is one of the ids, however many: they are one parameter."""
    return column == any_(ids if isinstance(ids, ColumnElement) else literal(list(ids), ARRAY(Uuid)))


def held() -> ColumnElement[bool]:
    """Whether somebody has a document open, for a query of documents."""
    return exists().where(Claim.document_id == Document.id, ~past()).correlate(Document)


def holder(session: Session, document_id: uuid.UUID) -> int | None:
    """Who has this document open."""
    return session.scalar(select(Claim.user_id).where(Claim.document_id == document_id, ~past()))


_SWEEP = _sweeping()
