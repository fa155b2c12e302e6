"""The audit's rows as a chain: each holds the hash of the row before it, so that none is changed or taken out unseen.

A row's hash is the SHA-256 of its canonical JSON (`content`), which holds the hash before it. Who may write to the
database as its owner could make the whole chain anew; a head noted elsewhere (`Head`) tells that, and a cut tail.
"""

import datetime as dt
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from storage.errors import UsageError
from storage.models import AuditEvent

GENESIS = "0" * 64
_END = "SELECT number, hash, at, current_setting('transaction_isolation') AS isolation FROM audit_events_lock()"
LARGEST = 1 << 63  # whole numbers beyond come back from JSON as floats


@dataclass(frozen=True)
class Entry:
    """Who did what to what; `detail` is plain JSON."""

    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Head:
    """The last row of a chain: its number and its hash; number 0 where there is none."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def parse(cls, told: str) -> "Head":
        """The head written as NUMBER:HASH. Raises UsageError for anything else."""
        number, _, digest = told.partition(":")
        if not (number.isascii() and number.isdigit() and len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
            raise UsageError(f"{told!r} is no head of an audit: NUMBER:HASH, as `infra audit head` prints it")
        return cls(int(number), digest)


def append(session: Session, entries: Sequence[Entry]) -> None:
    """Write rows at the end of the chain; until this transaction ends nobody else does.

    Raises RuntimeError in a transaction that reads an older state of the database: its end of the chain is not the end.
    """
    # Later rows carry later times: the server's clock, read under the lock.
    found = session.execute(text(_END)).one()
    if found.isolation != "read committed":
        raise RuntimeError(
            f"notes of the audit are made in a transaction of their own, not in one of {found.isolation}"
        )
    last = Head(found.number, found.hash)
    rows = []
    for entry in entries:
        row = {"id": last.number + 1, "at": found.at, **vars(entry), "prev_hash": last.hash}
        last = Head(last.number + 1, digest(row))
        rows.append(row | {"hash": last.hash})
    session.connection().execute(insert(AuditEvent), rows)


def head(session: Session) -> Head:
    """The end of the chain."""
    row = session.execute(select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).first()
    return Head(row.id, row.hash) if row else Head(0, GENESIS)


def digest(row: dict[str, Any]) -> str:
    """The hash of a row that has `id`, `at`, `actor`, `action`, `subject`, `detail` and `prev_hash`."""
    at = row["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    content = row | {"at": at, "detail": plain(row["detail"])}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def plain(value: Any) -> Any:
    """JSON that reads the same before it is stored and after: numbers that are whole are written whole.

    What is no number becomes null; raises TypeError for what is nothing of JSON.
    """
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bool | str | None):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int | float):
        return _number(value)
    raise TypeError(f"{type(value).__name__} is nothing of JSON")


def _number(value: int | float) -> int | float | None:
    if isinstance(value, int) and abs(value) < LARGEST:
        return int(value)
    if not math.isfinite(value):
        return None
    return int(float(value)) if float(value).is_integer() else float(value)
