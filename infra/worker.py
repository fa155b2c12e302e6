"""Celery is the clock: every minute a worker is told to clean, and claims its own rows.

A task carries a recipe's name or nothing, runs safely twice, and keeps no result: what it did is in the rows.
A lost message or a worker killed in the middle costs a minute's wait, never a record.
"""

import os
import socket
from functools import cache

from celery import Celery, shared_task

from cleaning.recipe import load
from cleaning.run import tick
from storage import redis
from storage.errors import TabibError
from storage.settings import settings

CLEAN_EVERY = 60.0  # seconds
CLEAN, DEFAULT = "clean", "default"


@shared_task(name="clean", throws=(TabibError,))
def clean(recipe: str = "default") -> None:
    """Judge every document the recipe has not seen, then look for repeats among all where that is due."""
    tick(load(recipe))


def request_cleaning(recipe: str = "default") -> None:
    """Ask the workers to clean now, without waiting for the next minute or for them to finish.

    Raises UsageError for a recipe that does not exist, ServiceUnavailable where Redis does not answer.
    """
    load(recipe)
    _require_redis()
    app().send_task(clean.name, (recipe,))


def run_worker(concurrency: int, beat: bool) -> int:
    """Work until stopped, `concurrency` processes wide; with `beat` also be the clock. Returns the exit code.

    A first TERM or Ctrl-C lets running batches end. Raises ServiceUnavailable where Redis does not answer.
    """
    _require_redis()
    schedule = settings().home / "beat"
    schedule.mkdir(parents=True, exist_ok=True)
    worker = app().Worker(
        hostname=f"tabib-{os.getpid()}@{socket.gethostname()}",
        concurrency=concurrency,
        queues=[CLEAN, DEFAULT],
        beat=beat,
        schedule_filename=str(schedule / "schedule"),
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
        task_routes={clean.name: {"queue": CLEAN}},
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        beat_schedule={
            # A message nobody took within its minute has a successor and is dropped.
            "clean": {"task": clean.name, "schedule": CLEAN_EVERY, "options": {"expires": CLEAN_EVERY}}
        },
    )
    return made


def _require_redis() -> None:
    with redis.translated_errors():
        redis.client().ping()
