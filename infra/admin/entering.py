"""From a proof of who someone is to a session: at once, or after the code of their second factor."""

import logging
import time

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin import attempts, totp
from infra.admin.security import begin_session, session_mark
from storage import audit, db, second_factors, users
from storage.models import User

logger = logging.getLogger(__name__)
HALF_SECONDS = 300  # between the password and the code


def enter(request: Request, user: User) -> Response:
    """What follows the first proof; blocks on the database."""
    if user.totp_secret is None:
        return _within(request, user)
    request.session.clear()
    request.session.update(half=user.id, mark=session_mark(user), at=int(time.time()))
    return RedirectResponse("/login/code", 303)


def half_entered(request: Request) -> User | None:
    """Who gave the first proof and owes the second; None when nobody did lately."""
    number, since = request.session.get("half"), time.time() - request.session.get("at", 0)
    if number is None or not 0 <= since < HALF_SECONDS:
        return None
    with db.session() as session:
        user = users.active(session, int(number))
    return user if user and request.session.get("mark") == session_mark(user) else None


def enter_by_code(request: Request, user: User, code: str) -> Response | None:
    """The session after the second proof; None where the code is wrong or used."""
    with db.session() as session:
        proved = prove(session, user, code)
    if not proved:
        logger.warning("a code of %s's second factor was wrong", user.name)
        return None
    attempts.code_succeeded(user.id)
    return _within(request, user)


def prove(session: Session, user: User, code: str) -> bool:
    """Whether it is a code of this account's second factor, or a recovery code; it is used up."""
    typed = "".join(code.split())
    if len(typed) > 6:
        return second_factors.use_recovery(session, user.id, totp.recovery_hash(typed))
    step = totp.matching_step(totp.opened(user.id, user.totp_secret), typed) if user.totp_secret else None
    return step is not None and second_factors.use_step(session, user.id, step)


def _within(request: Request, user: User) -> Response:
    with db.session() as session:
        audit.note(session, user.name, "logged in", user.name)
    begin_session(request, user)
    return RedirectResponse("/", 303)
