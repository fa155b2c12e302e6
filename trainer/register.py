"""The run's row: written when it begins, when it ends, and later where the database was away meanwhile."""

import datetime as dt
from contextlib import suppress

from storage import db, runs, schema
from storage.errors import TabibError
from trainer.folder import RunFolder


def begun(run: RunFolder) -> None:
    """Make or take up the run's row. Raises ServiceUnavailable when the database cannot be reached."""
    schema.require_head()
    state = run.state()
    fields = runs.RunFields(
        name=run.name,
        folder=run.path,
        started_at=dt.datetime.fromisoformat(state["started_at"]),
        **{key: state[key] for key in ("snapshot_sha256", "recipe_name", "recipe", "seed", "versions", "hardware")},
    )
    with db.session() as session:
        runs.start(session, fields)


def done(run: RunFolder) -> None:
    """Bring the row of a finished run up to what its folder says; a row that says so already is left alone."""
    begun(run)
    state = run.state()
    with db.session() as session:
        if runs.get(session, run.name).status != "done":
            runs.finish(session, run.name, state["model_sha256"], state["metrics"])


def failed(run: RunFolder, reason: str) -> None:
    """Note why the run stopped, where the database can be reached and has its row."""
    with suppress(TabibError), db.session() as session:
        runs.fail(session, run.name, reason)
