"""`/assign`: whose the records are that a filter finds, how urgent they are, and which are judged anew."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from infra.admin import language
from infra.admin.access import LEADS
from infra.admin.accounts import only
from infra.admin.guide import titles
from infra.admin.leads.rendering import shown
from infra.admin.room.filters import of_query
from infra.admin.room.page import reasons_found
from infra.admin.security import checked_form
from storage import db, users
from storage.errors import UsageError
from storage.models import Document, Source, User
from storage.review import Conflict, assign, figures
from storage.review.figures import Holding
from storage.review.filters import Filters

MOST_NUMBERS = 1_000


@dataclass(frozen=True)
class Found:
    """What the page shows beside what was done; `more` where more than `count` match."""

    count: int
    more: bool
    sample: Sequence[Document]
    sources: Sequence[str]
    people: Sequence[Holding]


@only(*LEADS)
async def show(request: Request) -> Response:
    """The filters, what they find, and the people."""
    return await _page(request, request.query_params, 200, None)


@only(*LEADS)
async def give(request: Request) -> Response:
    """Give what the filters find to one person, or to everybody."""
    return await _order(request, _give)


@only(*LEADS)
async def urgency(request: Request) -> Response:
    """Make what the filters find more or less urgent."""
    return await _order(request, _urgency)


@only(*LEADS)
async def requeue(request: Request) -> Response:
    """Have records judged anew."""
    return await _order(request, _requeue)


async def _order(request: Request, act: Any) -> Response:
    form = await checked_form(request)
    said = {name: str(value).strip() for name, value in form.items()}
    query = QueryParams(said.get("query", ""))
    try:
        done = await run_in_threadpool(act, request.state.user, of_query(query), said)
    except (Conflict, UsageError) as error:
        return await _page(request, query, 409 if isinstance(error, Conflict) else 422, str(error))
    return await _page(request, query, 200, None, done)


async def _page(  # noqa: PLR0913
    request: Request, query: QueryParams, status: int, message: str | None, done: dict[str, Any] | None = None
) -> Response:
    asked = bool(query)
    try:
        found = await run_in_threadpool(_read, of_query(query) if asked else None)
    except UsageError as error:
        asked, status, message = False, 422, str(error)
        found = await run_in_threadpool(_read, None)
    code = language.look(request).language
    chosen = {"found": reasons_found(code), "titles": titles(code), "chosen": dict(query), "query": str(query)}
    return shown(request, "assign.html", status, message=message, asked=asked, done=done, result=found, **chosen)


def _read(filters: Filters | None) -> Found:
    with db.session() as session:
        count, sample = figures.waiting_like(session, filters) if filters else (0, [])
        sources = session.scalars(select(Source.name).order_by(Source.name)).all()
        most = figures.PREVIEWED
        return Found(min(count, most), count > most, sample, sources, figures.holdings(session))


def _give(user: User, filters: Filters, said: dict[str, str]) -> dict[str, Any]:
    name = said.get("person", "")
    with db.session() as session:
        count = assign.assign(session, user, filters, users.named(session, name) if name else None)
    return {"what": "given", "count": count, "name": name}


def _urgency(user: User, filters: Filters, said: dict[str, str]) -> dict[str, Any]:
    try:
        value = int(said.get("value", ""))
    except ValueError:
        raise UsageError("فوریت عددی از ۱۰۰- تا ۱۰۰ است.") from None
    with db.session() as session:
        return {"what": "urgent", "count": assign.urgency(session, user, filters, value), "value": value}


def _requeue(user: User, _: Filters, said: dict[str, str]) -> dict[str, Any]:
    given = said.get("documents", "").split()
    try:
        numbers = [uuid.UUID(each) for each in given]
    except ValueError:
        raise UsageError("هر سطر شناسهٔ یک مورد است.") from None
    if not 0 < len(numbers) <= MOST_NUMBERS:
        raise UsageError(f"۱ تا {MOST_NUMBERS} شناسه بنویسید.")
    with db.session() as session:
        return {"what": "requeued", "count": assign.requeue(session, user, numbers), "asked": len(numbers)}
