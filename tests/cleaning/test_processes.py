"""Batches in several processes, or on a Ray cluster: in order, few ahead, and whole when processes die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from cleaning.cluster import ray_map
from cleaning.processes import Engine, Work, ordered_map
from storage.errors import ServiceUnavailable

DEADLY = -1


def double(folder: Path, batch: list[int]) -> list[int]:
    """Twice each item; DEADLY ends the process, an odd item does so the first time it is met."""
    for item in batch:
        met = folder / str(item)
        if item == DEADLY or (item % 2 and not met.exists()):
            met.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [2 * item for item in batch]


def given_up(item: int) -> int:
    return item


@pytest.fixture
def work(tmp_path: Path) -> Work[int, int]:
    return Work(partial(double, tmp_path), given_up)


def batches(size: int) -> Iterator[list[int]]:
    return ([first, first + 2] for first in range(0, 4 * size, 4))


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order(work: Work[int, int], processes: int) -> None:
    found = list(ordered_map(work, batches(40), processes))
    assert found == [[2 * item for item in batch] for batch in batches(40)]


def test_nothing_in_is_nothing_out(work: Work[int, int]) -> None:
    assert list(ordered_map(work, iter(()), 3)) == []


def test_only_a_few_batches_are_read_ahead(work: Work[int, int]) -> None:
    read = []

    def reading() -> Iterator[list[int]]:
        for batch in batches(100):
            read.append(batch)
            yield batch

    results = ordered_map(work, reading(), 2)
    next(results)
    assert len(read) <= 6
    results.close()  # type: ignore[attr-defined]  a generator, as every engine is


def test_a_process_that_dies_costs_no_item(work: Work[int, int]) -> None:
    """Killed once each at 5 and 11, killed always at DEADLY, which alone is given up."""
    given = [[0, 2], [4, 5], [6, 8], [10, DEADLY, 12], [11, 14], [16, 18], [20, 22]]
    expected = [[item if item == DEADLY else 2 * item for item in batch] for batch in given]
    assert list(ordered_map(work, given, 2)) == expected


@pytest.fixture
def quiet_ray(monkeypatch: pytest.MonkeyPatch) -> Engine:
    pytest.importorskip("ray", reason="Ray is an extra")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    return partial(ray_map, "local")


def test_a_ray_cluster_gives_the_same_and_survives_its_workers(work: Work[int, int], quiet_ray: Engine) -> None:
    given = [[0, 2], [10, DEADLY, 12], [16, 18]]
    expected = [[item if item == DEADLY else 2 * item for item in batch] for batch in given]
    assert list(quiet_ray(work, given)) == expected


def test_a_cluster_that_is_not_there_is_told(work: Work[int, int], quiet_ray: Engine) -> None:
    with pytest.raises(ServiceUnavailable, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        list(ray_map("127.0.0.1:9", work, batches(3)))


def sleep(batch: list[int]) -> list[int]:
    time.sleep(60)
    return batch


def test_processes_end_with_the_one_they_work_for(tmp_path: Path) -> None:
    script = "from tests.cleaning.test_processes import *; list(ordered_map(Work(sleep, given_up), batches(9), 2))"
    program = tmp_path / "parent.py"
    program.write_text(f"if __name__ == '__main__':\n    {script}\n", encoding="utf-8")
    root = str(Path(__file__).parents[2])
    parent = subprocess.Popen([sys.executable, program], env=os.environ | {"PYTHONPATH": root})
    end = time.monotonic() + 60
    while len(children := psutil.Process(parent.pid).children(recursive=True)) < 3:  # with the tracker of resources
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1)  # for the last of them to begin its watch
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert len(gone) >= 3
    assert alive == []
