"""Whether the audit's chain is whole: reads it from its first row and tells the first that is not as it was written."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from storage.audit_chain import GENESIS, Head, digest
from storage.models import AuditEvent

READ_AT_ONCE = 5_000
COLUMNS = ("id", "at", "actor", "action", "subject", "prev_hash")
LONGEST_WHOLE = 30  # digits of a number that is read as whole: more than any that was written so


@dataclass(frozen=True)
class Broken:
    """The first row that is wrong. `kind` is changed, missing, out of order, or cut (of rows noted as the head)."""

    row: int
    kind: str
    message: str


@dataclass(frozen=True)
class Account:
    """What was read: `rows` that are whole, the last of them, and what comes after if it is broken."""

    rows: int
    head: Head
    broken: Broken | None = None


def verify(session: Session, expected: Sequence[Head] = ()) -> Account:
    """Read the chain and hold every row against its hash and the one before; memory does not grow with it.

    `expected` are heads noted earlier: they must still be in the chain.
    """
    table = AuditEvent.__table__.c
    # Read as text: what somebody put there may be no number that the driver takes.
    detail = cast(table["detail"], Text).label("detail")
    query = select(*(table[name] for name in COLUMNS), detail, table["hash"]).order_by(table["id"])
    with session.execute(query, execution_options={"yield_per": READ_AT_ONCE}) as rows:
        found = _walk(rows.mappings(), expected)
    if found.broken and found.broken.kind == "missing" and _moved(session, found.broken.row):
        message = f"row {found.broken.row} follows a row that does not stand before it"
        return Account(found.rows, found.head, Broken(found.broken.row, "out of order", message))
    return found


def _walk(rows: Iterable[Any], expected: Sequence[Head]) -> Account:
    noted = {head.number: head.hash for head in expected}
    count, last = 0, Head(0, GENESIS)
    for row in rows:
        broken = _fault(row, last)
        if broken:
            return Account(count, last, broken)
        count, last = count + 1, Head(row["id"], row["hash"])
        if noted.pop(last.number, last.hash) != last.hash:
            message = f"row {last.number} has another hash than was noted: the chain was made anew"
            return Account(count, last, Broken(last.number, "changed", message))
    return Account(count, last, _cut(last, max(noted, default=0)))


def _fault(row: Any, last: Head) -> Broken | None:
    number = row["id"]
    detail = json.loads(row["detail"], parse_int=_whole)
    if digest({name: row[name] for name in COLUMNS} | {"detail": detail}) != row["hash"]:
        return Broken(number, "changed", f"row {number} is not what was written: its hash does not match it")
    if row["prev_hash"] != last.hash:
        between = f"between row {last.number} and row {number}" if last.number else f"before row {number}"
        return Broken(number, "missing", f"rows are missing {between}")
    return None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_WHOLE else float(digits)


def _cut(last: Head, noted: int) -> Broken | None:
    if not noted:
        return None
    if noted <= last.number:
        return Broken(noted, "missing", f"row {noted}, which was noted as the head, is not in the chain")
    return Broken(last.number + 1, "cut", f"rows {last.number + 1} to {noted} are missing from the end")


def _moved(session: Session, number: int) -> bool:
    """Whether the row that this one was written after still exists, at another place."""
    before = select(AuditEvent.prev_hash).where(AuditEvent.id == number).scalar_subquery()
    return session.scalar(select(AuditEvent.id).where(AuditEvent.hash == before).limit(1)) is not None
