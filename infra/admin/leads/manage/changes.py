"""What people may change of a row, as a form, and how each change is made: by the functions that everybody uses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from infra.admin.access import numbered
from infra.admin.leads import sites
from storage import db, editing, users
from storage.editing import Particulars
from storage.errors import UsageError
from storage.models import Document, User
from storage.review import room
from storage.review.room import Room
from storage.sources import Rules


@dataclass(frozen=True)
class Field:
    """One field of the form: its column, value, and `choices` where there are few."""

    name: str
    value: str
    kind: str = "text"
    choices: Sequence[str] = ()


def fields(session: Session, table: str, row: Mapping[str, Any]) -> list[Field]:
    """The form for a row of one of the tables that have one."""
    if table == "documents":
        now = editing.particulars(session, session.get_one(Document, row["id"]))
        names = users.names(session)
        return [
            Field("speciality", now.speciality or ""),
            Field("urgency", str(now.urgency), "number"),
            Field("assignee", now.assignee or "", choices=("", *names)),
        ]
    if table == "users":
        return [
            Field("role", row["role"], choices=users.ROLES),
            Field("active", "true" if row["active"] else "false", choices=("true", "false")),
        ]
    if table == "sources":
        return [
            Field("paused", "true" if row["paused"] else "false", choices=("true", "false")),
            Field("delay", f"{row['delay']:g}" if row["delay"] else "", "number"),
            Field("hours", row["hours"] or ""),
        ]
    return [
        Field("overlap_share", f"{row['overlap_share']:g}", "number"),
        Field("gold_every", str(row["gold_every"]), "number"),
    ]


def apply(user: User, table: str, form: FormData) -> None:
    """Make the change. Raises UsageError or Conflict, in Persian, for what may not be."""
    APPLIED[table](user, {name: str(value).strip() for name, value in form.items()})


def _document(user: User, said: Mapping[str, str]) -> None:
    number = numbered(said["key"])
    urgency = int(_number(said.get("urgency", "0") or "0", int))
    wanted = Particulars(said.get("speciality") or None, urgency, said.get("assignee") or None)
    with db.session() as session:
        editing.change(session, user, number, wanted)


def _user(user: User, said: Mapping[str, str]) -> None:
    with db.session() as session:
        row = session.get(User, int(_number(said["key"], int)))
        if row is None:
            raise UsageError("چنین حسابی نیست.")
        role, active = said.get("role", row.role), said.get("active") == "true"
        if row.id == user.id and (role, active) != (row.role, row.active):
            raise UsageError("نقش و حساب خودتان را مدیر دیگری تغییر می‌دهد.")
        if role not in users.ROLES:
            raise UsageError("چنین نقشی نیست.")
        if role != row.role:
            users.set_role(session, row.name, role, user.name)
        if active != row.active:
            (users.activate if active else users.deactivate)(session, row.name, user.name)


def _source(user: User, said: Mapping[str, str]) -> None:
    delay = _number(said.get("delay", "") or "0", float)
    sites.set_rules(user, said["key"], Rules(said.get("paused") == "true", delay or None, said.get("hours") or None))


def _room(user: User, said: Mapping[str, str]) -> None:
    wanted = Room(_number(said.get("overlap_share", ""), float), int(_number(said.get("gold_every", ""), int)))
    with db.session() as session:
        room.change(session, user, wanted)


def _number(word: str, kind: Callable[[str], float]) -> float:
    try:
        return kind(word)
    except ValueError:
        raise UsageError(f"{word[:40]!r} عدد نیست.") from None


APPLIED: Mapping[str, Callable[[User, Mapping[str, str]], None]] = {
    "documents": _document,
    "users": _user,
    "sources": _source,
    "room_settings": _room,
}
