"""Schedules of evaluations, and the jobs they ask for."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, any_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import UsageError, unknown
from storage.models import Job, JobState, Run, Schedule, Score

NEW, NEWEST, EVERY = "new", "newest", "every"
_OPEN = Job.state != JobState.DONE.value


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
    """Remove a schedule and what it alone asked for and nobody works on; returns how many jobs went with it.

    A job that another schedule asked for too is that one's from now on. A job that is worked on ends, and what is done
    stays. Raises UsageError listing the schedules there are.
    """
    if session.scalar(delete(Schedule).where(Schedule.name == name).returning(Schedule.name)) is None:
        raise unknown("schedule", name, session.scalars(select(Schedule.name)))
    idle = Job.state.in_([JobState.WAITING.value, JobState.PARKED.value])
    session.execute(update(Job).where(_OPEN, _also(name)).values(also=func.array_remove(Job.also, name)))
    alone, others = func.cardinality(Job.also) == 0, func.array_remove(Job.also, Job.also[1])
    gone = session.scalars(delete(Job).where(Job.schedule == name, idle, alone).returning(Job.id)).all()
    session.execute(update(Job).where(Job.schedule == name, _OPEN, ~alone).values(schedule=Job.also[1], also=others))
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
        own = or_(Job.schedule == schedule.name, _also(schedule.name))
        asked = select(Job.id).where(own, Job.model == Run.name).exists()
        scored = select(Score.id).where(Score.run == Run.name).exists()
        finished = finished.where(~asked, or_(Run.finished_at >= schedule.created_at, ~scored))
    elif schedule.models == NEWEST:
        finished = finished.limit(1)
    elif schedule.models != EVERY:
        return [schedule.models]
    return list(session.scalars(finished))


def ask(session: Session, schedule: Schedule, models: Iterable[str]) -> list[int]:
    """Put jobs into the queue and return their ids; one that is open for the same already is this schedule's too."""
    name, shared = schedule.name, {"benchmarks": schedule.benchmarks, "how": schedule.how}
    rows = [{"model": model, "schedule": name, **shared} for model in models]
    if not rows:
        return []
    new = list(session.scalars(insert(Job).values(rows).on_conflict_do_nothing().returning(Job.id)))
    same = [Job.model.in_([row["model"] for row in rows]), *(getattr(Job, key) == shared[key] for key in shared)]
    others = update(Job).where(_OPEN, *same, Job.schedule != name, ~_also(name))
    session.execute(others.values(also=func.array_append(Job.also, name)))
    return new


def _also(name: str) -> ColumnElement[bool]:
    return any_(Job.also) == name
