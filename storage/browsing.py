"""Any table a page at a time: filtered by column, after or before a key, never counted nor sorted as a whole.

A page is found by its table's primary key, so that the thousandth is as quick as the first. What an unindexed filter
would read for longer than PATIENCE is given up, and told.
"""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Select,
    String,
    Table,
    Text,
    Uuid,
    cast,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, DateTime

from storage import search
from storage.errors import UsageError, unknown
from storage.models import Base, Document

CLOSED = {"recovery_codes", "search_texts", "address_links"}
"""Hashes of secrets, and what is derived from other rows: nothing to look at."""
HIDDEN = {"users": {"password_hash", "totp_secret", "totp_pending", "totp_step", "logouts"}}
LONG = {"documents": {"title", "question", "answer", "text"}, "recipes": {"text"}}
"""Columns that nobody filters by equality."""
SHORT = 160  # letters of a column in a page of rows
PATIENCE_MS = 2_000
NOTHING = "-"  # as a filter: the column is empty
CANCELLED = "57014"  # SQLSTATE query_canceled


@dataclass(frozen=True)
class Asked:
    """Which rows: `filters` by column (a value, >=value, <=value, or NOTHING), `words` in the texts of documents.

    `after` and `before` are keys as `Found` gives them; without either it is the first page.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    after: str | None = None
    before: str | None = None
    size: int = 25


@dataclass(frozen=True)
class Found:
    """Rows as dictionaries with their key under `""`, and the keys to go on from; None at either end."""

    rows: Sequence[Mapping[str, Any]]
    previous: str | None
    next: str | None


def table(name: str) -> Table:
    """The table of that name. Raises UsageError for one that there is not, or that is not shown."""
    shown = sorted(set(Base.metadata.tables) - CLOSED)
    if name not in shown:
        raise unknown("table", name, shown)
    return Base.metadata.tables[name]


def columns(of: Table) -> list[Column[Any]]:
    """What is shown of a table: no password's hash, no second factor's secret."""
    return [column for column in of.columns if column.name not in HIDDEN.get(of.name, ())]


def filterable(of: Table) -> list[Column[Any]]:
    """Columns with one value that is no long text."""
    plain = (String, Integer, Float, Numeric, Boolean, Uuid, Date, DateTime)
    return [c for c in columns(of) if isinstance(c.type, plain) and c.name not in LONG.get(of.name, ())]


def page(session: Session, of: Table, asked: Asked) -> Found:
    """One page of rows, long values cut to SHORT letters. Newest first where keys are numbers.

    Raises UsageError, in Persian, for a filter that is none of the column's or takes too long to answer.
    """
    backwards = asked.before is not None
    key, down = list(of.primary_key.columns), _newest_first(of) != backwards
    query = select(*[_short(column).label(column.name) for column in columns(of)], *_keys(key))
    query = query.where(*_conditions(session, of, asked))
    if edge := asked.before if backwards else asked.after:
        query = query.where(_beyond(key, values(of, edge), down))
    query = query.order_by(*(c.desc() if down else c.asc() for c in key)).limit(asked.size + 1)
    rows = [_row(of, row) for row in patiently(session, query)]
    more, rows = len(rows) > asked.size, rows[: asked.size]
    rows = rows[::-1] if backwards else rows
    ends = (rows[0][""], rows[-1][""]) if rows else (None, None)
    has_previous = more if backwards else asked.after is not None
    has_next = True if backwards else more
    return Found(rows, ends[0] if has_previous else None, ends[1] if has_next else None)


def one(session: Session, of: Table, key: str) -> Mapping[str, Any] | None:
    """A row whole, without what is hidden."""
    where = [column == value for column, value in zip(of.primary_key.columns, values(of, key), strict=True)]
    row = session.execute(select(*columns(of)).where(*where)).mappings().first()
    return dict(row) if row else None


def about(session: Session, of: Table, asked: Asked) -> int:
    """How many rows there are, as PostgreSQL's planner guesses: quick, and right to a few percent after ANALYZE."""
    query = select(of.primary_key.columns[0]).where(*_conditions(session, of, asked))
    compiled = query.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    explained = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled.string}", dict(compiled.params))
    plan = explained.scalar_one()
    return int((plan if isinstance(plan, list) else orjson.loads(plan))[0]["Plan"]["Plan Rows"])


def key_of(of: Table, row: Mapping[str, Any]) -> str:
    """A row's key as one word: the value itself, or a list of them as JSON."""
    found = [str(row[column.name]) for column in of.primary_key.columns]
    return found[0] if len(found) == 1 else orjson.dumps(found).decode()


def values(of: Table, key: str) -> list[Any]:
    """A key's values. Raises UsageError for what is no key of the table."""
    names = list(of.primary_key.columns)
    try:
        parts = [key] if len(names) == 1 else orjson.loads(key)
        return [_value(column, str(part)) for column, part in zip(names, parts, strict=True)]
    except (ValueError, TypeError):
        raise UsageError("چنین کلیدی در این جدول نیست.") from None


