"""The accepted model, and alarms: what another model is significantly worse at."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError
from storage.models import Acceptance, Alarm

KEY = ("model_sha256", "accepted_sha256", "benchmark", "metric")


@dataclass(frozen=True)
class Two:
    """A model held against the accepted one."""

    model: str
    model_sha256: str
    accepted: str
    accepted_sha256: str


@dataclass(frozen=True)
class Loss:
    """One benchmark in which the model is worse; see `storage.models.Alarm`."""

    benchmark: str
    metric: str
    items: int
    difference: float
    low: float
    high: float
    p: float | None = None
    holm: float | None = None
    benchmark_sha256: str | None = None
    settings_sha256: str | None = None


def accept(session: Session, acceptance: Acceptance) -> None:
    """Hold all models against this one from now on; its own alarms are closed, for somebody took it all the same."""
    session.add(acceptance)
    session.flush()
    because = f"accepted by {acceptance.by}: {acceptance.reason}"
    standing = update(Alarm).where(Alarm.closed_at.is_(None), Alarm.model_sha256 == acceptance.model_sha256)
    session.execute(standing.values(closed_at=func.now(), closed_because=because))
    audit.note(session, "operator", "model accepted", acceptance.model, user=acceptance.by, reason=acceptance.reason)


def accepted(session: Session) -> Acceptance | None:
    """The model accepted last; None where none ever was."""
    return session.scalars(select(Acceptance).order_by(Acceptance.id.desc()).limit(1)).first()


def settle(session: Session, two: Two, losses: Collection[Loss], looked_at: Collection[str]) -> list[Alarm]:
    """Raise an alarm for each loss and close those of benchmarks that were `looked_at` and are no loss any more.

    One that somebody closed stays closed while its figures are the same. Returns the alarms raised just now.
    """
    kept = {(loss.benchmark, loss.metric) for loss in losses}
    for alarm in _standing_of(session, two):
        if alarm.benchmark in looked_at and (alarm.benchmark, alarm.metric) not in kept:
            alarm.closed_at, alarm.closed_because = dt.datetime.now(dt.UTC), "no significant loss any more"
    session.flush()
    raised = (_raise(session, asdict(two) | asdict(loss)) for loss in losses)
    return [alarm for alarm in raised if alarm]


def standing(session: Session) -> Sequence[Alarm]:
    """The alarms that stand, the newest first."""
    return session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)).order_by(Alarm.id.desc())).all()


def every(session: Session) -> Sequence[Alarm]:
    """All alarms there ever were, the newest first."""
    return session.scalars(select(Alarm).order_by(Alarm.id.desc())).all()


def close(session: Session, number: int, by: str, reason: str) -> Alarm:
    """Close an alarm. Raises UsageError for one that does not stand."""
    alarm = session.get(Alarm, number, with_for_update=True)
    if alarm is None or alarm.closed_at is not None:
        listed = ", ".join(str(each.id) for each in standing(session)) or "none"
        raise UsageError(f"no alarm {number} stands. There are: {listed}")
    alarm.closed_at, alarm.closed_because = dt.datetime.now(dt.UTC), f"closed by {by}: {reason}"
    audit.note(session, "operator", "alarm closed", alarm.model, user=by, benchmark=alarm.benchmark, reason=reason)
    return alarm


def _standing_of(session: Session, two: Two) -> Sequence[Alarm]:
    own = (Alarm.model_sha256 == two.model_sha256, Alarm.accepted_sha256 == two.accepted_sha256)
    return session.scalars(select(Alarm).where(Alarm.closed_at.is_(None), *own).with_for_update()).all()


def _raise(session: Session, row: dict[str, Any]) -> Alarm | None:
    """The alarm if it stands since now."""
    put = insert(Alarm).values(row)
    new = put.excluded
    changed = or_(*(getattr(Alarm, name).is_distinct_from(new[name]) for name in ("items", "difference", "low", "p")))
    values: dict[str, Any] = {name: new[name] for name in row if name not in KEY}
    values |= {"closed_at": None, "closed_because": None}
    put = put.on_conflict_do_update(index_elements=list(KEY), set_=values, where=changed)
    number = session.scalar(put.returning(Alarm.id))
    return None if number is None else session.get_one(Alarm, number, populate_existing=True)
