"""Evaluations by real workers on the real broker: killed in the middle, ended gently, two at once."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from evaluator import scheduling
from evaluator.run import COMMITTED_AT_ONCE
from evaluator.scheduling import Wish
from infra import worker
from storage import db
from storage.jobs import LEASE
from storage.models import Answer, Job, Schedule
from storage.settings import Settings
from tests.evaluator.models import make_model
from tests.infra.test_worker import eventually, own_application

__all__ = ["own_application"]

BASICS = "persian-medical-basics"
# A worker whose model thinks for a while before each 16 answers, and writes down what it is asked.
SLOW = """
import sys, time
from evaluator.model import LanguageModel
from infra import worker
weigh = LanguageModel.likelihoods
def slow(self, questions):
    time.sleep(float(sys.argv[1]))
    found = weigh(self, questions)
    with open(sys.argv[2], "a") as asked:
        asked.writelines(f"{question.item}\\n" for question in questions)
    return found
LanguageModel.likelihoods = slow
sys.exit(worker.run_worker(2, False, ["evaluate"]))
"""


@contextmanager
def working(pause: float, asked: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(pause), str(asked)],
        process_group=0,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def tick() -> None:
    """What the clock does every minute."""
    worker.app().send_task(worker.evaluate.name)


def answered() -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


def state() -> Job:
    with db.session() as session:
        return session.scalars(select(Job)).one_or_none() or Job(state="not there")


@pytest.fixture
def due(database: Settings, tmp_path: Path) -> str:
    """A schedule for a model, that is due now."""
    folder = str(make_model(tmp_path / "model"))
    scheduling.add(Wish("nightly", [BASICS], folder, "0 0 * * *", False, "stored"))
    with db.session() as session:
        session.execute(update(Schedule).values(due_at=func.now()))
    return folder


def test_killed_in_the_middle_another_finishes_and_nothing_is_answered_twice(due: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    with working(0.5, asked) as process:
        tick()
        eventually(lambda: answered() >= 2 * COMMITTED_AT_ONCE)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before = answered()
    assert 2 * COMMITTED_AT_ONCE <= before < 96
    assert state().state == "working"
    with db.session() as session:
        session.execute(update(Job).values(beat_at=func.now() - LEASE - dt.timedelta(seconds=1)))
    with working(0, asked):
        tick()
        eventually(lambda: state().state == "done")
    told = asked.read_text().split()
    with db.session() as session:
        stored = list(session.scalars(select(Answer.item)))
    assert (len(stored), len(set(stored))) == (96, 96)
    # What the killed one computed and had not stored is computed again: at most one batch.
    assert set(told) == set(stored)
    assert len(told) - 96 <= COMMITTED_AT_ONCE
    [result] = (state().result or {})["results"]
    assert (result["items"], result["asked"]) == (96, 96 - before)


def test_two_ticks_at_once_work_one_job_once(due: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    with working(0.05, asked):
        for _ in range(4):
            tick()
        eventually(lambda: state().state == "done")
    assert sorted(asked.read_text().split()) == sorted(set(asked.read_text().split()))
    assert answered() == 96


def test_ended_gently_it_gives_the_job_back_within_a_batch(due: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    with working(1, asked) as process:
        tick()
        eventually(lambda: answered() >= COMMITTED_AT_ONCE)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    left = state()
    assert (left.state, left.attempts) == ("waiting", 0)
    assert left.answered == answered() < 96
    with working(0, asked):
        tick()
        eventually(lambda: state().state == "done")
    assert sorted(asked.read_text().split()) == sorted(set(asked.read_text().split()))
