"""What every request passes: response headers, the origin and CSRF checks of a change, and who is asking."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from storage import db, users
from storage.blobs import write_whole
from storage.models import User
from storage.settings import settings

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAX_FORM_BYTES = 4 << 20  # a pair's edit is a few kilobytes; an article's a few hundred
CSRF = "csrf"


class SecurityHeaders(BaseHTTPMiddleware):
    """Sets HEADERS on every answer; static files may be cached."""

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Starlette's hook."""
        length = request.headers.get("content-length", "" if request.method == "POST" else "0")
        if not length.isdigit() or int(length) > MAX_FORM_BYTES:
            response = Response("فرم بی‌اندازه یا بزرگ‌تر از اندازه است.", 413)
        else:
            response = await call_next(request)
        response.headers.update(HEADERS)
        if request.url.path.startswith("/static/"):
            response.headers["Cache-Control"] = "max-age=86400"
        return response


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
    """The token that this session's forms carry."""
    return str(request.session.setdefault(CSRF, secrets.token_urlsafe(32)))


async def checked_form(request: Request) -> FormData:
    """The posted form. Raises 403 when it comes from another site or without this session's token."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "این درخواست از نشانی دیگری آمده است.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "این درخواست از نشانی دیگری آمده است.")
    form = await request.form(max_files=0, max_fields=20, max_part_size=MAX_FORM_BYTES)
    expected, given = request.session.get(CSRF, ""), str(form.get(CSRF, ""))
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(403, "نشست شما تازه شده است؛ صفحه را دوباره باز کنید.")
    return form


def password_mark(user: User) -> str:
    """What ties a session to the password it was opened with: a changed password ends it."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def current_user(request: Request) -> User | None:
    """Who is logged in; None when nobody is, or the account was closed since."""
    number = request.session.get("user")
    if number is None:
        return None
    with db.session() as session:
        user = users.active(session, int(number))
    return user if user and request.session.get("mark") == password_mark(user) else None
