"""The queue: one record at a time, judged, then the next."""

import uuid
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin.accounts import logged_in
from infra.admin.pages import page
from infra.admin.records import Record, load
from infra.admin.security import checked_form
from storage import db
from storage.errors import UsageError
from storage.models import Decision, User
from storage.review import EDITABLE, REASONS, Conflict, Judgement, decisions, showing
from storage.review import queue as waiting


@logged_in
async def home(request: Request) -> Response:
    """How much there is in each state."""
    return page(request, "home.html", counts=await run_in_threadpool(_counts))


@logged_in
async def queue(request: Request) -> Response:
    """The next record for this person."""
    record = await run_in_threadpool(_next, request.state.user)
    return page(request, "record.html" if record else "empty.html", record=record)


@logged_in
async def decide(request: Request) -> Response:
    """Record the posted decision and go on to the next; a decision that cannot be taken is shown with its record."""
    form = await checked_form(request)
    number = _identity(request.path_params["document"])
    try:
        await run_in_threadpool(_decide, number, request.state.user, form)
    except (Conflict, UsageError) as error:
        record = with_typed(await run_in_threadpool(find, number, request.state.user), form)
        status = 409 if isinstance(error, Conflict) else 422
        return page(request, "record.html", status, record=record, message=str(error))
    return RedirectResponse("/queue", 303)


@logged_in
async def show(request: Request) -> Response:
    """One record with its history, whatever its state."""
    record = await run_in_threadpool(find, _identity(request.path_params["document"]), request.state.user)
    return page(request, "record.html", record=record)


def find(number: uuid.UUID, user: User) -> Record:
    """The record of that id; 404 when there is none."""
    with db.session() as session:
        record = load(session, number, user)
    if record is None:
        raise HTTPException(404, "چنین موردی نیست.")
    return record


def with_typed(record: Record, form: FormData) -> Record:
    """The record with the text of an edit that was not taken, so that nobody types it again."""
    if form.get("decision") != Decision.EDIT:
        return record
    return replace(record, typed=_typed(form, record))


def _identity(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise HTTPException(404, "چنین موردی نیست.") from None


def _counts() -> dict[str, int]:
    with db.session() as session:
        return showing.states(session)


def _next(user: User) -> Record | None:
    with db.session() as session:
        found = waiting.claim(session, user, 1)
        return load(session, found[0].id, user) if found else None


def _decide(number: uuid.UUID, user: User, form: FormData) -> None:
    judgement = _judgement(form, find(number, user))
    with db.session() as session:
        decisions.decide(session, number, user, judgement)


def _judgement(form: FormData, record: Record) -> Judgement:
    try:
        decision = Decision(str(form.get("decision", "")))
    except ValueError:
        raise UsageError("تأیید، رد یا ویرایش را برگزینید.") from None
    seen = str(form.get("seen", ""))
    reason = str(form.get("reason", "")) or None
    if decision is Decision.APPROVE:
        return Judgement(decision, seen)
    if decision is Decision.REJECT:
        if reason not in REASONS:
            raise UsageError("برای رد کردن، دلیل را برگزینید.")
        return Judgement(decision, seen, reason)
    return Judgement(decision, seen, typed=_typed(form, record))


def _typed(form: FormData, record: Record) -> dict[str, str]:
    # A form sends line breaks as CRLF, whatever was typed (HTML standard, 4.10.21.4); what is stored is what was typed.
    return {name: str(form.get(name, "")).replace("\r\n", "\n") for name in EDITABLE[record.kind]}
