"""The account's own page: turn a second factor on, by a code that proves it works, and off; and the code at log-in."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin import attempts, entering, totp
from infra.admin.accounts import signed_in
from infra.admin.language import say
from infra.admin.pages import page
from infra.admin.security import begin_session, checked_form, must_enrol
from storage import db, second_factors, users
from storage.models import User

DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


async def code(request: Request) -> Response:
    """Ask who gave the password for the code, and take it."""
    user = await run_in_threadpool(entering.half_entered, request)
    if user is None:
        return RedirectResponse("/login", 303)
    if request.method == "GET":
        return page(request, "code.html")
    form = await checked_form(request)
    if not await run_in_threadpool(attempts.code_admitted, user.id):
        return page(request, "code.html", 429, message=say(request, "account", "too_many"))
    entered = await run_in_threadpool(entering.enter_by_code, request, user, _code(form))
    return entered or page(request, "code.html", 403, message=say(request, "factor", "wrong"))


@signed_in
async def account(request: Request) -> Response:
    """What there is to say of the account."""
    return await shown(request)


@signed_in
async def begin(request: Request) -> Response:
    """Show a new secret to who gives the password."""
    form = await checked_form(request)
    user: User = request.state.user
    if user.totp_secret:
        return await shown(request, 409, message=say(request, "factor", "is_on"))
    if not await run_in_threadpool(attempts.code_admitted, user.id):
        return await shown(request, 429, message=say(request, "account", "too_many"))
    async with request.app.state.verifying:
        drawn = await run_in_threadpool(_propose, user, str(form.get("password", "")))
    if drawn is None:
        return await shown(request, 422, message=say(request, "account", "wrong"))
    return await shown(request, **drawn)


@signed_in
async def confirm(request: Request) -> Response:
    """Turn it on by a code, and show the recovery codes this once."""
    form = await checked_form(request)
    user: User = request.state.user
    if not await run_in_threadpool(attempts.code_admitted, user.id):
        return await shown(request, 429, message=say(request, "account", "too_many"))
    codes = totp.new_recovery_codes()
    turned_on = await run_in_threadpool(_turn_on, user, _code(form), codes)
    if turned_on is None:
        return await shown(request, 422, message=say(request, "factor", "wrong_begin"))
    await run_in_threadpool(attempts.code_succeeded, user.id)
    return await _renewed(request, turned_on, codes)


@signed_in
async def renew(request: Request) -> Response:
    """Give other recovery codes to who gives a code."""
    refusal = await _refused(request)
    if refusal:
        return refusal
    codes = totp.new_recovery_codes()
    await run_in_threadpool(_renew, request.state.user, codes)
    return await _renewed(request, request.state.user, codes)


@signed_in
async def turn_off(request: Request) -> Response:
    """Turn it off for who gives a code, and log them out everywhere."""
    refusal = await _refused(request)
    if refusal:
        return refusal
    if must_enrol(request.state.user):
        return await shown(request, 409, message=say(request, "factor", "must_stay"))
    await run_in_threadpool(_turn_off, request.state.user)
    request.session.clear()
    return RedirectResponse("/login", 303)


async def _refused(request: Request) -> Response | None:
    form = await checked_form(request)
    user: User = request.state.user
    if not await run_in_threadpool(attempts.code_admitted, user.id):
        return await shown(request, 429, message=say(request, "account", "too_many"))
    if not await run_in_threadpool(_proved, user, _code(form)):
        return await shown(request, 422, message=say(request, "factor", "wrong"))
    return None


async def _renewed(request: Request, user: User, codes: list[str]) -> Response:
    begin_session(request, user)
    request.state.user = user
    return await shown(request, codes=codes)


async def shown(request: Request, status: int = 200, **values: Any) -> Response:
    """The account's page."""
    user: User = request.state.user
    left = await run_in_threadpool(_left, user.id)
    parts = {"drawn": None, "secret": None, "codes": None, "left": left, "required": must_enrol(user)}
    return page(request, "account.html", status, **(parts | values))


def _code(form: FormData) -> str:
    # A Persian keyboard types Persian digits.
    return str(form.get("code", "")).translate(DIGITS)[:64]


def _propose(user: User, password: str) -> dict[str, Any] | None:
    secret = totp.new_secret()
    with db.session() as session:
        if users.authenticate(session, user.name, password) is None:
            return None
        second_factors.propose(session, user.id, totp.sealed(user.id, secret))
    return {"drawn": totp.drawn(totp.address(user.name, secret)), "secret": secret}


def _turn_on(user: User, typed: str, codes: list[str]) -> User | None:
    pending = user.totp_pending
    step = totp.matching_step(totp.opened(user.id, pending), typed) if pending else None
    if pending is None or step is None:
        return None
    with db.session() as session:
        return second_factors.turn_on(session, user.id, (pending, step), [totp.recovery_hash(each) for each in codes])


def _renew(user: User, codes: list[str]) -> None:
    with db.session() as session:
        second_factors.renew_codes(session, user.id, [totp.recovery_hash(each) for each in codes])


def _turn_off(user: User) -> None:
    with db.session() as session:
        second_factors.turn_off(session, user.id, user.name)


def _proved(user: User, typed: str) -> bool:
    with db.session() as session:
        proved = entering.prove(session, user, typed)
    if proved:
        attempts.code_succeeded(user.id)
    return proved


def _left(user_id: int) -> int:
    with db.session() as session:
        return second_factors.codes_left(session, user_id)
