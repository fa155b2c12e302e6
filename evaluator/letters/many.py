"""The letters of many texts, read on all cores: the same ones in the same order as by one process."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import NamedTuple

from evaluator.letters.reading import Reading, named_at, reading
from storage.errors import TabibError

Text = tuple[str, Mapping[str, str], str]
"""What a model wrote, the options it was shown by letter, and its question."""
MANY = 20_000
"""Texts from which on it pays to begin further processes."""
_CHUNK = 500


class Placed(NamedTuple):
    """What was read, and where the text first names that letter, in characters: None where it does not."""

    reading: Reading
    place: int | None


def read_many(
    texts: Sequence[Text], progress: Callable[[int], None] = lambda _: None, many: int = MANY
) -> list[Placed]:
    """Read them in their order; fewer than `many`, or a single core, in this process alone.

    `progress` is told how many more are read. Raises TabibError where a process ends that was to read some.
    """
    found: list[Placed] = []
    cores = len(os.sched_getaffinity(0)) if len(texts) >= many else 1
    chunks = [texts[begin : begin + _CHUNK] for begin in range(0, len(texts), _CHUNK)]
    for chunk in map(_read, chunks) if cores == 1 else _spread(chunks, cores):
        found += chunk
        progress(len(chunk))
    return found


def _spread(chunks: Sequence[Sequence[Text]], cores: int) -> Iterator[list[Placed]]:
    with ProcessPoolExecutor(min(cores, len(chunks)), mp_context=get_context("spawn")) as pool:
        with _held(signal.SIGINT):
            read = pool.map(_read_plainly, chunks)
        try:
            for chunk in read:
                yield [Placed(Reading(*found), place) for found, place in chunk]
        except BrokenProcessPool:
            raise TabibError(
                "a process that read letters was ended, perhaps for want of memory: run it again"
            ) from None


@contextmanager
def _held(number: signal.Signals) -> Iterator[None]:
    """Hold a signal back; processes begun meanwhile never get it: of Ctrl-C this one alone tells, and it ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _read(chunk: Sequence[Text]) -> list[Placed]:
    return [_placed(*text) for text in chunk]


def _read_plainly(chunk: Sequence[Text]) -> list[tuple[tuple[str | None, str, tuple[str, ...]], int | None]]:
    """The same in plain tuples, which are passed on from one process to another in half the time."""
    return [((*found.reading,), found.place) for found in _read(chunk)]


def _placed(text: str, options: Mapping[str, str], question: str) -> Placed:
    found = reading(text, options, question)
    return Placed(found, None if found.letter is None else named_at(text, options, found.letter))
