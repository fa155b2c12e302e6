"""Clients with the session of any account, without the price of a log-in, and what an answer says to them."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import itsdangerous

from infra.admin.security import session_key, session_mark
from storage import db, users

CSRF = "token-of-this-session"


def cookie(name: str | None, **changed: Any) -> str:
    """The session cookie that a log-in would have given; `changed` is what it says otherwise."""
    now = int(time.time())
    said: dict[str, Any] = {"csrf": CSRF, "at": now, "seen": now}
    if name:
        with db.session() as session:
            user = users.named(session, name)
        said |= {"user": user.id, "mark": session_mark(user)}
    packed = base64.b64encode(json.dumps(said | changed).encode())
    return itsdangerous.TimestampSigner(session_key()).sign(packed).decode()


def client(site: str, name: str | None, **changed: Any) -> httpx.Client:
    """A client in the session of `name`, or in that of nobody."""
    return httpx.Client(base_url=site, cookies={"tabib": cookie(name, **changed)}, timeout=60)


def post(
    opened: httpx.Client,
    path: str,
    headers: Mapping[str, str] | None = None,
    csrf: str = CSRF,
    form: Mapping[str, str] | None = None,
) -> httpx.Response:
    """A change with the session's token as a form has it and as a script sends it."""
    sent = {"x-csrf": csrf} if csrf else {}
    return opened.post(path, data={"csrf": csrf, **(form or {})}, headers={**sent, **(headers or {})})


def outcome(answer: httpx.Response) -> str:
    """`log in`, `no` or `yes`: what the door said, whatever came of it inside."""
    if answer.headers.get("location") == "/login" or answer.status_code == 401:
        return "log in"
    return "no" if answer.status_code == 403 else "yes"
