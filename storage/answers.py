"""Answers and scores: what a model gave for every item, and the figures computed from that.

A *sitting* is one model at one benchmark under one setting. Its answers are rows that are written once: whoever
evaluates again asks `answered` first, so nothing is computed twice, after a kill -9 either.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import String, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from storage import db
from storage.errors import TabibError
from storage.models import Answer, Score

# Seconds after which PostgreSQL lets go of a lock whose holder's machine is gone: it asks for life at 30, thrice.
KEEPALIVE = (
    "SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)
LONGEST = 100  # characters of how a model was asked
CHUNK = 1_000  # rows of one statement: each has eleven parameters, PostgreSQL takes 65,535
CHECKED = ("model_sha256", "benchmark_sha256", "settings_sha256")


class AskedElsewhere(TabibError):
    """Another process is asking the same sitting."""


@dataclass(frozen=True)
class Sitting:
    """Which model sits which benchmark, and how; `settings` is all that changes an answer beside these."""

    model: str
    model_sha256: str
    benchmark: str
    benchmark_sha256: str
    settings: dict[str, Any]

    @property
    def settings_sha256(self) -> str:
        """The hash of the settings' canonical JSON."""
        return hashlib.sha256(json.dumps(self.settings, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def key(self) -> dict[str, str]:
        """The columns that tell this sitting from every other."""
        return {name: getattr(self, name) for name in CHECKED}


@dataclass(frozen=True)
class AnswerFields:
    """One answer; `choice` is None where the model gave nothing that can be read."""

    item: str
    prompt: str
    output: dict[str, Any]
    choice: str | None
    correct: bool


@dataclass(frozen=True)
class Figure:
    """A score with its 95 % interval over so many items."""

    metric: str
    value: float
    low: float
    high: float
    items: int


def answered(session: Session, sitting: Sitting) -> set[str]:
    """The items that have their answer."""
    return set(session.scalars(select(Answer.item).filter_by(**sitting.key)))


def save(session: Session, sitting: Sitting, answers: Iterable[AnswerFields]) -> int:
    """Add answers and return how many were new; one that is there already stays as it is."""
    shared = {"model": sitting.model, "benchmark": sitting.benchmark, "settings": sitting.settings, **sitting.key}
    rows = [shared | asdict(answer) for answer in answers]
    new = 0
    for first in range(0, len(rows), CHUNK):
        statement = insert(Answer).values(rows[first : first + CHUNK]).on_conflict_do_nothing().returning(Answer.id)
        new += len(session.scalars(statement).all())
    return new


@contextmanager
def alone(sitting: Sitting) -> Iterator[None]:
    """Be the one process that asks this sitting's items: two at once would ask each twice. A kill gives it up.

    Raises AskedElsewhere where another process is at it.
    """
    digest = hashlib.sha256("".join(sitting.key.values()).encode()).digest()
    with db.translated_errors(), db.engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        key = {"key": int.from_bytes(digest[:8], "big", signed=True)}
        try:
            connection.execute(text(KEEPALIVE))
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                raise AskedElsewhere(
                    f"another process is asking {sitting.model} {sitting.benchmark} in the same way: wait for it to end"
                )
            yield
        finally:
            connection.invalidate()  # the lock ends with its connection


def of(session: Session, sitting: Sitting, items: Collection[str] | None = None) -> Sequence[Answer]:
    """The answers of a sitting, by item: all of them, or those to `items`."""
    query = select(Answer).filter_by(**sitting.key).order_by(Answer.item)
    if items is not None:
        query = query.where(Answer.item == any_(literal(list(items), ARRAY(String))))
    return session.scalars(query).all()


def save_scores(session: Session, sitting: Sitting, run: str | None, figures: Iterable[Figure]) -> None:
    """Write the figures; a metric that is there already gets the new value and keeps the run it was first given for."""
    shared = {"run": run, "model": sitting.model, "benchmark": sitting.benchmark, **sitting.key}
    for figure in figures:
        row = insert(Score).values(shared | asdict(figure))
        session.execute(
            row.on_conflict_do_update(
                index_elements=[*CHECKED, "metric"],
                set_={"run": func.coalesce(Score.run, row.excluded.run), **asdict(figure)},
            )
        )


def scores(session: Session, model_sha256: Iterable[str] | None = None) -> Sequence[Score]:
    """Scores by benchmark, model and metric; of all models, or of those named by hash."""
    query = select(Score).order_by(Score.benchmark, Score.model, Score.metric, Score.id)
    if model_sha256 is not None:
        query = query.where(Score.model_sha256.in_(list(model_sha256)))
    return session.scalars(query).all()


def settings(session: Session) -> dict[str, dict[str, Any]]:
    """The settings of every sitting with answers, by the hash that its scores keep."""
    query = select(Answer.settings_sha256, Answer.settings).distinct()
    return {row.settings_sha256: row.settings for row in session.execute(query)}


def how(settings: Mapping[str, Any]) -> str:
    """How a model was asked, on a line of at most LONGEST characters: all that is set, but for hashes."""
    told = ", ".join(_told(name, value) for name, value in sorted(settings.items()) if _is_set(name, value))
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def asked(settings: Mapping[str, Any]) -> tuple[str | None, str]:
    """The precision that a model was asked in, None where none is set, and how else it was asked."""
    return settings.get("precision"), how({name: value for name, value in settings.items() if name != "precision"})


def _is_set(name: str, value: object) -> bool:
    return not name.endswith("sha256") and value is not False and value not in (None, "", [], {})


def _told(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"{name} ({how(value)})"
    return name if value is True else value if isinstance(value, str) else f"{name} {value}"


def sittings(session: Session, model_sha256: Iterable[str]) -> list[Sitting]:
    """Every sitting of these models that has answers, the one answered last at the end."""
    columns = (Answer.model_sha256, Answer.benchmark, Answer.benchmark_sha256, Answer.settings_sha256)
    last = func.max(Answer.id).label("last")
    newest = select(last).where(Answer.model_sha256.in_(list(model_sha256))).group_by(*columns).subquery()
    rows = session.scalars(select(Answer).join(newest, Answer.id == newest.c.last).order_by(Answer.id))
    return [Sitting(a.model, a.model_sha256, a.benchmark, a.benchmark_sha256, a.settings) for a in rows]
