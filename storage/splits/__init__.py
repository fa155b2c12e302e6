"""Which split a pair belongs to: a rule takes what is kept and says what is held out; the rest trains.

    divide → grouped.py   by what pairs have in common; the default
             paper.py     by source, as in the paper
    outside.py            texts beside the pairs that are trained on, held against what is held out
    leakage.py            what train and the held-out splits have in common, counted under either rule
    words.py, grouping.py, near.py, clear.py    the pairs as words in a file, and what they are compared by

Nothing here asks the database, and no more texts are held in memory than are held out.
"""

import tempfile
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from storage import grams
from storage.errors import unknown
from storage.grams import Hashes
from storage.splits import grouped, leakage, paper
from storage.splits.grouped import Drawn
from storage.splits.paper import DEV_SOURCE as DEV_SOURCE
from storage.splits.paper import TEST_SOURCES as TEST_SOURCES
from storage.splits.words import PairWords

TRAIN, DEV, TEST = "train", "dev", "test"
SPLITS = (TRAIN, DEV, TEST)


class Rule(StrEnum):
    """How pairs are split."""

    GROUPED = "grouped"
    PAPER = "paper"


def rule_named(name: str) -> Rule:
    """The rule of that name; UsageError lists those there are."""
    if name not in set(Rule):
        raise unknown("rule of splitting", name, set(Rule))
    return Rule(name)


class Pair(NamedTuple):
    """A kept pair; `cluster` is the document that the cleaning kept of its group of repeats, if it is in one."""

    document: uuid.UUID
    source: str
    question: str | None
    answer: str | None
    cluster: uuid.UUID | None = None


@dataclass(frozen=True)
class Division:
    """What is held out, by document; every other pair trains. `figures` is what a manifest says of it, fit for JSON."""

    held_out: dict[uuid.UUID, str]
    figures: dict[str, Any]

    def split_of(self, document: uuid.UUID) -> str:
        """The split of one pair."""
        return self.held_out.get(document, TRAIN)


def divide(rule: Rule, pairs: Iterable[Pair], articles: Iterable[str] = ()) -> Division:
    """Split the pairs; `articles` are the texts that are trained on beside them, and are read after all pairs."""
    with tempfile.TemporaryDirectory(prefix="tabib-split-") as name:
        folder = Path(name)
        rows = _Rows(folder / "words")
        for pair in pairs:
            rows.add(pair)
        rows.words.close()
        drawn = rows.drawn(rule, articles, folder)
        found = leakage.measure(rows.words, drawn.sides, SPLITS, drawn.in_articles)
    held_out = {rows.documents[row]: SPLITS[drawn.sides[row]] for row in np.flatnonzero(drawn.sides)}
    return Division(held_out, {"rule": rule.value, **drawn.figures, "leakage": found})


class _Documents(Sequence[uuid.UUID]):
    """Ids in 16 bytes each; None among them is the id of zeros."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, document: uuid.UUID | None) -> None:
        self._bytes += document.bytes if document else bytes(16)

    def __getitem__(self, row: Any) -> Any:
        return uuid.UUID(bytes=bytes(self._bytes[row * 16 : row * 16 + 16]))

    def __len__(self) -> int:
        return len(self._bytes) // 16

    def hashes(self) -> Hashes:
        """One hash for each; 0 for none."""
        halves = np.frombuffer(bytes(self._bytes), np.dtype("<u8")).reshape(-1, 2).astype(np.uint64)
        return grams.mixed(halves[:, 0] ^ grams.mixed(halves[:, 1]))


class _Rows:
    """Pairs numbered in the order of adding."""

    def __init__(self, file: Path) -> None:
        self.words = PairWords(file)
        self.documents, self._clusters = _Documents(), _Documents()
        self._sources: list[str] = []

    def add(self, pair: Pair) -> None:
        """Take in the next pair."""
        self.words.add(pair.question, pair.answer)
        self.documents.add(pair.document)
        self._clusters.add(pair.cluster)
        self._sources.append(pair.source)

    def drawn(self, rule: Rule, articles: Iterable[str], folder: Path) -> Drawn:
        """The sides of all of them by the rule."""
        if rule is Rule.PAPER:
            sides = paper.draw(self.words.keys(), self.documents, self._sources)
            held = leakage.HeldOut(self.words, np.flatnonzero(sides))
            return Drawn(sides, {}, held.in_articles(articles, (grams.SIZE,))[0])
        rows = grouped.Rows(self.words, self.documents.hashes(), self._clusters.hashes())
        return grouped.draw(rows, articles, folder)
