"""One row whole, with its history, and the form for what may be changed of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin.access import LEADS, NO_SUCH
from infra.admin.accounts import only
from infra.admin.leads.manage import access, changes
from infra.admin.leads.manage.changes import Field
from infra.admin.leads.rendering import shown
from infra.admin.security import checked_form
from storage import browsing, db, history
from storage.errors import UsageError
from storage.history import History
from storage.models import AuditEvent, Document, User
from storage.review import Conflict, restoring, showing


@dataclass(frozen=True)
class Record:
    """All that the page shows; `document`, `seen` and `past` are of documents alone."""

    key: str
    row: Mapping[str, Any]
    fields: Sequence[Field]
    events: Sequence[AuditEvent]
    document: Document | None = None
    seen: str = ""
    shown: Mapping[str, str] | None = None
    past: History | None = None


@only(*access.MANAGERS)
async def show(request: Request) -> Response:
    """The record that the address names."""
    return await _page(request, request.query_params.get("key", ""), 200, None)


@only(*access.MANAGERS)
async def change(request: Request) -> Response:
    """Set what the form says, where this role may."""
    form = await checked_form(request)
    table, key = request.path_params["table"], str(form.get("key", ""))
    access.check(request.state.user, table)
    if not access.edits(request.state.user, table):
        raise HTTPException(403, "نقش شما این جدول را تغییر نمی‌دهد.")
    return await _done(request, key, changes.apply, request.state.user, table, form)


@only(*LEADS)
async def restore(request: Request) -> Response:
    """Approve an earlier approved text once more."""
    form = await checked_form(request)
    if request.path_params["table"] != "documents":
        raise HTTPException(404, NO_SUCH)
    return await _done(request, str(form.get("key", "")), _restore, request.state.user, form)


async def _done(request: Request, key: str, act: Any, *arguments: Any) -> Response:
    """Do it and go back to the record, with what it said where it was refused."""
    try:
        await run_in_threadpool(act, *arguments)
    except (Conflict, UsageError) as error:
        return await _page(request, key, 409 if isinstance(error, Conflict) else 422, str(error))
    address = request.url_for("manage record", table=request.path_params["table"])
    return RedirectResponse(address.include_query_params(key=key).include_query_params(done="1"), 303)


async def _page(request: Request, key: str, status: int, message: str | None) -> Response:
    table, user = request.path_params["table"], request.state.user
    access.check(user, table)
    record = await run_in_threadpool(_read, user, table, key)
    if record is None:
        raise HTTPException(404, NO_SUCH)
    done = status == 200 and request.query_params.get("done") == "1"
    restores = user.role in access.EDITORS["documents"]
    return shown(request, "row.html", status, message=message, table=table, record=record, done=done, restores=restores)


def _read(user: User, table: str, key: str) -> Record | None:
    with db.session() as session:
        try:
            row = browsing.one(session, browsing.table(table), key)
        except UsageError:
            return None
        if row is None:
            return None
        fields = changes.fields(session, table, row) if access.edits(user, table) else []
        if table != "documents":
            subjects = {key, str(row.get("name", key))}
            return Record(key, row, fields, history.events(session, *subjects))
        return _document(session, user, row, fields)


def _document(session: Session, user: User, row: Mapping[str, Any], fields: Sequence[Field]) -> Record:
    document = session.get_one(Document, row["id"])
    now, past = showing.shown(session, document), history.of_document(session, document, user)
    return Record(str(document.id), row, fields, past.audit, document, now.token, now.text, past)


def _restore(user: User, form: FormData) -> None:
    given = str(form.get("review", ""))
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise UsageError(NO_SUCH)
    with db.session() as session:
        restoring.restore(session, user, int(given), str(form.get("seen", "")))
