"""The texts of benchmarks, as hashes of runs of words: what training texts are held against.

A benchmark is registered by a file of the runs of its items, never of its texts: those of the project's own benchmarks
lie in this folder, others in the data folder's `benchmarks`, where one of the same name counts instead. So whoever
cleans needs neither the evaluator nor a database, and what was looked for has one hash.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from storage import grams
from storage.benchmarks.files import ENTRY, Item, Registered, read
from storage.errors import UsageError
from storage.grams import SHORTEST, Lookup
from storage.settings import settings

__all__ = ["Index", "Item", "Overlap", "Registered", "index", "index_of", "own_folder"]

PACKAGED = Path(__file__).parent
_indexes: dict[str, "Index"] = {}


class Overlap(NamedTuple):
    """What a text has in common with one item: how many runs, and the longest stretch of them as it stands there."""

    benchmark: str
    item: str
    runs: int
    words: str


@dataclass(frozen=True)
class Index:
    """Registered benchmarks, to be looked for in any number of texts."""

    benchmarks: tuple[Registered, ...]

    @cached_property
    def sha256(self) -> str:
        """The identity of all that is looked for."""
        return hashlib.sha256("".join(b.sha256 for b in self.benchmarks).encode()).hexdigest()

    def find(self, text: str) -> list[Overlap]:
        """Every item that shares a run with the text, the one with most runs first."""
        if not self.likely([text]):
            return []
        found = grams.batch([text], tied=True)
        spans: dict[int, list[tuple[int, int]]] = {}
        for size in self._sizes:
            here = grams.runs(found.words, found.bounds, size)
            for run, place in zip(*self._runs.find(here.hashes), strict=True):
                first = int(here.firsts[run])
                for item in self._items[self._ends[place] : self._ends[place + 1]].tolist():
                    spans.setdefault(item, []).append((first, first + size))
        stretches = {item: _longest(sorted(runs)) for item, runs in spans.items()}
        overlaps = [
            Overlap(*self._names[item], len(spans[item]), text[int(found.starts[first]) : int(found.ends[last - 1])])
            for item, (first, last) in stretches.items()
        ]
        return sorted(overlaps, key=lambda o: (-o.runs, o.benchmark, o.item))

    def likely(self, texts: Sequence[str]) -> list[int]:
        """Which of the texts hold the beginning of a run, by place: no other shares one. Cheap for many at once."""
        found = grams.batch(texts, tied=True)
        begun = grams.runs(found.words, found.bounds, SHORTEST)
        return np.unique(begun.owners[self._heads.find(begun.hashes)[0]]).tolist()  # type: ignore[no-any-return]

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        return [(benchmark.name, item) for benchmark in self.benchmarks for item in benchmark.ids]

    @cached_property
    def _entries(self) -> "np.typing.NDArray[np.void]":
        parts, first = [np.empty(0, ENTRY)], 0
        for benchmark in self.benchmarks:
            own = benchmark.entries.copy()
            own["item"] += first
            parts.append(own)
            first += len(benchmark.ids)
        return np.sort(np.concatenate(parts), order=["run", "item"])

    @cached_property
    def _sizes(self) -> list[int]:
        return [int(size) for size in np.unique(self._entries["size"])]

    @cached_property
    def _heads(self) -> Lookup:
        return Lookup(np.unique(self._entries["head"]))

    @cached_property
    def _runs(self) -> Lookup:
        return Lookup(np.unique(self._entries["run"]))

    @cached_property
    def _items(self) -> grams.Places:
        return self._entries["item"].astype(np.int64)

    @cached_property
    def _ends(self) -> grams.Places:
        """For each known run where its items begin, and after the last where they end."""
        runs = self._runs.known
        return np.append(np.searchsorted(self._entries["run"], runs), len(self._entries)).astype(np.int64)


def index() -> Index:
    """All registered benchmarks; read once a process, and again when a file has changed. Raises DataDamaged."""
    paths = {path.name: path for folder in (PACKAGED, own_folder()) for path in sorted(folder.glob("*.json"))}
    chosen = sorted(paths.values(), key=lambda path: path.name)
    found = _read(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in chosen))
    return _indexes.setdefault(found.sha256, found)


def index_of(sha256: str) -> Index:
    """The index of that hash, whatever is registered since; UsageError where this process never had it."""
    if sha256 not in _indexes and index().sha256 != sha256:
        raise UsageError(f"the benchmarks registered here are not {sha256}: see `evaluator register`")
    return _indexes[sha256]


def own_folder() -> Path:
    """Where benchmarks are registered that do not come with the project."""
    return settings().home / "benchmarks"


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[Path, int, int], ...]) -> Index:
    return Index(tuple(read(path) for path, *_ in files))


def _longest(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The longest stretch that spans, in order of their firsts, cover without a gap."""
    best = first, last = spans[0]
    for start, end in spans:
        first, last = (first, max(last, end)) if start <= last else (start, end)
        best = max(best, (first, last), key=lambda span: span[1] - span[0])
    return best
