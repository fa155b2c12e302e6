"""Which record a person may open: an annotator's are those in the own queue, a lead's all."""

import uuid
from functools import wraps

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infra.admin.accounts import Handler
from storage import db
from storage.models import Document, Purpose, Review, State, User
from storage.review import LEADS, REVIEWERS, leases

__all__ = ["LEADS", "NO_SUCH", "REVIEWERS", "numbered", "of_own_queue", "refusal"]

NO_SUCH = "چنین موردی نیست."


def of_own_queue(handler: Handler) -> Handler:
    """Let a reviewer through to the record in the path only where they may open it; for handlers behind `only`."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        await run_in_threadpool(_check, request.state.user, request.path_params["document"])
        return await handler(request)

    return guarded


def refusal(session: Session, user: User, number: uuid.UUID) -> str | None:
    """Why this person may not open the record, in Persian; None where they may, or it does not exist.

    An annotator opens what they hold, what they decided, and what waits for anybody: held by nobody else, and judged
    by nobody else, so that a second opinion is given without the first.
    """
    if user.role in LEADS:
        return None
    holder = leases.holder(session, number)
    if holder == user.id:
        return None
    # Who answered a question with a known answer is not told by its page what others decided.
    told = Review.document_id == number, Review.purpose != Purpose.GOLD.value
    judges = set(session.scalars(select(Review.user_id).where(*told)))
    if holder is not None and user.id not in judges:
        return "این مورد اکنون نزد همکار دیگری باز است."
    waits = session.scalar(select(Document.state).where(Document.id == number)) in (State.REVIEW.value, None)
    return None if user.id in judges or (waits and not judges) else "این مورد در صف شما نیست."


def numbered(given: object) -> uuid.UUID:
    """The id of a record, as a path or a form gives it. Raises 404 for what is none."""
    try:
        return uuid.UUID(str(given))
    except ValueError:
        raise HTTPException(404, NO_SUCH) from None


def _check(user: User, given: str) -> None:
    number = numbered(given)
    with db.session() as session:
        if why := refusal(session, user, number):
            raise HTTPException(403, why)
