"""Schedules as an operator sees and makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evaluator import regression
from evaluator.benchmark import EVERY as EVERY_BENCHMARK
from evaluator.benchmark import named
from evaluator.cron import cron
from evaluator.listing import console
from evaluator.model import PRECISIONS, check
from storage import alarms, db, jobs, runs, schedules, schema
from storage.errors import UsageError, unknown
from storage.models import Alarm, Job, Schedule
from storage.schedules import EVERY, NEW, NEWEST

SHOWN = 10  # finished jobs
LONGEST = 100  # characters of a name
JOB = ("id", "schedule", "also", "model", "benchmarks", "state", "attempts", "answered", "worker", "cause", "result")
ALARM = (
    *("id", "model", "accepted", "benchmark", "benchmark_sha256", "settings_sha256", "metric", "items"),
    *("difference", "low", "high", "p", "holm"),
)


@dataclass(frozen=True)
class Wish:
    """A schedule as it was typed; without `cron` it is for each run as it finishes."""

    name: str
    benchmarks: Sequence[str]
    models: str | None
    cron: str | None
    base: bool
    precision: str


def add(wish: Wish) -> Schedule:
    """Make a schedule. Raises UsageError for a name that is taken or wrong, or a moment that never comes."""
    if not (wish.name == wish.name.strip() and wish.name.isprintable() and 0 < len(wish.name) <= LONGEST):
        raise UsageError(f"a schedule's name is 1 to {LONGEST} printable characters, not {wish.name[:LONGEST]!r}")
    schema.require_head()
    for name in wish.benchmarks:
        if name != EVERY_BENCHMARK:
            named(name)
    if wish.precision not in PRECISIONS:
        raise unknown("precision", wish.precision, PRECISIONS)
    models = wish.models or (NEWEST if wish.cron else NEW)
    if (models == NEW) != (wish.cron is None):
        raise UsageError(f"--model {NEW} follows the runs as they finish, all others need --cron: give one of the two")
    with db.session() as session:
        now = session.scalars(select(func.now())).one()
        row = Schedule(
            name=wish.name,
            cron=wish.cron,
            models=_checked(session, models),
            benchmarks=list(dict.fromkeys(wish.benchmarks)),
            how={"base": wish.base, "precision": wish.precision},
            due_at=cron(wish.cron).after(now) if wish.cron else None,
        )
        schedules.add(session, row)
    return row


def remove(name: str) -> int:
    """Remove a schedule and the jobs of it that nobody works on; returns how many those were."""
    schema.require_head()
    with db.session() as session:
        return schedules.remove(session, name)


def retry(number: int) -> str:
    """Let a parked job be taken again; returns its model."""
    schema.require_head()
    with db.session() as session:
        return jobs.retry(session, number).model


def listed() -> dict[str, Any]:
    """Schedules, the jobs that are not done, those done last, the accepted model and the alarms that stand."""
    schema.require_head()
    with db.session() as session:
        standard = alarms.accepted(session)
        return {
            "schedules": [_schedule(each) for each in schedules.listed(session)],
            "jobs": [_job(each) for each in jobs.unfinished(session)],
            "done": [_job(each) for each in jobs.finished(session, SHOWN)],
            "accepted": standard and {"model": standard.model, "sha256": standard.model_sha256, "by": standard.by},
            "alarms": [alarm_row(each) for each in alarms.standing(session)],
        }


def alarm_row(alarm: Alarm) -> dict[str, Any]:
    """An alarm for `--json`, and in a sentence."""
    row = {name: getattr(alarm, name) for name in ALARM} | {"says": regression.sentence(alarm)}
    return row | {"created_at": alarm.created_at.isoformat(), "closed_because": alarm.closed_because}


def print_listed(found: dict[str, Any]) -> None:
    """What `evaluator schedule list` prints."""
    out = console()
    if found["schedules"]:
        table = Table("schedule", "when (UTC)", "models", "benchmarks", "next")
        for row in found["schedules"]:
            when = row["cron"] or "as a run finishes"
            due = "-" if row["due_at"] is None else row["due_at"][:16].replace("T", " ")
            table.add_row(row["name"], when, row["models"], ", ".join(row["benchmarks"]), due)
        out.print(table)
    else:
        out.print("no schedules: `evaluator schedule add nightly --cron '30 22 * * *' --benchmark all`")
    lines = [_line(row) for row in [*found["jobs"], *reversed(found["done"])]]
    standard = found["accepted"]
    lines.append(f"accepted: {standard['model'] if standard else 'no model; `evaluator accept MODEL` names one'}")
    lines += [f"alarm {row['id']}: {row['says']}" for row in found["alarms"]]
    out.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)


def _line(row: dict[str, Any]) -> str:
    asked_by = ", ".join([row["schedule"], *row["also"]])
    words = f"job {row['id']} {row['state']}: {row['model']} ({asked_by}), {row['answered']} answers"
    if row["state"] == "working":
        words += f", on {row['worker']}"
    if row["cause"]:
        words += f", {row['attempts']} attempts: {row['cause']}"
    against = (row["result"] or {}).get("against", {})
    if against.get("compared"):
        words += f"; against {against['accepted']}: {len(against['losses'])} of {len(against['compared'])} worse"
    for name, why in against.get("untested", {}).items():
        words += f"; {name} not compared: {' '.join(why.split())}"
    return words


def _checked(session: Session, models: str) -> str:
    if models in (NEW, NEWEST, EVERY):
        return models
    trained = [run.name for run in runs.list(session)]
    folder = Path(models).expanduser().absolute()
    if models in trained:
        return models
    if not folder.is_dir():
        raise unknown("run, and no model folder,", models, [NEWEST, EVERY, *trained])
    check(folder)
    return str(folder)


def _schedule(row: Schedule) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("name", "cron", "models", "benchmarks", "how")}
    return shown | {"due_at": row.due_at and row.due_at.isoformat()}


def _job(row: Job) -> dict[str, Any]:
    times = {name: (at := getattr(row, name)) and at.isoformat() for name in ("created_at", "due_at", "finished_at")}
    return {name: getattr(row, name) for name in JOB} | times
