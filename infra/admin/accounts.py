"""Log in, log out, and the door before every other page."""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin import attempts, entering
from infra.admin.language import say
from infra.admin.pages import page
from infra.admin.security import checked_form, current_user, must_enrol
from storage import db, users
from storage.models import User
from storage.review import queue
from storage.settings import settings

logger = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]


def signed_in(handler: Handler) -> Handler:
    """Let only a logged-in user through; anyone else is shown the log-in page."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        user = await run_in_threadpool(current_user, request)
        if user is None:
            request.session.clear()
            return RedirectResponse("/login", 303)
        request.state.user = user
        return await handler(request)

    return guarded


def logged_in(handler: Handler) -> Handler:
    """The same, and whose role must have a second factor turns it on first."""

    @signed_in
    @wraps(handler)
    async def guarded(request: Request) -> Response:
        user: User = request.state.user
        if must_enrol(user) and not user.totp_secret:
            return RedirectResponse("/account", 303)
        return await handler(request)

    return guarded


def only(*roles: str) -> Callable[[Handler], Handler]:
    """Let only a logged-in user of one of these roles through; another is told that the page is not theirs."""

    def decorated(handler: Handler) -> Handler:
        @logged_in
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            if request.state.user.role not in roles:
                raise HTTPException(403, say(request, "site", "not_yours"))
            return await handler(request)

        return guarded

    return decorated


def login_page(request: Request, status: int = 200, message: str | None = None) -> Response:
    """The log-in form, with a message of the catalogue's section `account`."""
    told = say(request, "account", message) if message else None
    return page(request, "login.html", status, message=told, organisation=settings().oidc_issuer is not None)


async def login(request: Request) -> Response:
    """The log-in form, and its answer."""
    if request.method == "GET":
        return login_page(request)
    form = await checked_form(request)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    address = request.client.host if request.client else "unknown"
    if not await run_in_threadpool(attempts.admitted, name, address):
        return login_page(request, 429, "too_many")
    async with request.app.state.verifying:
        user = await run_in_threadpool(_authenticate, name, password)
    if user is None:
        logger.warning("a log-in from %s failed", address)  # a name typed may be a password
        return login_page(request, 403, "not_known")
    await run_in_threadpool(attempts.succeeded, name, address)
    return await run_in_threadpool(entering.enter, request, user)


def _authenticate(name: str, password: str) -> User | None:
    if "\x00" in name:
        return None
    with db.session() as session:
        return users.authenticate(session, name, password)


@signed_in
async def logout(request: Request) -> Response:
    """End this person's sessions, copied cookies too, and give back what was open."""
    await checked_form(request)
    await run_in_threadpool(_leave, request.state.user.id)
    request.session.clear()
    return RedirectResponse("/login", 303)


def _leave(user_id: int) -> None:
    with db.session() as session:
        users.log_out(session, user_id)
        queue.release(session, user_id)


async def failure(request: Request, error: Exception) -> Response:
    """A page for what went wrong; nothing of the inside is shown."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 403:
        who = getattr(getattr(request.state, "user", None), "name", "nobody")
        logger.warning(" ".join(f"{request.method} {request.url.path} was refused to {who}".split()))
    message = error.detail if isinstance(error, HTTPException) and status in (403, 404, 409) else None
    return page(request, "failure.html", status, message=message or say(request, "site", "failed"))


async def unavailable(request: Request, error: Exception) -> Response:
    """A page for a service that is down; the log gets one line that says which."""
    logger.error(" ".join(f"{request.method} {request.url.path}: {error}".split()))
    return page(request, "failure.html", 503, message=say(request, "site", "unavailable"))
