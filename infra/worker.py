"""Celery is the clock: every minute a worker is told to clean, or to evaluate, and claims its own rows.

A task carries a recipe's name or nothing, runs safely twice, and keeps no result: what it did is in the rows.
A lost message or a worker killed in the middle costs a wait, never a record.
"""

import mmap
import os
import socket
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from celery import Celery, shared_task
from celery.signals import worker_shutting_down

from cleaning.recipe import load
from cleaning.run import tick
from infra import clock
from storage import redis
from storage.errors import MissingExtra, TabibError, unknown
from storage.settings import settings

EVERY = 60.0  # seconds
CLEAN, EVALUATE, DEFAULT = "clean", "evaluate", "default"
QUEUES = (CLEAN, EVALUATE)
LARGEST_PROCESS = 1_500_000  # KiB; one that grew beyond gives its memory back after its task, torch's and a GPU's too
# Shared with the pool's processes, which inherit it: a byte, for a lock could be held by one that was killed.
_stopping = mmap.mmap(-1, 1)


@shared_task(name="clean", throws=(TabibError,))
def clean(recipe: str = "default") -> None:
    """Judge every document the recipe has not seen, then look for repeats among all where that is due."""
    tick(load(recipe))


@shared_task(name="evaluate", throws=(TabibError,))
def evaluate() -> None:
    """Queue the evaluations that are due, then work the queue off."""
    from evaluator import scheduled

    scheduled.tick(lambda: _stopping[0] != 0)


def request_cleaning(recipe: str = "default") -> None:
    """Ask the workers to clean now, without waiting for the next minute or for them to finish.

    Raises UsageError for a recipe that does not exist, ServiceUnavailable where Redis does not answer.
    """
    load(recipe)
    _require_redis()
    app().send_task(clean.name, (recipe,))


def run_worker(concurrency: int, beat: bool, queues: Sequence[str] = ()) -> int:
    """Work until stopped, `concurrency` processes wide; with `beat` also be the clock. Returns the exit code.

    Without `queues` it takes all that this machine can do: evaluations need torch. A first TERM or Ctrl-C lets running
    batches end. Raises UsageError for an unknown queue, MissingExtra for one that this machine cannot work on,
    ServiceUnavailable where Redis does not answer.
    """
    chosen = _queues(queues)
    _require_redis()
    _stopping[0] = 0
    if beat:
        app().steps["worker"].add(clock.Winder)
    worker = app().Worker(
        hostname=f"tabib-{os.getpid()}@{socket.gethostname()}",
        concurrency=concurrency,
        queues=[*chosen, DEFAULT],
        loglevel=settings().log_level,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


@cache
def app() -> Celery:
    """The Celery application on the configured Redis. Made on first use: importing this module needs no service."""
    made = Celery("tabib", broker=settings().celery_broker(), set_as_current=True)
    made.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_default_queue=DEFAULT,
        task_routes={clean.name: {"queue": CLEAN}, evaluate.name: {"queue": EVALUATE}},
        worker_prefetch_multiplier=1,
        worker_max_memory_per_child=LARGEST_PROCESS,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        # A message nobody took within its minute has a successor and is dropped.
        beat_schedule={
            task.name: {"task": task.name, "schedule": EVERY, "options": {"expires": EVERY}}
            for task in (clean, evaluate)
        },
    )
    clock.configure(made)
    return made


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """Have an evaluation give its job back after the answers in hand: it may have hours to go."""
    _stopping[0] = 1


def _queues(given: Sequence[str]) -> list[str]:
    has_torch = find_spec("torch") is not None
    for name in given:
        if name not in QUEUES:
            raise unknown("queue", name, QUEUES)
    if EVALUATE in given and not has_torch:
        raise MissingExtra("evaluating needs torch: pip install 'tabib[train]'")
    return list(dict.fromkeys(given)) or [name for name in QUEUES if name != EVALUATE or has_torch]


def _require_redis() -> None:
    with redis.translated_errors():
        redis.client().ping()
