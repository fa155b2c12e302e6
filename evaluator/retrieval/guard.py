"""Whether a training pair is the question itself: an answer found so was learnt by heart, and tells nothing."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from evaluator.retrieval.letters import plain
from evaluator.retrieval.snapshot import Pair
from storage import grams
from storage.grams import SHORTEST, SIZE, Hashes
from storage.splits.near import NearIndex


class Own:
    """A question, with what else its item says (its options), held against training pairs.

    A pair is the item's own where its question has the same words, or nearly so (at most one in five differs: see
    `storage.splits.near`), or where question and answer together hold SIZE words in a row of the item's, or an item of
    SHORTEST words or more whole: what the cleaning's step `contamination` looks for. Spelling plays no part.
    """

    def __init__(self, question: str, said: Sequence[str] = ()) -> None:
        self._question, self._said = plain(question), [plain(text) for text in said]

    def among(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each of the pairs whether it is the item's own."""
        if not self._question or not pairs:
            return [False] * len(pairs)
        asked = grams.batch([plain(pair.question) for pair in pairs], tied=True)
        own = set(np.flatnonzero(grams.wholes(asked.words, asked.bounds) == self._whole).tolist())
        mine = grams.batch([self._question], tied=True)
        own |= {place for _, place in NearIndex(asked.words, asked.bounds).matches(mine.words, mine.bounds)}
        both = grams.batch([plain(f"{pair.question}\n{pair.answer}") for pair in pairs], tied=True)
        for size, runs in self._runs.items():
            here = grams.runs(both.words, both.bounds, size)
            own |= set(here.owners[np.isin(here.hashes, runs)].tolist())
        return [place in own for place in range(len(pairs))]

    @cached_property
    def _whole(self) -> np.uint64:
        found = grams.batch([self._question], tied=True)
        return np.uint64(grams.wholes(found.words, found.bounds)[0])

    @cached_property
    def _runs(self) -> dict[int, Hashes]:
        """Runs of the question, and of all that the item says, by how many words they have."""
        found: dict[int, list[Hashes]] = {}
        for text in {self._question, " ".join([self._question, *self._said])}:
            item = grams.batch([text], tied=True)
            size = min(len(item.words), SIZE)
            if size >= SHORTEST:
                found.setdefault(size, []).append(grams.runs(item.words, item.bounds, size).hashes)
        return {size: np.concatenate(runs) for size, runs in found.items()}
