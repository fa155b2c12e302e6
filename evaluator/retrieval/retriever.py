"""Training questions similar to one asked, by any method, with the asked item's own pair left out where it must be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from evaluator.retrieval import saved
from evaluator.retrieval.guard import Own
from evaluator.retrieval.postings import Array, Scores
from evaluator.retrieval.snapshot import Pair, Pairs

VERSION = "retrieval/1"
"""Raised whenever the same index would find other pairs."""
FIRST_RANKED = 8  # pairs beyond those wanted that are held against the item; more only where many are its own


class Scorer(Protocol):
    """How similar each of a fixed set of texts is to another."""

    def scores(self, query: str) -> Scores:
        """By text; 0 or less where the two have nothing in common."""


class Method(Protocol):
    """A way of comparing texts."""

    @property
    def name(self) -> str:
        """As given to `--method`."""

    @property
    def identity(self) -> Mapping[str, object]:
        """Its name as `method`, and all else that its scores depend on beside the texts; fit for JSON."""

    def build(self, texts: Sequence[str], folder: Path) -> None:
        """Write what a search needs into the folder, as arrays (`saved.save`); what a killed build left is there."""

    def scorer(self, kept: Mapping[str, Array], texts: int) -> Scorer:
        """Search in those arrays, of so many texts."""


class Hit(NamedTuple):
    """A similar question's pair; `score` means what its method says."""

    pair: Pair
    score: float

    @property
    def source(self) -> dict[str, object]:
        """What a row of answers keeps of it."""
        return {"id": self.pair.id, "score": round(self.score, 6)}


class Hits(NamedTuple):
    """Pairs, the most similar first; `left_out` are those before the last that were the asked item's own."""

    hits: list[Hit]
    left_out: int = 0


@dataclass(frozen=True)
class Retriever:
    """Search in one snapshot by one method. Its index is built at the first search, once for a snapshot's hash."""

    pairs: Pairs
    method: Method

    @property
    def name(self) -> str:
        """As `--model` takes it."""
        return f"retriever:{self.method.name}@{self.pairs.name}"

    @cached_property
    def sha256(self) -> str:
        """The identity of what it finds: method, index, the code's version, and which pairs it may no longer show."""
        gone = {"forgotten": [self.pairs[row].id for row in self.pairs.forgotten]} if self.pairs.forgotten else {}
        return saved.sha256_of({"version": VERSION, "index": self._identity, **gone})

    def search(self, question: str, k: int = 5, own: Own | None = None) -> Hits:
        """The `k` most similar pairs, fewer where fewer have anything in common with the question.

        Pairs that are `own`'s are left out and counted. Pairs of one score stand in the snapshot's order.
        """
        scores = np.array(self.scorer.scores(question), np.float32)
        scores[self.pairs.forgotten] = 0
        hits, left_out = list[Hit](), 0
        for rows in _ranked(scores, k):
            pairs = [self.pairs[row] for row in rows]
            for row, pair, mine in zip(rows, pairs, own.among(pairs) if own else [False] * len(rows), strict=True):
                if len(hits) == k:
                    return Hits(hits, left_out)
                left_out += mine
                if not mine:
                    hits.append(Hit(pair, float(scores[row])))
        return Hits(hits, left_out)

    def open(self) -> None:
        """Have the index at hand, so that no search waits for it."""
        self.scorer.scores("")

    @cached_property
    def scorer(self) -> Scorer:
        """The index, opened; built where it is not there whole."""
        kept = saved.opened(self._identity, lambda folder: self.method.build(self.pairs.questions, folder))
        return self.method.scorer(kept, len(self.pairs))

    @property
    def _identity(self) -> dict[str, object]:
        return {**self.method.identity, "snapshot": self.pairs.sha256}


def _ranked(scores: Scores, k: int) -> Iterator[list[int]]:
    """Rows above 0 from the highest score on, some at a time."""
    done, wanted = 0, k + FIRST_RANKED
    above = np.flatnonzero(scores > 0)
    while done < len(above):
        if wanted < len(above):
            least = np.partition(scores[above], len(above) - wanted)[len(above) - wanted]
            chosen = above[scores[above] >= least]
        else:
            chosen = above
        ordered = chosen[np.argsort(-scores[chosen], kind="stable")]
        yield ordered[done:wanted].tolist()
        done, wanted = wanted, wanted * 4
