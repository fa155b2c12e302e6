"""Similar by words (BM25) or by trigrams of letters (pg_trgm's similarity)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluator.retrieval.features import Counts, counted, trigrams, words
from evaluator.retrieval.postings import Array, Postings, Scores, arrays
from evaluator.retrieval.saved import save


@dataclass(frozen=True)
class Bm25:
    """Okapi BM25 in Lucene's form, which no text scores below 0 by (Kamphuis et al. 2020, Which BM25 do you mean?).

    `k1` and `b` are the defaults of bm25s and rank_bm25, whose order of answers this is.
    """

    k1: float = 1.5
    b: float = 0.75
    name = "bm25"

    @property
    def identity(self) -> dict[str, object]:
        """See `Method`."""
        return {"method": self.name, "version": 1, "k1": self.k1, "b": self.b}

    def build(self, texts: Sequence[str], folder: Path) -> None:
        """See `Method`."""
        counts = counted(texts, words)
        found, order = arrays(counts)
        save(folder, found | {"weights": self._weights(counts, len(texts))[order]})

    def scorer(self, kept: Mapping[str, Array], texts: int) -> "Bm25Scorer":
        """See `Method`."""
        return Bm25Scorer(Postings(kept), kept["weights"], texts)

    def _weights(self, counts: Counts, texts: int) -> Scores:
        """What each word adds to its text's score."""
        _, word, holders = np.unique(counts.values, return_inverse=True, return_counts=True)
        rarity = np.log1p((texts - holders + 0.5) / (holders + 0.5))[word]
        lengths = np.bincount(counts.texts, counts.times, minlength=texts)
        relative = lengths / max(float(lengths.mean()) if texts else 0.0, 1e-9)
        damped = self.k1 * (1 - self.b + self.b * relative[counts.texts])
        return (rarity * counts.times / (counts.times + damped)).astype(np.float32)


class Bm25Scorer:
    """BM25 of one set of texts."""

    def __init__(self, postings: Postings, weights: Array, texts: int) -> None:
        self._postings, self._weights, self._texts = postings, weights, texts

    def scores(self, query: str) -> Scores:
        """See `Scorer`: a word counts as often as it is asked."""
        asked, scores = counted([query], words), np.zeros(self._texts, np.float32)
        for n, place in self._postings.found(asked.values):
            scores[self._postings.texts[place]] += self._weights[place] * np.float32(asked.times[n])
        return scores


@dataclass(frozen=True)
class Trigram:
    """Of the trigrams that two texts have, the share that they have in common, as pg_trgm's `similarity` gives it.

    That is Jaccard's measure; Dice's puts texts in the same order.
    """

    name = "trigram"

    @property
    def identity(self) -> dict[str, object]:
        """See `Method`."""
        return {"method": self.name, "version": 1}

    def build(self, texts: Sequence[str], folder: Path) -> None:
        """See `Method`."""
        counts = counted(texts, trigrams)
        found, _ = arrays(counts)
        save(folder, found | {"sizes": np.bincount(counts.texts, minlength=len(texts)).astype(np.int32)})

    def scorer(self, kept: Mapping[str, Array], texts: int) -> "TrigramScorer":  # noqa: ARG002  the sizes tell
        """See `Method`."""
        return TrigramScorer(Postings(kept), np.asarray(kept["sizes"]))


class TrigramScorer:
    """Trigram similarity to one set of texts."""

    def __init__(self, postings: Postings, sizes: Array) -> None:
        self._postings, self._sizes = postings, sizes

    def scores(self, query: str) -> Scores:
        """See `Scorer`: 0 to 1."""
        asked, common = counted([query], trigrams).values, np.zeros(len(self._sizes), np.int32)
        for _, place in self._postings.found(asked):
            common[self._postings.texts[place]] += 1
        either = np.maximum(self._sizes + len(asked) - common, 1)
        return (common / either).astype(np.float32)
