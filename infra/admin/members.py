"""`infra user`: the accounts of the admin, from the command line."""

import json
import sys
from getpass import getpass

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from storage import db, schema, second_factors, users
from storage.errors import UsageError
from storage.models import User


def add(name: str, role: str, password_stdin: bool) -> None:
    """Make a user, reading the password without showing it."""
    schema.require_head()
    chosen = _read(password_stdin)
    with db.session() as session:
        users.add(session, name, chosen, role)
    Console().print(f"{name} may log in as {role}", highlight=False)


def password(name: str, password_stdin: bool) -> None:
    """Give a user another password."""
    schema.require_head()
    with db.session() as session:
        users.named(session, name)
    chosen = _read(password_stdin)
    with db.session() as session:
        users.set_password(session, users.named(session, name), chosen)
    Console().print(f"{name} has another password", highlight=False)


def role(name: str, chosen: str) -> None:
    """Give a user another role."""
    schema.require_head()
    with db.session() as session:
        users.set_role(session, name, chosen)
    Console().print(f"{name} is {chosen} from the next log-in on", highlight=False)


def reset_second_factor(name: str) -> None:
    """Take a user's second factor away."""
    schema.require_head()
    with db.session() as session:
        second_factors.turn_off(session, users.named(session, name).id, "command line")
    Console().print(f"{name} logs in by password alone until they turn a second factor on", highlight=False)


def link(name: str, subject: str | None, email: str | None) -> None:
    """Link a user with an account of the organisation's provider, or with none."""
    schema.require_head()
    with db.session() as session:
        users.link(session, name, subject, email)
    told = "may log in through the organisation" if subject or email else "logs in by password alone"
    Console().print(f"{name} {told}", highlight=False)


def _read(password_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if password_stdin else _asked()


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password: use --password-stdin")
    first, second = getpass("password: "), getpass("once more: ")
    if first != second:
        raise UsageError("the two passwords differ")
    return first


def show(as_json: bool) -> None:
    """Print every user."""
    schema.require_head()
    with db.session() as session:
        rows = [
            {"name": u.name, "role": u.role, "active": u.active, "second_factor": u.totp_secret is not None}
            for u in session.scalars(select(User).order_by(User.id))
        ]
    if as_json:
        Console().print_json(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("name", "role", "active", "second factor")
    for row in rows:
        words = ["yes" if row[name] else "no" for name in ("active", "second_factor")]
        table.add_row(str(row["name"]), str(row["role"]), *words)
    Console().print(table)


def deactivate(name: str) -> None:
    """Shut a user out."""
    schema.require_head()
    with db.session() as session:
        users.deactivate(session, name)
    Console().print(f"{name} is shut out", highlight=False)


def activate(name: str) -> None:
    """Let a user in again."""
    schema.require_head()
    with db.session() as session:
        users.activate(session, name)
    Console().print(f"{name} may log in again", highlight=False)
