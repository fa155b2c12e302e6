"""The round on invented records before the first real one: each answer is explained, what was wrong comes again."""

from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infra.admin.access import REVIEWERS
from infra.admin.accounts import only
from infra.admin.guide import Task, guide, titles
from infra.admin.language import look
from infra.admin.pages import page
from infra.admin.security import checked_form
from storage import db
from storage.models import Decision, User
from storage.review import REASONS, training


class Feedback(NamedTuple):
    """What is told after an answer."""

    right: bool


@only(*REVIEWERS)
async def show(request: Request) -> Response:
    """The next record of the round, or that it is passed."""
    answered = await run_in_threadpool(_answered, request.state.user)
    return _shown(request, answered, _next(answered), None)


@only(*REVIEWERS)
async def answer(request: Request) -> Response:
    """Note an answer and tell what is right, and why."""
    form = await checked_form(request)
    task = next((one for one in guide().training if one.id == form.get("task")), None)
    said = str(form.get("answer", ""))
    if task is None or said not in ("approve", *REASONS):
        raise HTTPException(404, "چنین نمونه‌ای در راهنما نیست.")
    right = said == (task.reason or task.decision)
    answered = await run_in_threadpool(_note, request.state.user, task, said)
    return _shown(request, answered, task, Feedback(right))


def _shown(request: Request, answered: dict[str, bool], task: Task | None, feedback: Feedback | None) -> Response:
    total, named = len(guide().training), titles(look(request).language)
    told = {"feedback": feedback, "right": sum(answered.values()), "total": total, "titles": named}
    return page(request, "training.html", 200, task=task, **told)


def _next(answered: dict[str, bool]) -> Task | None:
    """The first that was not answered, else the first that was answered wrongly."""
    left = [task for task in guide().training if not answered.get(task.id)]
    return next((task for task in left if task.id not in answered), left[0] if left else None)


def _answered(user: User) -> dict[str, bool]:
    with db.session() as session:
        return _right(training.round(session, user, guide().version).answered)


def _note(user: User, task: Task, said: str) -> dict[str, bool]:
    decision, reason = (Decision.APPROVE, None) if said == "approve" else (Decision.REJECT, said)
    given = training.Answer(task.id, decision, reason, said == (task.reason or task.decision))
    with db.session() as session:
        begun = training.round(session, user, guide().version)
        names = [one.id for one in guide().training]
        return _right(training.answer(session, begun, given, names).answered)


def _right(answered: dict[str, dict[str, bool]]) -> dict[str, bool]:
    return {name: row["right"] for name, row in answered.items()}
