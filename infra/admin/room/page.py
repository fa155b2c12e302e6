"""The room's page: what it shows in every record's stead, and what its script is given."""

from typing import Any

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cleaning.privacy.kinds import PLACEHOLDERS
from infra.admin.access import REVIEWERS
from infra.admin.accounts import only
from infra.admin.guide import guide, titles
from infra.admin.language import DIGITS, look, words
from infra.admin.pages import page
from infra.admin.room.wire import answering
from infra.admin.security import csrf_token
from storage import db
from storage.models import Source, User
from storage.review import REASONS, training

KEYS = {
    "approve": "A",
    "reject": "R",
    "edit": "E",
    "skip": "S",
    "flag": "F",
    "undo": "U",
    "guideline": "G",
    "differences": "D",
    "measures": "M",
    "open": "O",
    "keys": "?",
}
"""As static/room/keys.js has them."""
OF_FIELDS = {
    "short": ("question", "answer", "text"),
    "no": ("question", "answer", "text"),
    "long": ("pair", "text"),
    "repeated": ("pair", "question", "answer", "text"),
    "near": ("pair", "answer", "text"),
    "canned": ("answer",),
}
"""Findings whose name ends in the field they are about."""


@only(*REVIEWERS)
async def show(request: Request) -> Response:
    """The page; who has not passed the training round is sent there first."""
    passed, sources = await run_in_threadpool(_ready, request.state.user)
    if not passed:
        return RedirectResponse("/training", 303)
    language = look(request).language
    told = {"guide": guide(), "titles": titles(language), "sources": sources, "found": reasons_found(language)}
    return page(request, "room.html", 200, given=_given(request, language), KEYS=KEYS, **told)


@answering
def door(request: Request) -> dict[str, Any]:
    """Who is logged in, and the token of this log-in: for a page that was open before it."""
    return {"user": request.state.user.id, "csrf": csrf_token(request)}


def _ready(user: User) -> tuple[bool, list[str]]:
    with db.session() as session:
        return training.passed(session, user, guide().version), list(
            session.scalars(select(Source.name).order_by(Source.name))
        )


def _given(request: Request, language: str) -> dict[str, Any]:
    said = words(language)
    return {
        "user": request.state.user.id,
        "csrf": csrf_token(request),
        "words": said["room"],
        "digits": DIGITS[language],
        "reasons": list(REASONS),
        "placeholders": dict.fromkeys(PLACEHOLDERS.values(), f"{said['room']['masked']}"),
    }


def reasons_found(language: str) -> dict[str, str]:
    """What cleaning may have found, by the name it has in verdicts: for the filter bar."""
    said = words(language)
    plain = {name: said["found"][name] for name in said["found"] if name not in OF_FIELDS}
    of_fields = {
        f"{name}_{field}": f"{said['found'][name]} ({said['fields'][field]})"
        for name, fields in OF_FIELDS.items()
        for field in fields
    }
    return of_fields | plain