def _newest_first(of: Table) -> bool:
    first = of.primary_key.columns[0]
    return len(of.primary_key.columns) == 1 and isinstance(first.type, Integer)


def _keys(key: Sequence[Column[Any]]) -> list[ColumnElement[Any]]:
    return [column.label(f"key {n}") for n, column in enumerate(key)]


def _row(of: Table, row: Any) -> dict[str, Any]:
    found = dict(row)
    key = [str(found.pop(f"key {n}")) for n in range(len(of.primary_key.columns))]
    return found | {"": key[0] if len(key) == 1 else orjson.dumps(key).decode()}


def _short(column: Column[Any]) -> ColumnElement[Any]:
    kind = column.type
    if isinstance(kind, LargeBinary):
        return func.octet_length(column)
    if isinstance(kind, String):
        return func.left(column, SHORT)
    plain = (Integer, Float, Numeric, Boolean, Uuid, Date, DateTime, ARRAY)
    return column if isinstance(kind, plain) else func.left(cast(column, Text), SHORT)


def _beyond(key: Sequence[Column[Any]], edge: Sequence[Any], down: bool) -> ColumnElement[bool]:
    whole, other = tuple_(*key), tuple_(*edge)
    beyond: ColumnElement[bool] = whole < other if down else whole > other
    return beyond


def _conditions(session: Session, of: Table, asked: Asked) -> list[ColumnElement[bool]]:
    known = {column.name: column for column in filterable(of)}
    made = [_condition(known, name, wanted.strip()) for name, wanted in asked.filters.items() if wanted.strip()]
    if asked.words.strip():
        if of is not Document.__table__:
            raise UsageError("جست‌وجوی واژه‌ها تنها در سندهاست.")
        made += search.conditions(session, asked.words)
    return made


def _condition(known: Mapping[str, Column[Any]], name: str, wanted: str) -> ColumnElement[bool]:
    if name not in known:
        raise UsageError("چنین ستونی برای صافی نیست.")
    column = known[name]
    if wanted == NOTHING:
        return column.is_(None)
    ordered = not isinstance(column.type, (String, Boolean, Uuid))
    try:
        made: ColumnElement[bool]
        if ordered and wanted.startswith(">="):
            made = column >= _value(column, wanted[2:])
        elif ordered and wanted.startswith("<="):
            made = column <= _value(column, wanted[2:], last=True)
        elif isinstance(column.type, DateTime):
            made = column.between(_value(column, wanted), _value(column, wanted, last=True))
        else:
            made = column == _value(column, wanted)
    except (ValueError, OverflowError):
        raise UsageError("مقدار این صافی با ستون جور نیست.") from None
    return made


def _value(column: Column[Any], given: str, last: bool = False) -> Any:
    """The text as the column's type. Raises ValueError."""
    kind, word = column.type, given.strip()
    if "\x00" in word or any("\ud800" <= letter <= "\udfff" for letter in word):
        raise ValueError
    if isinstance(kind, Boolean):
        return {"true": True, "false": False}.get(word) if word in ("true", "false") else _none()
    if isinstance(kind, Uuid):
        return uuid.UUID(word)
    if isinstance(kind, Integer):
        number = int(word)
        return number if abs(number) < 1 << 63 else _none()
    if isinstance(kind, Float | Numeric):
        return float(word)
    return _moment(kind, word, last) if isinstance(kind, (Date, DateTime)) else word


def _moment(kind: Date | DateTime, word: str, last: bool) -> dt.date | dt.datetime:
    if isinstance(kind, Date):
        return dt.date.fromisoformat(word)
    moment = dt.datetime.fromisoformat(word)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    whole_day = last and len(word) == len("2026-01-01")
    return moment + dt.timedelta(days=1) - dt.timedelta(microseconds=1) if whole_day else moment


def _none() -> Any:
    raise ValueError


def patiently(session: Session, query: Select[Any]) -> Sequence[Any]:
    """The rows as dictionaries. Raises UsageError, in Persian, for what takes longer than PATIENCE_MS."""
    session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))
    try:
        found = session.execute(query).mappings().all()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != CANCELLED:
            raise
        raise UsageError("این صافی زمان زیادی می‌برد؛ آن را با ستونی نمایه‌دار (شناسه، منبع، حالت) تنگ‌تر کنید.") from None
    session.execute(text("SET LOCAL statement_timeout = 0"))
    return found


def choices(column: Column[Any]) -> tuple[str, ...]:
    """The few values that a check allows a column of words, or none where it may be any."""
    for constraint in column.table.constraints:
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(f"{column.name} IN ("):
            return tuple(re.findall(r"'([^']*)'", str(constraint.sqltext)))
    return ()
