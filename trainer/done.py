"""A run that is done, and its row: written when it ends, or by a later call where the database was away."""

import shutil
from contextlib import suppress
from typing import Any

from storage.errors import ServiceUnavailable, UsageError
from trainer import forgotten, ranks, register
from trainer.folder import RunFolder
from trainer.progress import Reporter


def recognised(run: RunFolder, reporter: Reporter, needs_database: bool) -> dict[str, Any]:
    """What a run that is done says, with what its end may have been kept from doing."""
    if ranks.is_first():
        _sweep(run)
        register_it(run, reporter, needs_database)
    return {**run.state(), "was_done": True}


def begin_row(run: RunFolder, reporter: Reporter, needed: bool) -> None:
    """Make the run's row; where the database is away and no row is `needed`, only say so."""
    try:
        register.begun(run)
    except ServiceUnavailable as error:
        if needed:
            raise
        reporter.note(f"not registered: {error}. The same command registers the run later")


def register_it(run: RunFolder, reporter: Reporter, needed: bool) -> None:
    """Bring row and card up to what is known of a finished run; the same where the database is away."""
    try:
        register.done(run)
        forgotten.put_on_card(run.merged, forgotten.of_run(run.name, run.merged))
    except ServiceUnavailable as error:
        line = f"the model is finished in {run.merged}, but its row is not written: {error}"
        if needed:
            raise ServiceUnavailable(line) from error
        reporter.note(line)


def _sweep(run: RunFolder) -> None:
    """Remove what a process left that was killed right after it had finished the run."""
    if run.work.exists():
        with suppress(UsageError), run.held():  # held by another one, that is about to do it
            shutil.rmtree(run.work)
