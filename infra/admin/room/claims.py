"""The next records for the page, the renewal of what it holds, and what it gives back."""

import uuid
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from infra.admin.access import REVIEWERS
from infra.admin.accounts import only
from infra.admin.guide import guide
from infra.admin.language import look
from infra.admin.room.filters import filters
from infra.admin.room.records import records
from infra.admin.room.wire import answering, posted
from infra.admin.security import checked_form
from storage import db
from storage.models import User
from storage.review import queue, training
from storage.review.filters import Filters

COUNTED = 200  # of what is left: no more is told than that there is more
MOST = 200  # documents that a page may name at once


@answering
def claim(request: Request) -> dict[str, Any]:
    """`{want, filters, have}` → `{records, left}`: the person's open records first, then new ones, at most `want`.

    Those that the page says it has are leased like the others and not told again.
    """
    body = posted(request)
    want, have = body.get("want"), _ids(body.get("have", []))
    if not isinstance(want, int) or not isinstance(body.get("filters", {}), dict):
        raise HTTPException(400)
    chosen = filters(body.get("filters", {}))
    return _claim(request.state.user, (want, chosen, set(have)), look(request).language)


@answering
def beat(request: Request) -> dict[str, Any]:
    """`{documents}` → `{held}`: those still this person's, renewed."""
    documents = _ids(posted(request).get("documents"))
    with db.session() as session:
        return {"held": [str(held) for held in queue.renew(session, request.state.user.id, documents)]}


@only(*REVIEWERS)
async def leave(request: Request) -> Response:
    """Give records back: a form, as a browser sends it while its page closes; `documents` separated by commas."""
    try:
        form = await checked_form(request)
    except ClientDisconnect:  # the browser was gone before it had said which: their leases end by themselves
        return Response(status_code=204)
    documents = _ids([part for part in str(form.get("documents", "")).split(",") if part])
    await run_in_threadpool(_release, request.state.user.id, documents)
    return Response(status_code=204)


def _claim(user: User, asked: tuple[int, Filters, set[uuid.UUID]], language: str) -> dict[str, Any]:
    want, chosen, have = asked
    with db.session() as session:
        if not training.passed(session, user, guide().version):
            raise HTTPException(403)
        documents = [one for one in queue.claim(session, user, want, chosen, list(have)) if one.id not in have]
        left = queue.left(session, user.id, chosen, COUNTED)
        shown = records(session, user, documents, language)
    return {"records": shown, "left": {"count": left, "more": left == COUNTED}}


def _release(user_id: int, documents: list[uuid.UUID]) -> None:
    with db.session() as session:
        queue.release(session, user_id, documents)


def _ids(said: object) -> list[uuid.UUID]:
    if not isinstance(said, list) or len(said) > MOST:
        raise HTTPException(400)
    try:
        return [uuid.UUID(one) for one in said]
    except (ValueError, AttributeError, TypeError):
        raise HTTPException(400) from None
