"""A record's own page: its texts, its history, and another decision about it; and the first page, with counts."""

import uuid
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin.access import NO_SUCH, REVIEWERS, numbered, of_own_queue
from infra.admin.accounts import logged_in, only
from infra.admin.guide import titles
from infra.admin.language import look
from infra.admin.pages import page
from infra.admin.security import checked_form
from infra.admin.shown import Record, load
from storage import db
from storage.errors import UsageError
from storage.models import Decision, User
from storage.review import EDITABLE, REASONS, Conflict, Judgement, decisions
from storage.review.showing import states


@logged_in
async def home(request: Request) -> Response:
    """How much there is in each state."""
    return page(request, "home.html", counts=await run_in_threadpool(_counts))


@only(*REVIEWERS)
@of_own_queue
async def show(request: Request) -> Response:
    """One record with its history, whatever its state."""
    return await _shown(request, 200, None)


@only(*REVIEWERS)
@of_own_queue
async def decide(request: Request) -> Response:
    """Record the posted decision; one that cannot be taken is shown with its record and what was typed."""
    form = await checked_form(request)
    number = numbered(request.path_params["document"])
    try:
        await run_in_threadpool(_decide, number, request.state.user, form)
    except (Conflict, UsageError) as error:
        return await _shown(request, 409 if isinstance(error, Conflict) else 422, (str(error), form))
    return RedirectResponse(f"/records/{number}", 303)


async def _shown(request: Request, status: int, refused: tuple[str, FormData] | None) -> Response:
    language = look(request).language
    record = await run_in_threadpool(find, numbered(request.path_params["document"]), request.state.user, language)
    if refused:
        record = with_typed(record, refused[1])
    told = {"titles": titles(language), "message": refused[0] if refused else None}
    return page(request, "record.html", status, record=record, **told)


def find(number: uuid.UUID, user: User, language: str) -> Record:
    """The record of that id; 404 when there is none."""
    with db.session() as session:
        record = load(session, number, user, language)
    if record is None:
        raise HTTPException(404, NO_SUCH)
    return record


def with_typed(record: Record, form: FormData) -> Record:
    """The record with the text of an edit that was not taken, so that nobody types it again."""
    if form.get("decision") != Decision.EDIT:
        return record
    return replace(record, typed=_typed(form, record.kind))


def _counts() -> dict[str, int]:
    with db.session() as session:
        return states(session)


def _decide(number: uuid.UUID, user: User, form: FormData) -> None:
    judgement = _judgement(form, find(number, user, "fa").kind)
    with db.session() as session:
        decisions.decide(session, number, user, judgement)


def _judgement(form: FormData, kind: str) -> Judgement:
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
    return Judgement(decision, seen, typed=_typed(form, kind))


def _typed(form: FormData, kind: str) -> dict[str, str]:
    # A form sends line breaks as CRLF, whatever was typed (HTML standard, 4.10.21.4); what is stored is what was typed.
    return {name: str(form.get(name, "")).replace("\r\n", "\n") for name in EDITABLE[kind]}
