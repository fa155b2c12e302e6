"""A real worker on the real broker: told to clean, it cleans; the clock tells it; a dead Redis is one line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from infra import worker
from storage import db
from storage.errors import MissingExtra, ServiceUnavailable, UsageError
from storage.models import Document, Verdict
from storage.settings import Settings, settings
from tests.storage.rows import add_pair

PROGRAM = Path(sys.executable).parent / "infra"
ANSWER = "سرفه پس از سرماخوردگی معمولا دو تا سه هفته می‌ماند و با بخور و مایعات گرم آرام می‌شود."


@pytest.fixture(autouse=True)
def own_application(database: Settings) -> Iterator[None]:
    """The application is made once a process, on the address of its settings: each test has its own."""
    worker.app.cache_clear()
    yield
    worker.app().close()
    worker.app.cache_clear()


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([PROGRAM, "worker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def states() -> dict[str, int]:
    with db.session() as session:
        rows = session.execute(select(Document.state, func.count()).group_by(Document.state))
        return dict(iter(rows))


def add(first: int, last: int) -> None:
    with db.session() as session:
        for number in range(first, last):
            add_pair(session, "drhast", str(number), question=f"پرسش شماره {number} چیست؟", answer=f"{number} {ANSWER}")


def test_workers_clean_when_asked_and_share_the_work(database: Settings) -> None:
    add(0, 300)
    with running("--concurrency", "2"):
        worker.request_cleaning()
        worker.request_cleaning()
        eventually(lambda: "new" not in states())
        add(300, 310)
        worker.request_cleaning("default")
        eventually(lambda: "new" not in states())
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Verdict)) == 310
        assert session.scalars(select(Verdict.outcome).distinct()).all() != ["pending"]


def test_a_worker_killed_in_the_middle_loses_nothing(database: Settings) -> None:
    add(0, 400)
    killed = subprocess.Popen(
        [PROGRAM, "worker"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    worker.request_cleaning()
    eventually(lambda: _verdicts() > 0)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    with running():
        worker.request_cleaning()
        eventually(lambda: "new" not in states())
    assert _verdicts() == 400


def _verdicts() -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(Verdict)) or 0


def test_only_json_is_understood(database: Settings) -> None:
    assert worker.app().conf.accept_content == ["json"]
    assert worker.app().conf.task_serializer == "json"
    assert worker.app().conf.task_acks_late


def test_a_wrong_recipe_is_refused_before_it_is_sent(database: Settings) -> None:
    with pytest.raises(UsageError, match="Did you mean default"):
        worker.request_cleaning("defalt")


def test_a_worker_takes_the_queues_it_is_given_and_can_work_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no queue is named 'evalute'\. Did you mean evaluate"):
        worker.run_worker(1, False, ["evalute"])
    monkeypatch.setattr(worker, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="evaluating needs torch"):
        worker.run_worker(1, False, ["clean", "evaluate"])


def test_a_dead_redis_is_one_line(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_REDIS_URL", "redis://127.0.0.1:1/0")
    done = subprocess.run([PROGRAM, "worker"], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "TABIB_REDIS_URL" in done.stderr
    settings.cache_clear()
    with pytest.raises(ServiceUnavailable):
        worker.request_cleaning()
