"""Alarms as an operator sees and closes them."""

from typing import Any

from evaluator import regression
from evaluator.scheduling import alarm_row
from storage import alarms, audit, db, jobs, schema
from storage.models import JobState


def listed(model: str | None, closed: bool) -> tuple[list[dict[str, Any]], int]:
    """The alarms that stand, or all, and how many evaluations are parked. Raises UsageError for an unknown model."""
    schema.require_head()
    with db.session() as session:
        parked = sum(job.state == JobState.PARKED.value for job in jobs.unfinished(session))
        return [alarm_row(alarm) for alarm in regression.standing(session, model, closed)], parked


def close(number: int, reason: str) -> str:
    """Close an alarm; returns what it said. Raises UsageError for one that does not stand."""
    schema.require_head()
    with db.session() as session:
        return f"closed: {regression.sentence(alarms.close(session, number, audit.who(), reason))}"


def words(rows: list[dict[str, Any]]) -> str:
    """A line an alarm."""
    ends = {row["id"]: f"; {row['closed_because']}" if row["closed_because"] else "" for row in rows}
    return "\n".join(f"alarm {row['id']}: {row['says']}{ends[row['id']]}" for row in rows) or "no alarm stands"
