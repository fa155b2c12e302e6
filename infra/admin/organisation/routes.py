"""The way to the provider and back.

What the browser brings back is in a cookie of its own: the session's is `SameSite=Strict`, which a browser does not
send when it comes from another site. For the same reason the way back ends on a page of ours, which leads on by itself.
"""

import hmac
import logging
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin import entering
from infra.admin.accounts import login_page
from infra.admin.language import say
from infra.admin.organisation import provider
from infra.admin.organisation.provider import Asked, Refused
from infra.admin.pages import page
from infra.admin.security import session_key
from storage import db, users
from storage.models import User
from storage.settings import settings

logger = logging.getLogger(__name__)
COOKIE = "tabib_organisation"
PATH = "/login/organisation"
SECONDS = 600  # to log in at the provider


async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    if settings().oidc_issuer is None:
        raise HTTPException(404, say(request, "account", "no_organisation"))
    address, asked = await run_in_threadpool(provider.ask, _redirect(request))
    answer = RedirectResponse(address, 303)
    secure = request.app.state.https
    kept = _signer().dumps([asked.state, asked.nonce, asked.verifier])
    answer.set_cookie(_cookie(secure), kept, SECONDS, path=PATH, secure=secure, httponly=True, samesite="lax")
    return answer


async def callback(request: Request) -> Response:
    """Take who comes back with a code, if the provider's word is good and the account known here."""
    if settings().oidc_issuer is None:
        raise HTTPException(404, say(request, "account", "no_organisation"))
    try:
        asked = _asked(request)
        claims = await run_in_threadpool(provider.redeem, _redirect(request), asked, request.query_params["code"])
        user = await run_in_threadpool(_known, claims)
    except Refused as refused:
        logger.warning("a log-in through the organisation was refused: %s", refused)
        answer = login_page(request, 422, "not_taken")
    else:
        onward = await run_in_threadpool(entering.enter, request, user)
        answer = page(request, "entered.html", onward=onward.headers["location"])
        answer.headers["Refresh"] = f"0; url={onward.headers['location']}"
    secure = request.app.state.https
    answer.delete_cookie(_cookie(secure), path=PATH, secure=secure, httponly=True, samesite="lax")
    return answer


def _asked(request: Request) -> Asked:
    try:
        asked = Asked(*_signer().loads(request.cookies.get(_cookie(request.app.state.https), ""), max_age=SECONDS))
    except BadSignature:
        raise Refused("it was not begun by this browser, or too long ago") from None
    if not hmac.compare_digest(asked.state.encode(), request.query_params.get("state", "").encode()):
        raise Refused("its state is another's")
    if "code" not in request.query_params:
        raise Refused("the provider gave no code")
    # RFC 9207: who answers, where the provider tells.
    if request.query_params.get("iss", settings().oidc_issuer) != settings().oidc_issuer:
        raise Refused("another provider answered")
    return asked


def _known(claims: dict[str, Any]) -> User:
    email = claims.get("email") if claims.get("email_verified") is True else None
    with db.session() as session:
        user = users.of_organisation(session, claims["sub"], email)
    if user is None:
        raise Refused("no account here is linked with it")
    return user


def _redirect(request: Request) -> str:
    scheme = "https" if request.app.state.https else request.url.scheme
    return f"{scheme}://{request.url.netloc}{PATH}/callback"


def _cookie(secure: bool) -> str:
    return f"__Secure-{COOKIE}" if secure else COOKIE


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(session_key(), salt="tabib organisation")
