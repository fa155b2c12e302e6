"""The queue of evaluations: claimed, kept alive, done or parked. Every change of a claimed job is by its fence."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from storage import db
from storage.errors import UsageError
from storage.models import Job, JobState

LEASE = dt.timedelta(minutes=2)
MOST_ATTEMPTS = 3  # without an answer stored: an evaluation that gets on may be killed any number of times
WAIT = dt.timedelta(minutes=2)  # before a second attempt; doubled before the third
ONE_CLAIM_AT_A_TIME = 0x7AB1C  # of an advisory lock


@dataclass(frozen=True)
class Claim:
    """A job in a worker's hands, as it was when it was claimed."""

    id: int
    fence: int
    model: str
    benchmarks: tuple[str, ...]
    how: dict[str, Any]


def claim(session: Session, worker: str) -> Claim | None:
    """The oldest job that can be taken: one that waits, or whose worker is lost. None where there is none.

    Not one whose model is being evaluated already, for it would be asked the same; and none while `worker`, a machine
    or its part, has one in hand.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_CLAIM_AT_A_TIME})
    _park_the_lost(session)
    other = aliased(Job)
    busy = select(other.id).where(_alive(other), or_(other.model == Job.model, other.worker == worker)).exists()
    ready = and_(Job.state == JobState.WAITING.value, Job.due_at <= func.now())
    oldest = select(Job).where(or_(ready, _lost(Job)), ~busy).order_by(Job.id).limit(1)
    job = session.scalars(oldest.with_for_update(skip_locked=True)).first()
    if job is None:
        return None
    job.state, job.worker = JobState.WORKING.value, worker
    job.fence, job.attempts = job.fence + 1, job.attempts + 1
    job.beat_at = session.scalar(select(func.now()))
    session.flush()
    return Claim(job.id, job.fence, job.model, tuple(job.benchmarks), dict(job.how))


def beat(session: Session, claim: Claim, answered: int) -> bool:
    """Say that the job is worked on, and how many answers more were stored; False where it is another's by now."""
    got_on = {"answered": Job.answered + answered, "attempts": 1} if answered else {}
    return _write(session, claim, beat_at=func.now(), **got_on)


def finish(session: Session, claim: Claim, result: dict[str, Any]) -> bool:
    """Say that the job is done; False where it is another's by now."""
    done, kept = JobState.DONE.value, json.loads(db.as_json(result))  # JSON knows no NaN
    return _write(session, claim, state=done, result=kept, cause=None, finished_at=func.now(), beat_at=None)


def give_back(session: Session, claim: Claim, wait: dt.timedelta = dt.timedelta()) -> bool:
    """Let another take the job, after a wait; this attempt does not count."""
    attempts, due = func.greatest(Job.attempts - 1, 0), func.now() + wait
    return _write(session, claim, state=JobState.WAITING.value, attempts=attempts, due_at=due, beat_at=None)


def fail(session: Session, claim: Claim, cause: str, for_good: bool = False) -> bool:
    """Keep what went wrong: the job waits for another attempt, and is parked after the last one, or `for_good`."""
    last = Job.attempts >= (0 if for_good else MOST_ATTEMPTS)
    state = case((last, JobState.PARKED.value), else_=JobState.WAITING.value)
    later = func.now() + WAIT * func.power(2, func.greatest(Job.attempts - 1, 0))
    return _write(session, claim, state=state, cause=cause, due_at=later, beat_at=None)


def retry(session: Session, number: int) -> Job:
    """Let a parked job be taken again. Raises UsageError for one that is not parked."""
    job = session.get(Job, number, with_for_update=True)
    if job is None or job.state != JobState.PARKED.value:
        raise UsageError(f"job {number} is {job.state if job else 'not there'}: only a parked one can be tried again")
    job.state, job.attempts, job.due_at = JobState.WAITING.value, 0, dt.datetime.now(dt.UTC)
    return job


def unfinished(session: Session) -> Sequence[Job]:
    """The jobs that wait, are worked on or parked, oldest first."""
    return session.scalars(select(Job).where(Job.state != JobState.DONE.value).order_by(Job.id)).all()


def finished(session: Session, most: int) -> Sequence[Job]:
    """The jobs finished last, the newest first."""
    done = select(Job).where(Job.state == JobState.DONE.value)
    return session.scalars(done.order_by(Job.finished_at.desc(), Job.id.desc()).limit(most)).all()


def _park_the_lost(session: Session) -> None:
    """Park what no attempt got on with."""
    cause = func.concat("its worker was lost ", Job.attempts, " times without an answer stored, at last ", Job.worker)
    parked = {"state": JobState.PARKED.value, "cause": cause, "beat_at": None}
    session.execute(update(Job).where(_lost(Job), Job.attempts >= MOST_ATTEMPTS).values(parked))


def _lost(job: type[Job]) -> ColumnElement[bool]:
    return and_(job.state == JobState.WORKING.value, job.beat_at < func.now() - LEASE)


def _alive(job: type[Job]) -> ColumnElement[bool]:
    return and_(job.state == JobState.WORKING.value, job.beat_at >= func.now() - LEASE)


def _write(session: Session, claim: Claim, **values: Any) -> bool:
    own = and_(Job.id == claim.id, Job.fence == claim.fence, Job.state == JobState.WORKING.value)
    return session.scalar(update(Job).where(own).values(values).returning(Job.id)) is not None
