"""Decisions as the page sends them: in their order, each in a transaction of its own, each once by its key.

An event's answer says what became of it; events after a failing service are not answered, and are sent again.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from infra.admin.language import look, words
from infra.admin.room.wire import answering, posted
from storage import db
from storage.errors import DiskFull, ServiceUnavailable, TabibError, UsageError
from storage.models import Decision, User
from storage.review import Conflict, Judgement, aside, decisions

MOST = 100  # events in a request; the page sends 20
TRIES = 2  # of one event: the same key sent by two tabs at once makes one of them wait, or fail once


class Event(BaseModel):
    """One press of a key. `of` is the key of what an undo takes back."""

    model_config = ConfigDict(extra="forbid")
    key: uuid.UUID
    kind: Literal["decide", "skip", "flag", "undo", "unset"]
    document: uuid.UUID
    of: uuid.UUID | None = None
    decision: Decision | None = None
    reason: str | None = None
    typed: dict[str, str] | None = None
    seen: Annotated[str, StringConstraints(max_length=64)] = ""
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    seconds: Annotated[float, Field(ge=0, le=3600)] | None = None


@answering
def events(request: Request) -> dict[str, Any]:
    """`{events}` → `{events: [{key, status, message}]}`: done, conflict or refused, in the order sent."""
    said = posted(request).get("events")
    if not isinstance(said, list) or len(said) > MOST:
        raise HTTPException(400)
    return {"events": _apply_all(said, request.state.user, look(request).language)}


def _apply_all(said: list[Any], user: User, language: str) -> list[dict[str, str]]:
    answers: list[dict[str, str]] = []
    for one in said:
        try:
            answers.append(_answer(one, user, language))
        except (ServiceUnavailable, DiskFull):
            if not answers:
                raise
            break
    return answers


def _answer(one: Any, user: User, language: str) -> dict[str, str]:
    key = str(one.get("key", "")) if isinstance(one, dict) else ""
    key = key if key.isascii() else ""
    try:
        status, message = _applied(Event.model_validate(one), user), ""
    except ValidationError:
        status, message = "refused", words(language)["room"]["refused"]
    except Conflict as error:
        status, message = "conflict", str(error)
    except UsageError as error:
        status, message = "refused", str(error)
    if message and language != "fa":
        message = words(language)["room"][status]
    return {"key": key, "status": status, "message": message}


def _applied(event: Event, user: User) -> str:
    for left in range(TRIES - 1, -1, -1):
        try:
            with db.session() as session:
                return _KINDS[event.kind](session, user, event)
        except (Conflict, UsageError, ServiceUnavailable, DiskFull):
            raise
        except TabibError as error:
            if not left:
                raise UsageError(str(error)) from None
    raise AssertionError


def _decide(session: Session, user: User, event: Event) -> str:
    if event.decision is None:
        raise UsageError("تأیید، رد یا ویرایش را برگزینید.")
    said = {"reason": event.reason, "typed": event.typed, "key": event.key, "seconds": event.seconds}
    decisions.decide(session, event.document, user, Judgement(event.decision, event.seen, **_given(said)))
    return "done"


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _skip(session: Session, user: User, event: Event) -> str:
    aside.skip(session, user, event.document, event.key)
    return "done"


def _flag(session: Session, user: User, event: Event) -> str:
    aside.flag(session, user, event.document, event.note, event.key)
    return "done"


def _undo(session: Session, user: User, event: Event) -> str:
    decisions.undo(session, user, event.of or event.key)
    return "done"


def _unset(session: Session, user: User, event: Event) -> str:
    aside.unset(session, user, event.of or event.key)
    return "done"


_KINDS: dict[str, Callable[[Session, User, Event], str]] = {
    "decide": _decide,
    "skip": _skip,
    "flag": _flag,
    "undo": _undo,
    "unset": _unset,
}
