"""What every request passes: response headers, the origin and CSRF checks of a change, and who is asking."""

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import FormData, Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storage import db, users
from storage.blobs import write_whole
from storage.models import User
from storage.settings import settings

CSP = "Content-Security-Policy"
HEADERS = {
    CSP: (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}  # a year: OWASP ASVS 5.0, 3.4.1
MAX_FORM_BYTES = 4 << 20  # a pair's edit is a few kilobytes; an article's a few hundred
CSRF = "csrf"
HOURS_LOGGED_IN = 12  # a working day; NIST SP 800-63B-4, 2.2.3 asks for a log-in anew at least each 24 hours
HOURS_IDLE = 2  # an open review page reports every few seconds, so that only who has gone is idle
SEEN_SECONDS = 60  # how finely idleness is noted: the cookie is written anew only so often


class SecurityHeaders:
    """Sets HEADERS on every answer, those of errors too, so it is outermost; static files may be cached."""

    def __init__(self, app: ASGIApp, https: bool = False) -> None:
        self.app = app
        self.headers = HEADERS | (HSTS if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._seal(
                    MutableHeaders(scope=message), scope["path"].startswith("/static/") and message["status"] < 400
                )
            await send(message)

        refusal = Response("فرم بی‌اندازه یا بزرگ‌تر از اندازه است.", 413)
        await (refusal if _too_large(scope) else self.app)(scope, receive, sealed)

    def _seal(self, headers: MutableHeaders, lasting: bool) -> None:
        own = headers.get(CSP, "")
        headers.update(self.headers)
        if own.startswith("sandbox;"):  # stricter than ours
            headers[CSP] = own
        if lasting:
            headers["Cache-Control"] = "max-age=86400"


def _too_large(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    length = headers.get("content-length", "" if scope["method"] == "POST" else "0")
    # A body in chunks tells no measure, and one that tells both kinds may be smuggled (RFC 9112, 6.3).
    return "transfer-encoding" in headers or not length.isdigit() or int(length) > MAX_FORM_BYTES


def session_key() -> str:
    """The key that signs session cookies: TABIB_SECRET_KEY, else one made once and kept in the data folder."""
    configured = settings().secret_key
    if configured is not None:
        return configured.get_secret_value()
    path = settings().home / "admin" / "session-key"
    if not path.exists():
        write_whole(path, secrets.token_hex(32).encode())  # mkstemp makes it readable by its owner alone
    return path.read_text()


def csrf_token(request: Request) -> str:
    """The token that this session's forms carry; none where a request failed before it had a session."""
    if "session" not in request.scope:
        return ""
    return str(request.session.setdefault(CSRF, secrets.token_urlsafe(32)))


async def checked_form(request: Request) -> FormData:
    """The posted form. Raises 403 when it comes from another site or without this session's token."""
    check_origin(request)
    form = await request.form(max_files=0, max_fields=20, max_part_size=MAX_FORM_BYTES)
    check_token(request, str(form.get(CSRF, "")))
    return form


def check_token(request: Request, given: str) -> None:
    """Raises 403 for what is not this session's token."""
    expected = str(request.session.get(CSRF, ""))
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(403, "نشست شما تازه شده است؛ صفحه را دوباره باز کنید.")


def check_origin(request: Request) -> None:
    """Raises 403 when a browser says that the request comes from another site."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "این درخواست از نشانی دیگری آمده است.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "این درخواست از نشانی دیگری آمده است.")


def begin_session(request: Request, user: User) -> None:
    """Make this the session of a person who proved who they are; nothing of an earlier session stays, nor its token."""
    now = int(time.time())
    request.session.clear()
    request.session.update(user=user.id, mark=session_mark(user), at=now, seen=now)


def session_mark(user: User) -> str:
    """What ties a session to its log-in. A log-out, a closed account, another password, role or factor end it."""
    proofs = f"{user.password_hash} {user.logouts} {user.totp_secret}"
    return hashlib.sha256(proofs.encode()).hexdigest()[:16]


def current_user(request: Request) -> User | None:
    """Who is logged in; None when nobody is, the session is too old, or something ended it since."""
    number = request.session.get("user")
    if number is None or _too_old(request):
        return None
    with db.session() as session:
        user = users.active(session, int(number))
    return user if user and request.session.get("mark") == session_mark(user) else None


def _too_old(request: Request) -> bool:
    now, began, seen = time.time(), request.session.get("at", 0), request.session.get("seen", 0)
    if not (0 <= now - began < HOURS_LOGGED_IN * 3600 and 0 <= now - seen < HOURS_IDLE * 3600):
        return True
    if now - seen > SEEN_SECONDS:
        request.session["seen"] = int(now)
    return False


def must_enrol(user: User) -> bool:
    """Whether this person's role must have a second factor (TABIB_REQUIRE_SECOND_FACTOR)."""
    return user.role in settings().require_second_factor.split(",")
