"""Which record a person may open: an annotator's are those in the own queue, a lead's all."""

import datetime as dt
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
from storage.models import Claim, Document, Review, State, User
from storage.review import LEADS

__all__ = ["LEADS", "REVIEWERS", "of_own_queue", "refusal"]

REVIEWERS = ("annotator", *LEADS)


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
    holder = session.get(Claim, number)
    held = holder is not None and holder.expires_at > dt.datetime.now(dt.UTC)
    if holder and held and holder.user_id == user.id:
        return None
    judges = set(session.scalars(select(Review.user_id).where(Review.document_id == number)))
    if held and user.id not in judges:
        return "این مورد اکنون نزد همکار دیگری باز است."
    waits = session.scalar(select(Document.state).where(Document.id == number)) in (State.REVIEW.value, None)
    return None if user.id in judges or (waits and not judges) else "این مورد در صف شما نیست."


def _check(user: User, given: str) -> None:
    try:
        number = uuid.UUID(given)
    except ValueError:
        raise HTTPException(404, "چنین موردی نیست.") from None
    with db.session() as session:
        if why := refusal(session, user, number):
            raise HTTPException(403, why)
