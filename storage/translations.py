"""Translated benchmark items in doubt: they wait until a person approves, edits or rejects them.

As with documents, the decision is about the words that were seen: other words of the same item wait anew.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Decision, Translation

CHUNK = 500  # rows of one statement: each has a dozen parameters, PostgreSQL takes 65,535


@dataclass(frozen=True)
class Made:
    """Which benchmark was translated into which language, by what and how."""

    benchmark: str
    language: str
    model: str
    model_sha256: str
    settings_sha256: str


@dataclass(frozen=True)
class Doubtful:
    """An item with its texts by place, and what was found in each place, a line each."""

    item: str
    source: Mapping[str, str]
    translated: Mapping[str, str]
    flags: Mapping[str, Sequence[str]]

    def sha256(self, language: str) -> str:
        """What a decision about it is found by."""
        told = json.dumps([language, self.source, self.translated], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class Ruling:
    """What a person decided, and why; `texts` by place are those of an edit."""

    decision: Decision
    by: str
    reason: str | None = None
    texts: Mapping[str, str] | None = None


def put(session: Session, made: Made, found: Sequence[Doubtful]) -> None:
    """Have these wait, unless they were decided or wait already; what waited of the benchmark in that language and is
    not found any more goes, by whatever model it was made: the newest translation is the one that is written.

    What was decided stays, and what was decided in another benchmark does not wait in this one.
    """
    hashes = {each.sha256(made.language): each for each in found}
    for known in decided(session, hashes):
        del hashes[known]
    of_it = select(Translation).filter_by(benchmark=made.benchmark, language=made.language)
    waiting = of_it.where(Translation.decision.is_(None))
    gone = [row.id for row in session.scalars(waiting) if row.sha256 not in hashes]
    for first in range(0, len(gone), CHUNK):
        still = Translation.decision.is_(None)  # somebody may have decided it a moment ago
        session.execute(delete(Translation).where(Translation.id.in_(gone[first : first + CHUNK]), still))
    rows = [{**vars(made), "sha256": sha256, **_columns(each)} for sha256, each in hashes.items()]
    for first in range(0, len(rows), CHUNK):
        put_in = insert(Translation).values(rows[first : first + CHUNK])
        new = {name: put_in.excluded[name] for name in ("flags", "model", "model_sha256", "settings_sha256")}
        waits = Translation.decision.is_(None)
        session.execute(put_in.on_conflict_do_update(index_elements=["sha256", "benchmark"], set_=new, where=waits))


def decided(session: Session, hashes: Collection[str]) -> dict[str, Translation]:
    """The decided ones among these, by hash."""
    every = sorted(hashes)
    found: dict[str, Translation] = {}
    for first in range(0, len(every), CHUNK):
        chosen = Translation.sha256.in_(every[first : first + CHUNK])
        rows = session.scalars(select(Translation).where(chosen, Translation.decision.is_not(None)))
        found |= {row.sha256: row for row in rows}
    return found


def listed(
    session: Session, benchmark: str | None = None, language: str | None = None, every: bool = False
) -> Sequence[Translation]:
    """Those that wait, the oldest first; `every` for the decided ones too."""
    query = select(Translation).order_by(Translation.id)
    if not every:
        query = query.where(Translation.decision.is_(None))
    if benchmark is not None:
        query = query.where(Translation.benchmark == benchmark)
    if language is not None:
        query = query.where(Translation.language == language)
    return session.scalars(query).all()


def decide(session: Session, number: int, ruling: Ruling) -> Translation:
    """Record a decision, in every benchmark where these words wait; a later one replaces it, and the audit keeps both.

    Raises UsageError where there is no such translation, or where an edit names no place of it or leaves one empty.
    """
    alike = _alike(session, number) if 0 < number < 1 << 63 else []
    row = next((each for each in alike if each.id == number), None)
    if row is None:
        raise UsageError(f"no translation has the number {number}: `evaluator translations` lists those that wait")
    edited, now = _edited(row, ruling), dt.datetime.now(dt.UTC)
    for each in alike:
        each.edited, each.decided_at = edited, now
        each.decision, each.by, each.reason = ruling.decision.value, ruling.by, ruling.reason
    audit.note(session, ruling.by, f"translation {ruling.decision}", f"{row.benchmark} {row.item}", number=number)
    session.flush()
    return row


def _alike(session: Session, number: int) -> Sequence[Translation]:
    """The rows of the same words, this one's among them, held until the session ends: always in the same order."""
    words = select(Translation.sha256).where(Translation.id == number).scalar_subquery()
    query = select(Translation).where(Translation.sha256 == words).order_by(Translation.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _edited(row: Translation, ruling: Ruling) -> dict[str, Any] | None:
    """The texts of an edit, in every place that it changes; an earlier edit's texts stay in the others."""
    if ruling.decision is not Decision.EDIT:
        return None
    typed = dict(ruling.texts or {})
    if strange := sorted(set(typed) - set(row.source)):
        raise UsageError(f"item {row.item} has no {', '.join(strange)}: its places are {', '.join(row.source)}")
    texts = {**row.translated, **(row.edited or {}), **typed}
    if not typed:
        raise UsageError("an edit needs its text")
    if any("\x00" in text for text in typed.values()):
        raise UsageError("a text holds NUL, which no database keeps")
    if empty := [place for place in row.source if not str(texts.get(place, "")).strip()]:
        raise UsageError(f"item {row.item} would have nothing as {', '.join(empty)}: give every text that is missing")
    return {**(row.edited or {}), **typed}


def _columns(each: Doubtful) -> dict[str, Any]:
    flags = {place: list(lines) for place, lines in each.flags.items()}
    texts = {"source": dict(each.source), "translated": dict(each.translated)}
    return {"item": each.item, "flags": flags, **texts}
