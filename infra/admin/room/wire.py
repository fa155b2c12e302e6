"""What the page posts: JSON of this site, of a logged-in person, with the session's token in a header."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.admin.access import REVIEWERS
from infra.admin.security import check_origin, check_token, current_user, must_enrol

Answer = Callable[[Request], dict[str, Any]]
Handler = Callable[[Request], Awaitable[Response]]


def answering(answer: Answer) -> Handler:
    """A route that answers reviewers JSON: 401 to whom nobody knows, so that a page can wait for the next log-in.

    All is done in one turn of one thread of the room's own: a turn costs as much as finding out who asks, and pages of
    figures that take seconds hold up no annotator.
    """

    @wraps(answer)
    async def answered(request: Request) -> Response:
        request.state.body = await request.body()
        return await to_thread.run_sync(_answered, request, answer, limiter=request.app.state.turns)

    return answered


def _answered(request: Request, answer: Answer) -> Response:
    user = current_user(request)
    if user is None or (must_enrol(user) and not user.totp_secret):
        return JSONResponse({}, 401)
    if user.role not in REVIEWERS:
        return JSONResponse({}, 403)
    request.state.user = user
    return JSONResponse(answer(request))


def posted(request: Request) -> dict[str, Any]:
    """The object posted to a route of `answering`.

    Raises 403 for another site's or without this session's token, 400 for what is no object.
    """
    check_origin(request)
    check_token(request, request.headers.get("x-csrf", ""))
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(400)
    try:
        body = json.loads(request.state.body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(body, dict):
        raise HTTPException(400)
    return body
