"""A fitted quality score: arrays, how it scores, and how it is kept.

score = numbers × weights + hashed words × table + bias; Platt's line makes a probability of it, that a person would
approve the record. `low` and `high` say how sure that is at the ends, from decisions the score had not seen.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from cleaning.medical.ngrams import Columns, Float, sums
from cleaning.quality.features import Features, Item, features
from cleaning.record import FIELDS
from storage import blobs
from storage.errors import DataDamaged

BATCH = 500
SEEN = 3
"""Decided records that a word must stand in to be no longer rare."""


class Ladder(NamedTuple):
    """Growing steps: of the records up to `score`, at most the share `wrong` goes against what people decide."""

    score: Float
    wrong: Float

    def certainty(self, score: Float) -> Float:
        """One minus the share that goes wrong at the first step that takes in the score; 0 beyond the last."""
        if not len(self.score):
            return np.zeros(len(score))
        step = np.searchsorted(self.score, score)
        return np.where(step < len(self.score), 1 - self.wrong[np.minimum(step, len(self.score) - 1)], 0.0)


@dataclass(frozen=True)
class Scores:
    """Of many items: the probability that a person approves, how sure a drop and a pass would be, how rare the words.

    `low` and `high` are certainties, from 0: the lower bound (95 %) of the share of records scored like this or
    further out that people rejected, or approved; of which records, `cleaning.quality.learning` says.
    """

    p: Float
    low: Float
    high: Float
    rarity: Float


@dataclass(frozen=True)
class Model:
    """A fitted score. `figures` are the names of the filters' figures that the numbers end with; `seen` counts, for
    each column, the decided records that had it, up to SEEN."""

    figures: tuple[str, ...]
    mean: Float
    spread: Float
    weights: Float
    table: Float
    bias: float
    slope: float
    shift: float
    seen: Float
    low: Ladder
    high: Ladder

    def score(self, items: Sequence[Item]) -> Scores:
        """Scores of items in their order."""
        parts = [self._batch(items[first : first + BATCH]) for first in range(0, len(items), BATCH)] or [
            self._batch([])
        ]
        return Scores(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Scores)))

    def raw(self, given: Features) -> Float:
        """The score before Platt's line."""
        score: Float = self.standard(given.numbers) @ self.weights + sums(self.table, given.words) + self.bias
        return score

    def standard(self, numbers: Float) -> Float:
        """Numbers in spreads from their mean, 0 where one is missing, at most 5."""
        return np.clip(np.nan_to_num((numbers - self.mean) / self.spread), -5, 5)

    def _batch(self, items: Sequence[Item]) -> Scores:
        given = features(items, self.figures)
        p = sigmoid(self.slope * self.raw(given) + self.shift)
        return Scores(p, self.low.certainty(p), self.high.certainty(1 - p), rarity(self.seen, given.words))

    @cached_property
    def plain(self) -> dict[str, Any]:
        """Everything as arrays of numbers and names."""
        kept: dict[str, Any] = {"figures": np.array(self.figures, dtype=str), "mean": self.mean, "spread": self.spread}
        kept |= {"weights": self.weights, "table": self.table.astype(np.float32), "seen": self.seen.astype(np.uint8)}
        kept |= {"line": np.array([self.bias, self.slope, self.shift])}
        for name, ladder in (("low", self.low), ("high", self.high)):
            kept |= {f"{name}_score": ladder.score, f"{name}_wrong": ladder.wrong}
        return kept


def sigmoid(score: Float) -> Float:
    """From log-odds to a probability."""
    p: Float = 1 / (1 + np.exp(-np.clip(score, -500, 500)))
    return p


def rarity(seen: Float, words: Columns) -> Float:
    """The share of each record's words and word pairs that fewer than SEEN decided records had; 0 without words."""
    count = np.diff(words.start)
    return sums((seen < SEEN).astype(np.float64), words) / np.sqrt(np.maximum(count, 1))


def dump(model: Model) -> bytes:
    """The model as an npz archive of plain arrays; the same model gives the same bytes."""
    file = io.BytesIO()
    np.savez(file, **model.plain)
    return file.getvalue()


def load(data: bytes) -> Model:
    """The model of `dump`. Raises DataDamaged for bytes that are none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return Model(**dict(_read({name: file[name] for name in file.files})))
    except (ValueError, KeyError, OSError, EOFError, BadZipFile, TypeError) as error:
        raise DataDamaged(f"a quality model cannot be read: {error}") from None


def _read(file: dict[str, np.ndarray]) -> Iterator[tuple[str, Any]]:
    yield "figures", tuple(file["figures"].tolist())
    for name in ("mean", "spread", "weights", "table", "seen"):
        yield name, file[name].astype(np.float64)
    yield from zip(("bias", "slope", "shift"), map(float, file["line"]), strict=True)
    for name in ("low", "high"):
        yield name, Ladder(file[f"{name}_score"], file[f"{name}_wrong"])


def name_of(kind: str, *, texts_only: bool = False) -> str:
    """The name that the models of a kind of document have: pairs and articles are judged by other measures."""
    return f"quality-{kind}-texts" if texts_only else f"quality-{kind}"


def of_blob(blob: str) -> Model:
    """The model in a file among the blobs. Raises DataDamaged where it is missing or broken."""
    return load(blobs.get(blob))


def item(kind: str, cleaned: Mapping[str, str], figures: Mapping[str, Mapping[str, object]]) -> Item:
    """A cleaned document as the score looks at it. Its own earlier figures are no feature."""
    asked, said = (cleaned.get(name) or "" for name in FIELDS[kind])
    return Item(asked, said, {key: found for key, found in figures.items() if not key.startswith("quality_score")})
