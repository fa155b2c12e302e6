"""The run's row: written when it begins, when it ends, and later where the database was away meanwhile."""

import datetime as dt
from contextlib import suppress
from typing import Any

from storage import db, runs, schema
from storage.errors import DataDamaged, TabibError
from trainer.folder import RunFolder

COPIED = ("snapshot_sha256", "recipe_name", "recipe", "seed", "versions", "hardware")


def begun(run: RunFolder) -> None:
    """Make or take up the run's row. Raises ServiceUnavailable when the database cannot be reached."""
    schema.require_head()
    fields = _fields(run, run.state())
    with db.session() as session:
        runs.start(session, fields)


def done(run: RunFolder) -> None:
    """Bring the row of a finished run up to what its folder says; a row that says so already is left alone."""
    begun(run)
    state = run.state()
    with db.session() as session:
        if runs.get(session, run.name).status != "done":
            row = runs.finish(session, run.name, state["model_sha256"], state["metrics"])
            row.finished_at = _time(run, state["finished_at"])


def failed(run: RunFolder, reason: str) -> None:
    """Note why the run stopped, where the database can be reached and has its row."""
    with suppress(TabibError), db.session() as session:
        runs.fail(session, run.name, reason)


def _fields(run: RunFolder, state: dict[str, Any]) -> runs.RunFields:
    try:
        copied = {key: state[key] for key in COPIED}
        return runs.RunFields(name=run.name, folder=run.path, started_at=_time(run, state["started_at"]), **copied)
    except KeyError as error:
        raise DataDamaged(f"{run.path} does not say what its {error} is: train it again") from None


def _time(run: RunFolder, written: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise DataDamaged(f"{run.path} has no time in {str(written)[:40]!r}: train it again") from None
