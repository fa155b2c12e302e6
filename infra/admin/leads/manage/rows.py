"""A table's rows a page at a time, filtered by column and, for documents, by words."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Boolean
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from infra.admin.accounts import only
from infra.admin.leads.manage import access
from infra.admin.leads.rendering import shown
from storage import browsing, db
from storage.browsing import Asked, Found
from storage.errors import UsageError

LISTED = {
    "documents": ("source", "kind", "state", "title", "question", "answer", "speciality", "urgency", "updated_at"),
    "reviews": ("id", "created_at", "user_id", "decision", "reason", "purpose", "undone_at", "document_id", "text"),
    "users": ("id", "name", "role", "active", "created_at"),
    "addresses": ("source", "url", "state", "cause", "attempts", "visited_at", "visit_at"),
    "audit_events": ("id", "at", "actor", "action", "subject", "detail"),
}
MOST_COLUMNS = 8
FIRST_FILTERS = {
    "documents": ("source", "state", "kind", "speciality", "assignee_id", "created_at"),
    "reviews": ("user_id", "decision", "reason", "purpose", "created_at"),
    "audit_events": ("actor", "action", "subject", "at"),
}
"""Shown at once; the others open."""


@dataclass(frozen=True)
class Filter:
    """One field of the bar: `choices` where there are few values."""

    name: str
    value: str
    choices: tuple[str, ...]
    first: bool


@only(*access.MANAGERS)
async def overview(request: Request) -> Response:
    """The tables this person sees."""
    counts = await run_in_threadpool(_sizes, access.tables(request.state.user))
    return shown(
        request, "tables.html", counts=counts, edited=[t for t in counts if access.edits(request.state.user, t)]
    )


@only(*access.MANAGERS)
async def rows(request: Request) -> Response:
    """One page of a table."""
    name, asked = request.path_params["table"], _asked(request.query_params)
    access.check(request.state.user, name)
    message = None
    try:
        found, about = await run_in_threadpool(_read, name, asked)
    except UsageError as error:
        found, about, message = Found([], None, None), None, str(error)
    table = browsing.table(name)
    names = LISTED.get(name) or tuple(column.name for column in browsing.columns(table))[:MOST_COLUMNS]
    return shown(
        request,
        "rows.html",
        200 if message is None else 422,
        message=message,
        table=name,
        columns=names,
        found=found,
        about=about,
        asked=asked,
        filters=_filters(name, asked),
        links=_links(found, asked),
    )


def _asked(query: QueryParams) -> Asked:
    filters = {name[2:]: value for name, value in query.items() if name.startswith("f.") and value.strip()}
    after, before = query.get("after") or None, query.get("before") or None
    return Asked(filters, query.get("q", "").strip(), after, None if after else before)


def _read(name: str, asked: Asked) -> tuple[Found, int]:
    table = browsing.table(name)
    with db.session() as session:
        found = browsing.page(session, table, asked)
        whole = found.previous is None and found.next is None
        least = len(found.rows) + (found.next is not None)
        return found, least if whole else max(least, browsing.about(session, table, asked))


def _sizes(names: list[str]) -> dict[str, int]:
    with db.session() as session:
        return {name: browsing.about(session, browsing.table(name), Asked()) for name in names}


def _filters(name: str, asked: Asked) -> list[Filter]:
    made = []
    for column in browsing.filterable(browsing.table(name)):
        choices = ("true", "false") if isinstance(column.type, Boolean) else browsing.choices(column)
        first = column.name in FIRST_FILTERS.get(name, (column.name,)) or column.name in asked.filters
        made.append(Filter(column.name, asked.filters.get(column.name, ""), choices, first))
    order = FIRST_FILTERS.get(name, ())
    return sorted(made, key=lambda each: order.index(each.name) if each.name in order else len(order))


def _links(found: Found, asked: Asked) -> dict[str, Any]:
    kept = {f"f.{name}": value for name, value in asked.filters.items()} | ({"q": asked.words} if asked.words else {})
    return {
        "first": "?" + urlencode(kept),
        "previous": "?" + urlencode(kept | {"before": found.previous}) if found.previous else None,
        "next": "?" + urlencode(kept | {"after": found.next}) if found.next else None,
    }
