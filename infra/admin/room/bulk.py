"""Bulk decisions of leads: the same filters as the room's, a preview, one decision about all of it, one undo."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin.access import LEADS
from infra.admin.accounts import only
from infra.admin.guide import titles
from infra.admin.language import look
from infra.admin.pages import page
from infra.admin.room.filters import of_query
from infra.admin.room.page import reasons_found
from infra.admin.security import checked_form
from storage import db
from storage.errors import UsageError
from storage.models import BulkAction, Decision, Source, User
from storage.review import Conflict, bulk
from storage.review.filters import Filters

SHOWN = 20  # earlier actions


@only(*LEADS)
async def show(request: Request) -> Response:
    """The filters, what they find, and what was done before."""
    return await _shown(request, 200, None)


@only(*LEADS)
async def act(request: Request) -> Response:
    """Decide about all that was previewed; nothing where it is not as many any more."""
    form = await checked_form(request)
    query = QueryParams(str(form.get("query", "")))
    try:
        await run_in_threadpool(_act, request.state.user, of_query(query), dict(form))
    except (Conflict, UsageError) as error:
        return await _shown(request, 409 if isinstance(error, Conflict) else 422, str(error))
    return RedirectResponse("/room/bulk", 303)


@only(*LEADS)
async def undo(request: Request) -> Response:
    """Take a bulk decision back."""
    form = await checked_form(request)
    number = str(form.get("action", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise HTTPException(404, "چنین موردی نیست.")
    try:
        await run_in_threadpool(_undo, request.state.user, int(number))
    except (Conflict, UsageError) as error:
        return await _shown(request, 409, str(error))
    return RedirectResponse("/room/bulk", 303)


async def _shown(request: Request, status: int, message: str | None) -> Response:
    asked = bool(request.query_params)
    found = await run_in_threadpool(_read, of_query(request.query_params) if asked else None)
    language = look(request).language
    told = {"found": reasons_found(language), "titles": titles(language), "chosen": dict(request.query_params)}
    query = str(request.query_params)
    return page(request, "bulk.html", status, message=message, asked=asked, query=query, **found, **told)


def _read(filters: Filters | None) -> dict[str, Any]:
    with db.session() as session:
        previewed, sample = bulk.preview(session, filters) if filters else (None, [])
        sources = list(session.scalars(select(Source.name).order_by(Source.name)))
        return {"previewed": previewed, "sample": sample, "sources": sources, "done": _done(session)}


def _done(session: Session) -> Sequence[Any]:
    query = select(BulkAction, User.name).join(User, User.id == BulkAction.user_id)
    return session.execute(query.order_by(BulkAction.id.desc()).limit(SHOWN)).all()


def _act(user: User, filters: Filters, form: dict[str, Any]) -> None:
    try:
        decision = Decision(str(form.get("decision")))
        seen = bulk.Preview(int(str(form.get("expected"))), dt.datetime.fromisoformat(str(form.get("at"))))
    except ValueError:
        raise UsageError("تأیید یا رد را برگزینید.") from None
    reason = str(form.get("reason", "")) or None if decision is Decision.REJECT else None
    with db.session() as session:
        bulk.act(session, user, filters, decision, reason, seen)


def _undo(user: User, number: int) -> None:
    with db.session() as session:
        bulk.undo(session, user, number)
