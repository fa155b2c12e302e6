"""Evaluations that run by themselves: what is due goes into the queue, and a worker works the queue off.

A job is a row. Whoever works on it holds it by a lease that a thread renews; a worker that is killed loses the lease,
and the next one asks what is not answered yet. Run by two at once, each takes another job.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import func, select

from evaluator import regression
from evaluator.cron import cron
from evaluator.run import Asked, Evaluation, evaluate
from storage import db, jobs, runs, schedules, schema
from storage.answers import AskedElsewhere
from storage.errors import DataDamaged, ServiceUnavailable, TabibError, UsageError
from storage.jobs import Claim

logger = logging.getLogger(__name__)
BEAT_SECONDS = jobs.LEASE.total_seconds() / 8
LONGEST_CAUSE = 300  # characters
Stop = Callable[[], bool]


class Stopped(Exception):
    """The worker is asked to end; what it has in hand goes back."""


class Lost(Exception):
    """Another has the job: this worker did not renew its lease in time."""


def tick(stop: Stop = lambda: False) -> int:
    """What a worker does every minute: queue what is due, then work jobs off; returns how many.

    `stop` is asked after every few answers. Raises ServiceUnavailable; what is in hand then waits for its lease to end.
    """
    schema.require_head()
    done = 0
    queue_due()
    while not stop() and (claim := _claim()):
        work(claim, stop)
        queue_due()
        done += 1
    return done


def queue_due() -> list[int]:
    """Put into the queue what the schedules ask for now, once however many nights were missed; returns the jobs."""
    asked: list[int] = []
    with db.session() as session:
        now = session.scalars(select(func.now())).one()
        for schedule in schedules.due(session):
            asked += schedules.ask(session, schedule, schedules.wanted(session, schedule))
            if schedule.cron:
                schedule.due_at = cron(schedule.cron).after(now)
    return asked


def place() -> str:
    """Where one job at a time is worked on: this machine, or those of its GPUs that this process may see."""
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    return f"{socket.gethostname()} GPU {shown}" if shown else socket.gethostname()


def work(claim: Claim, stop: Stop = lambda: False) -> None:
    """Evaluate, hold the model against the accepted one, and write into the row how it ended."""
    logger.info("job %d: %s at %s", claim.id, claim.model, ", ".join(claim.benchmarks))
    try:
        with _Lease(claim, stop) as lease:
            result = _evaluated(claim, lease)
    except Stopped:
        _close(claim, lambda session: jobs.give_back(session, claim), "given back")
    except AskedElsewhere as error:
        _close(claim, lambda session: jobs.give_back(session, claim, jobs.WAIT), f"put off: {error}")
    except Lost:
        logger.warning("job %d: another worker has it, for this one was silent too long", claim.id)
    except ServiceUnavailable:
        with suppress(TabibError):
            _close(claim, lambda session: jobs.give_back(session, claim), "given back")
        raise
    except Exception as error:  # noqa: BLE001 - it is kept in the row, and the worker lives on
        _failed(claim, error)
    else:
        _close(claim, lambda session: jobs.finish(session, claim, result), "done")


class _Lease:
    """Renews the claim while its block runs, and ends the block where it must not go on."""

    def __init__(self, claim: Claim, stop: Stop) -> None:
        self.claim, self.stop = claim, stop
        self.answered, self.lost = 0, False
        self._told, self._ended = 0, threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease of job {claim.id}", daemon=True)

    def __enter__(self) -> "_Lease":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(TabibError):  # it is only how far the job got
            self.renew()

    def advance(self, _sitting: str, answered: int, _of: int) -> None:
        """Count answers that were stored. Raises Lost and Stopped."""
        self.answered += answered
        if self.lost:
            raise Lost
        if self.stop():
            raise Stopped

    def renew(self) -> None:
        """Write that the job is worked on."""
        answered = self.answered
        with db.session() as session:
            self.lost = not jobs.beat(session, self.claim, answered - self._told)
        self._told = answered

    def _renew(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self.renew()
            except TabibError as error:
                logger.warning("job %d: its lease cannot be renewed: %s", self.claim.id, error)


def _claim() -> Claim | None:
    with db.session() as session:
        return jobs.claim(session, place())


def _evaluated(claim: Claim, lease: _Lease) -> dict[str, Any]:
    asked = Asked(claim.benchmarks, claim.model, **claim.how)
    evaluation = evaluate(asked, lease.advance)
    if not evaluation.results:
        reasons = "; ".join(f"{name}: {why}" for name, why in evaluation.skipped.items())
        raise UsageError(f"nothing could be asked ({reasons})")
    stale = _ask_the_accepted(asked, lease)
    tested = evaluation.results[-1]
    verdict = regression.judge(tested.model, tested.model_sha256)
    return _told(evaluation) | {"against": verdict.as_json() | ({"stale": stale} if stale else {})}


def _ask_the_accepted(asked: Asked, lease: _Lease) -> str | None:
    """Ask the accepted model what it has no answer to, so that the two can be compared; says why it cannot be."""
    standard = regression.accepted()
    if standard is None or standard.run in (None, asked.model):
        return None
    with db.session() as session:
        run = next((run for run in runs.list(session) if run.name == asked.model), None)
    same = asked.snapshot or (run.snapshot_sha256 if run else None)
    its = replace(asked, model=str(standard.run), base=standard.model.endswith("/base"), snapshot=same)
    try:
        evaluate(its, lease.advance)
    except (UsageError, DataDamaged) as error:
        logger.warning("job %d: the accepted model %s cannot be asked: %s", lease.claim.id, standard.model, error)
        return str(error)
    return None


def _told(evaluation: Evaluation) -> dict[str, Any]:
    """What is kept of an evaluation in its row: the history of results."""
    names = ("benchmark", "model", "model_sha256", "items", "asked", "unanswered")
    results = [
        {name: getattr(result, name) for name in names} | {"scores": [asdict(figure) for figure in result.scores]}
        for result in evaluation.results
    ]
    return {"results": results, "skipped": evaluation.skipped}


def _failed(claim: Claim, error: Exception) -> None:
    cause = str(error) if isinstance(error, TabibError) else f"{type(error).__name__}: {error}"
    cause = " ".join("".join(c if c.isprintable() else " " for c in cause).split())[:LONGEST_CAUSE]
    for_good = isinstance(error, UsageError | DataDamaged)  # a wrong name will be so again; a full disk may not
    _close(claim, lambda session: jobs.fail(session, claim, cause, for_good), f"failed: {cause}")


def _close(claim: Claim, write: Callable[[Any], bool], words: str) -> None:
    with db.session() as session:
        written = write(session)
    logger.info("job %d: %s", claim.id, words if written else "another worker has it by now")
