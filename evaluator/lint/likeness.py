"""How alike texts are by their runs of four letters, and which of many are alike enough to be looked at."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.lint.words import words

RUN = 4
"""Letters of a run: a word and its ending share some, two words of another meaning seldom do."""
MOST = 500
"""Runs that more texts have find no pair by themselves, they only count in what is found: so what is compared grows
with the texts and not with their square."""
NEAREST = 32
"""Texts that one is compared with at most, those that share the most."""
AT_ONCE = 128

Floats = npt.NDArray[np.float64]


class Weighed:
    """Texts of several parts as sets of runs; a run weighs the more the fewer texts have it."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        from scipy.sparse import csr_array

        known: dict[str, int] = {}
        self.runs = [np.array(sorted({known.setdefault(r, len(known)) for r in runs(t)}), np.int64) for t in texts]
        counts = np.bincount(np.concatenate([*self.runs, np.empty(0, np.int64)]), minlength=max(len(known), 1))
        self.weights: Floats = np.log1p(len(texts) / np.maximum(counts, 1))
        self.totals: Floats = np.array([self.weights[found].sum() for found in self.runs])
        rare = counts <= MOST
        kept = [found[rare[found]] for found in self.runs]
        bounds = np.cumsum([0, *map(len, kept)])
        columns = np.concatenate([*kept, np.empty(0, np.int64)])
        shape = (len(texts), max(len(known), 1))
        self.table: Any = csr_array((self.weights[columns], columns, bounds), shape=shape)
        self.having: Any = csr_array((np.ones(len(columns)), columns, bounds), shape=shape).T.tocsr()

    def shared(self, block: slice) -> Any:
        """For each text of the block, sparse, the weight of the rare runs that others share, over the lesser total."""
        both = (self.table[block] @ self.having).tocoo()
        least = np.minimum(self.totals[block][both.coords[0]], self.totals[both.coords[1]])
        both.data /= np.maximum(least, 1e-9)
        return both.tocsr()

    def alike(self, first: int, second: int) -> float:
        """Jaccard's index of two texts, weighted; 1 for two that have no run."""
        shared = np.intersect1d(self.runs[first], self.runs[second], assume_unique=True)
        both = float(self.weights[shared].sum())
        either = float(self.totals[first] + self.totals[second]) - both
        return both / either if either > 0 else 1.0

    def overlap(self, first: int, second: int) -> float:
        """Jaccard's index without weights: what many near copies have in common weighs little in `alike`."""
        both = len(np.intersect1d(self.runs[first], self.runs[second], assume_unique=True))
        return both / max(len(self.runs[first]) + len(self.runs[second]) - both, 1)


def candidates(asked: Weighed, said: Weighed, own: int, least: float) -> Iterator[tuple[int, int]]:
    """Pairs of places, of the first `own` with any after it, that share at least so much in both together."""
    for start in range(0, own, AT_ONCE):
        block = slice(start, min(start + AT_ONCE, own))
        shared = (asked.shared(block) + said.shared(block)).tocoo()
        firsts, seconds = shared.coords[0] + start, shared.coords[1]
        chosen = (shared.data > least) & (seconds > firsts)
        firsts, seconds, much = firsts[chosen], seconds[chosen], shared.data[chosen]
        order = np.lexsort((seconds, -much, firsts))
        firsts, seconds = firsts[order], seconds[order]
        rank = np.arange(len(firsts)) - np.searchsorted(firsts, firsts)
        yield from zip(firsts[rank < NEAREST].tolist(), seconds[rank < NEAREST].tolist(), strict=True)


def runs(parts: Sequence[str]) -> Iterator[str]:
    """Runs of letters over the words of each part in one spelling, with spaces; short parts are a run of their own."""
    for part in parts:
        told = f" {' '.join(words(part))} "
        if len(told) <= RUN:
            yield told
        for start in range(len(told) - RUN + 1):
            yield told[start : start + RUN]
