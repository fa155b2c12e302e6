"""Sites and what their operators set: the pace, a pause, takedowns."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.models import Source, Takedown


@dataclass(frozen=True)
class Rules:
    """What an operator set for a site; None where the crawl's own holds. `delay` is in seconds, `hours` UTC."""

    paused: bool
    delay: float | None
    hours: str | None


def ensure(session: Session, name: str, host: str) -> None:
    """Make the row of a source if there is none."""
    session.execute(insert(Source).values(name=name, host=host).on_conflict_do_nothing())


def begin_round(session: Session, name: str) -> None:
    """Note that a round of the site begins."""
    session.execute(update(Source).where(Source.name == name).values(round_at=func.now()))


def rules(session: Session, name: str, host: str) -> Rules:
    """What holds for the site now."""
    ensure(session, name, host)
    row = session.execute(select(Source.paused, Source.delay, Source.hours).where(Source.name == name)).one()
    return Rules(row.paused, row.delay, row.hours)


def set_rules(session: Session, name: str, rules: Rules) -> None:
    """Set what holds for the site from now on."""
    changed = {"paused": rules.paused, "delay": rules.delay, "hours": rules.hours}
    session.execute(update(Source).where(Source.name == name).values(changed))
    audit.note(session, "operator", "crawl rules", name, **changed)


def takedowns(session: Session) -> dict[str, str]:
    """The reason of each pattern that is not fetched."""
    return {row.pattern: row.reason for row in session.scalars(select(Takedown).order_by(Takedown.pattern))}


def undo_takedown(session: Session, pattern: str, reason: str) -> None:
    """Let what matches the pattern be fetched again."""
    session.execute(delete(Takedown).where(Takedown.pattern == pattern))
    audit.note(session, "operator", "takedown undone", pattern, reason=reason)


def take_down(session: Session, pattern: str, reason: str) -> None:
    """Fetch what matches the pattern no more."""
    session.execute(insert(Takedown).values(pattern=pattern, reason=reason).on_conflict_do_nothing())
    audit.note(session, "operator", "takedown", pattern, reason=reason)
