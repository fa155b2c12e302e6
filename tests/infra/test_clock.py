"""The clock on the real Redis: one beat at a time, another when it is killed, none the worse for a wiped Redis."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from infra import clock, worker
from infra.clock import Clock
from storage import redis
from storage.settings import Settings

LOCK = "tabib:beat::lock"
# A worker whose clock ticks ten times as often and tells its process's id, on a lock that lasts an eighth as long.
QUICK = """
import os, sys
from celery.signals import beat_embedded_init
from infra import clock, worker
from storage import redis
clock.TICK, clock.HELD, worker.EVERY = 0.5, 3, 1.0
beat_embedded_init.connect(lambda **_: redis.client().set(f"clock of {os.getppid()}", os.getpid()), weak=False)
sys.exit(worker.run_worker(1, True, ["clean"]))
"""


@pytest.fixture(autouse=True)
def own_application(database: Settings) -> Iterator[None]:
    worker.app.cache_clear()
    yield
    worker.app().close()
    worker.app.cache_clear()


@pytest.fixture
def server(database: Settings) -> "Redis":
    return redis.client()


@contextmanager
def beating() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", QUICK], process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def eventually(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def make_due(server: "Redis", name: str) -> None:
    """As if its minute were over."""
    server.hset(f"tabib:beat:{name}", "meta", json.dumps({"last_run_at": None}))
    server.zadd("tabib:beat::schedule", {f"tabib:beat:{name}": 0})


def asked(server: "Redis") -> int:
    """How often the clock asked for evaluations."""
    kept = server.hget("tabib:beat:evaluate", "meta")
    return int(json.loads(kept).get("total_run_count", 0)) if kept else 0


def clock_of(server: "Redis", process: "subprocess.Popen[bytes]") -> psutil.Process:
    """The process of the worker that has the lock or stands by for it."""
    key = f"clock of {process.pid}"
    eventually(lambda: server.exists(key))
    return psutil.Process(int(server.getdel(key)))  # type: ignore[arg-type]


def test_both_tasks_are_asked_for_every_minute(server: "Redis") -> None:
    made = Clock(worker.app(), max_interval=5)
    assert made.lock_timeout == clock.HELD
    assert made.tick() > 0
    assert server.ttl(LOCK) > 20
    rows = {name: server.hget(f"tabib:beat:{name}", "definition") for name in ("clean", "evaluate")}
    for name, kept in rows.items():
        definition = json.loads(kept)  # type: ignore[arg-type]
        assert (definition["task"], definition["schedule"]["every"], definition["options"]) == (
            name,
            60.0,
            {"expires": 60.0},
        )
        assert server.llen(name) == 0  # the first minute is not over
        make_due(server, name)
        made.tick()
        message = json.loads(server.lrange(name, 0, -1)[0])
        assert message["headers"]["task"] == name
    made.close()
    assert server.exists(LOCK) == 0


def test_what_waits_already_is_not_asked_for_again(server: "Redis") -> None:
    made = Clock(worker.app(), max_interval=5)
    made.tick()
    for _ in range(3):
        for name in ("clean", "evaluate"):
            make_due(server, name)
        made.tick()
    assert (server.llen("clean"), server.llen("evaluate")) == (1, 1)
    server.delete("evaluate")
    make_due(server, "evaluate")
    made.tick()
    assert server.llen("evaluate") == 1
    made.close()


def test_the_second_clock_stands_by_and_takes_over(server: "Redis") -> None:
    first, second = (Clock(worker.app(), max_interval=5) for _ in range(2))
    first.tick()
    assert second.tick() == 5
    assert (first.lock is not None, second.lock) == (True, None)
    first.close()
    second.tick()
    assert second.lock is not None
    second.close()


def test_a_lock_that_ran_out_is_taken_again_and_a_wiped_schedule_written_again(server: "Redis") -> None:
    made = Clock(worker.app(), max_interval=5)
    made.tick()
    server.flushall()
    assert made.tick() == 5
    made.tick()
    assert server.exists(LOCK, "tabib:beat:clean", "tabib:beat:evaluate") == 3
    other = Clock(worker.app(), max_interval=5)
    server.delete(LOCK)
    other.tick()
    assert made.tick() == 5
    assert made.lock is None
    assert other.lock is not None
    other.close()


def test_a_redis_that_is_away_for_a_while_stops_no_clock(server: "Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    made = Clock(worker.app(), max_interval=5)
    made.tick()
    pool = made.lock.redis.connection_pool
    with monkeypatch.context() as patch:
        patch.setitem(pool.connection_kwargs, "path", "/nowhere.sock")
        pool.reset()
        assert made.tick() == 5
    pool.reset()
    make_due(server, "evaluate")
    made.tick()
    assert server.llen("evaluate") == 1
    with monkeypatch.context() as patch:
        patch.setitem(pool.connection_kwargs, "path", "/nowhere.sock")
        pool.reset()
        made.close()


def test_a_redis_that_goes_as_the_schedule_is_written_gets_it_at_the_next_try(
    server: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Clock(worker.app(), max_interval=5)

    def gone(_: Clock) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(clock.RedBeatScheduler, "setup_schedule", gone)
        assert made.tick() == 5
    server.delete(LOCK)  # as it runs out
    made.tick()
    assert server.exists(LOCK, "tabib:beat:clean", "tabib:beat:evaluate") == 3
    made.close()


def test_of_two_killed_beats_another_goes_on(server: "Redis") -> None:
    with beating() as first, beating():
        eventually(lambda: asked(server) >= 2)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        before = asked(server)
        eventually(lambda: asked(server) >= before + 2, 30)


def test_a_clock_that_is_killed_alone_is_started_anew(server: "Redis") -> None:
    with beating() as process:
        clock_of(server, process).kill()
        clock_of(server, process)
        before = asked(server)
        eventually(lambda: asked(server) >= before + 2, 30)


def test_the_clock_goes_with_its_worker(server: "Redis") -> None:
    with beating() as process:
        its = clock_of(server, process)
        eventually(lambda: server.exists(LOCK))
        process.kill()
        process.wait()
        eventually(lambda: not its.is_running())
        assert server.exists(LOCK) == 0


def test_a_clock_that_slept_too_long_does_not_die(server: "Redis") -> None:
    with beating() as process:
        its = clock_of(server, process)
        eventually(lambda: asked(server) >= 1)
        its.suspend()
        eventually(lambda: not server.exists(LOCK))
        its.resume()
        before = asked(server)
        eventually(lambda: asked(server) >= before + 2, 30)
        assert its.is_running()
        assert not server.exists(f"clock of {process.pid}")
