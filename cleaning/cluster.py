"""Batches mapped on a Ray cluster: for corpora that one machine's processors would take days over."""

import logging
import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from cleaning.processes import WAITING, Item, Result, Work
from storage.errors import ServiceUnavailable, UsageError

LOCAL, AUTO = "local", "auto"
ANSWERS_WITHIN = 5.0  # seconds; Ray itself asks again for minutes


def ray_map(address: str, work: Work[Item, Result], batches: Iterable[list[Item]]) -> Iterator[list[Result]]:
    """`work` over each batch as a task of the cluster at `address`, in order; LOCAL starts one on this machine.

    Ray runs a task again when its worker dies; a batch that kills each worker is done item by item, and an item that
    kills even so is given up. The cluster's machines need this package installed, and in their data folders the
    benchmarks registered and the models that the recipe names; no database. Raises UsageError without Ray,
    ServiceUnavailable when the cluster cannot be reached.
    """
    ray = _connected(address)
    batches = iter(batches)

    def run(batch: list[Item]) -> list[Result]:
        return work.do(batch)

    task = ray.remote(max_retries=2)(run)
    waiting: deque[tuple[list[Item], Any]] = deque()
    try:
        ahead = max(2, WAITING * int(ray.cluster_resources().get("CPU", 1)))
        while True:
            waiting.extend((batch, task.remote(batch)) for batch in islice(batches, ahead - len(waiting)))
            if not waiting:
                return
            batch, promised = waiting.popleft()
            yield _result(ray, task, work, (batch, promised))
    finally:
        ray.shutdown()


def _result(ray: Any, task: Any, work: Work[Item, Result], waiting: tuple[list[Item], Any]) -> list[Result]:
    batch, promised = waiting
    try:
        return ray.get(promised)  # type: ignore[no-any-return]
    except ray.exceptions.WorkerCrashedError:
        if len(batch) == 1:
            return [work.give_up(batch[0])]
        singles = [([item], task.remote([item])) for item in batch]
        return [result for single in singles for result in _result(ray, task, work, single)]


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError:
        raise UsageError("Ray is not installed: pip install 'tabib[ray]'") from None
    if address not in (LOCAL, AUTO):
        _require_answer(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report home what runs here
    where = {} if address == LOCAL else {"address": address}
    try:
        ray.init(**where, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ServiceUnavailable(f"no Ray cluster answers at {address}: {told}") from None
    return ray


def _require_answer(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), ANSWERS_WITHIN).close()
    except (OSError, ValueError) as error:
        raise ServiceUnavailable(f"no Ray cluster answers at {address}: {error}") from None
