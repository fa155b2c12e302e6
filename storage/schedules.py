"""Schedules of evaluations, and the jobs they ask for."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError, unknown
from storage.models import Job, JobState, Run, Schedule, Score

NEW, NEWEST, EVERY = "new", "newest", "every"


def add(session: Session, schedule: Schedule) -> None:
    """Store a schedule. Raises UsageError where the name is taken."""
    row = {name: getattr(schedule, name) for name in ("name", "cron", "models", "benchmarks", "how", "due_at")}
    put = insert(Schedule).values(row).on_conflict_do_nothing().returning(Schedule.name)
    if session.scalar(put) is None:
        raise UsageError(f"there is a schedule {schedule.name} already: `evaluator schedule remove {schedule.name}`")
    audit.note(session, "operator", "schedule added", schedule.name, models=schedule.models, cron=schedule.cron)


def listed(session: Session) -> Sequence[Schedule]:
    """Every schedule, by name."""
    return session.scalars(select(Schedule).order_by(Schedule.name)).all()


def remove(session: Session, name: str) -> int:
    """Remove a schedule and what it asked for that nobody works on; returns how many jobs went with it.

    A job that is worked on ends, and what is done stays. Raises UsageError listing the schedules there are.
    """
    if session.scalar(delete(Schedule).where(Schedule.name == name).returning(Schedule.name)) is None:
        raise unknown("schedule", name, session.scalars(select(Schedule.name)))
    idle = Job.state.in_([JobState.WAITING.value, JobState.PARKED.value])
    gone = session.scalars(delete(Job).where(Job.schedule == name, idle).returning(Job.id)).all()
    audit.note(session, "operator", "schedule removed", name, jobs=len(gone))
    return len(gone)


def due(session: Session) -> Sequence[Schedule]:
    """The schedules to look at now, locked; those that another looks at are left to it."""
    moment = or_(Schedule.cron.is_(None), Schedule.due_at <= func.now())
    query = select(Schedule).where(moment).order_by(Schedule.name).with_for_update(skip_locked=True)
    return session.scalars(query).all()


def wanted(session: Session, schedule: Schedule) -> list[str]:
    """The models that a due schedule asks for, by name; none where no run has finished.

    Of new runs those that it has not asked for before, if they finished after it was made or have no score at all.
    """
    finished = select(Run.name).where(Run.status == "done").order_by(Run.finished_at.desc(), Run.name)
    if schedule.models == NEW:
        asked = select(Job.id).where(Job.schedule == schedule.name, Job.model == Run.name).exists()
        scored = select(Score.id).where(Score.run == Run.name).exists()
        finished = finished.where(~asked, or_(Run.finished_at >= schedule.created_at, ~scored))
    elif schedule.models == NEWEST:
        finished = finished.limit(1)
    elif schedule.models != EVERY:
        return [schedule.models]
    return list(session.scalars(finished))


def ask(session: Session, schedule: Schedule, models: Iterable[str]) -> list[int]:
    """Put jobs into the queue and return their ids; one that is open for the same already stays as it is."""
    shared = {"schedule": schedule.name, "benchmarks": schedule.benchmarks, "how": schedule.how}
    rows = [{"model": model, **shared} for model in models]
    if not rows:
        return []
    return list(session.scalars(insert(Job).values(rows).on_conflict_do_nothing().returning(Job.id)))
