"""A function over many batches in several processes: results in order, none lost to a dead process."""

import gc
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
PARENT_LOOKED_AT = 1.0  # seconds
WAITING = 2  # batches a process that wait, so that none idles while the caller writes


@dataclass(frozen=True)
class Work(Generic[Item, Result]):
    """What is done to a batch, one result an item in order; it and the batches travel between processes.

    `give_up` makes the result of an item that kills each process it is given to.
    """

    do: Callable[[list[Item]], list[Result]]
    give_up: Callable[[Item], Result]


class Engine(Protocol):
    """Maps work over batches: results in order, one list a batch, whatever runs it."""

    def __call__(self, work: Work[Item, Result], batches: Iterable[list[Item]]) -> Iterator[list[Result]]:
        """Reads the batches as it goes."""


def pool(processes: int) -> ProcessPoolExecutor:
    """Processes that start clean, and end when this one does, however it ends."""
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _end_with, (os.getpid(),))


def _end_with(parent: int) -> None:
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_LOOKED_AT)
    os._exit(1)


def available() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: comparing survivors makes none, and looking takes an eighth of its time.

    The process's other threads do without it too.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def ordered_map(work: Work[Item, Result], batches: Iterable[list[Item]], processes: int = 1) -> Iterator[list[Result]]:
    """`work` over each batch, in order, at most WAITING batches a process ahead of what is asked for.

    One batch alone is done here. A batch whose process dies is done again, alone; if that dies too its items are
    done one by one, and one that kills even so is given up.
    """
    batches = iter(batches)
    first = list(islice(batches, 2))
    if processes < 2 or len(first) < 2:
        yield from map(work.do, chain(first, batches))
        return
    batches = chain(first, batches)
    waiting: deque[list[Item]] = deque()
    while waiting or (waiting := deque(islice(batches, 1))):
        yield from _until_broken(work, waiting, batches, processes)
        for batch in waiting:  # only a dead process leaves any
            yield _alone(work, batch)
        waiting.clear()


def _until_broken(
    work: Work[Item, Result], waiting: deque[list[Item]], batches: Iterator[list[Item]], processes: int
) -> Iterator[list[Result]]:
    """Results in order; `waiting` holds the batches without one when a process died, else nothing."""
    futures: deque[Future[list[Result]]] = deque()
    with pool(processes) as workers:
        try:
            futures.extend(workers.submit(work.do, batch) for batch in waiting)
            while True:
                for batch in islice(batches, WAITING * processes - len(futures)):
                    waiting.append(batch)
                    futures.append(workers.submit(work.do, batch))
                if not futures:
                    return
                result = futures.popleft().result()
                waiting.popleft()
                yield result
        except BrokenProcessPool:
            return
        finally:
            workers.shutdown(wait=False, cancel_futures=True)


def _alone(work: Work[Item, Result], batch: list[Item]) -> list[Result]:
    with pool(1) as worker:
        try:
            return worker.submit(work.do, batch).result()
        except BrokenProcessPool:
            if len(batch) == 1:
                return [work.give_up(batch[0])]
    return [result for item in batch for result in _alone(work, [item])]
