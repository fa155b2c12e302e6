"""What dev and test have in common with what is trained on, and with each other, counted."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from storage import grams
from storage.grams import SIZE, Hashes, Lookup, Places
from storage.splits.near import NearIndex
from storage.splits.words import PARTS, Chunk, PairWords

Sides = npt.NDArray[np.int8]
"""One number a row: the place of its split in `SPLITS`."""
TEXTS = ("question", "answer")


class HeldOut:
    """Some of the pairs, held in memory, for all of them to be held against."""

    def __init__(self, words: PairWords, rows: Places) -> None:
        self.rows = rows
        self.chunk = _gathered(words, rows)
        self._near = [NearIndex(*self.chunk.part(part)) for part in range(PARTS)]

    def near(self, words: PairWords) -> Iterator[tuple[int, int, int]]:
        """Every (row, held-out row, text) where both rows' questions (0) or answers (1) are near, or equal."""
        for chunk in words.chunks():
            for part, index in enumerate(self._near):
                for row, held in index.matches(*chunk.part(part)):
                    if chunk.first + row != self.rows[held]:
                        yield chunk.first + row, int(self.rows[held]), part

    def runs(self, size: int) -> tuple[Hashes, Places]:
        """The runs of `size` words, and the row of each."""
        found = grams.runs(self.chunk.words, self.chunk.pairs, size)
        return found.hashes, self.rows[found.owners]


def measure(words: PairWords, sides: Sides, splits: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row for each held-out split and each split that stands against it; train is the first of `splits`.

    Rows: split, against, pairs; then how many of these pairs have a question or an answer that stands there word for
    word (`same_question`, `same_answer`) or nearly (`near_question`, `near_answer`, equal ones included), or share a
    run of SIZE words with one there (`shared_runs`).
    """
    held = HeldOut(words, np.flatnonzero(sides != 0))
    found = _same(words, sides) | _near(held, words, sides) | _sharing(held, words, sides)
    return [
        {"split": splits[side], "against": splits[other], "pairs": int((sides == side).sum())}
        | {what: int(marks[sides == side, other].sum()) for what, marks in found.items()}
        for side in range(1, len(splits))
        for other in range(side)
    ]


Marks = dict[str, npt.NDArray[np.bool_]]
"""By what is shared: for each row and each split, whether the row shares it with one there."""


def _same(words: PairWords, sides: Sides) -> Marks:
    keys = words.keys()
    marks = {f"same_{name}": np.zeros((len(sides), 3), bool) for name in TEXTS}
    for part, name in enumerate(TEXTS):
        for other in range(3):
            there = keys[sides == other, part]
            marks[f"same_{name}"][:, other] = np.isin(keys[:, part], there[there != 0])
    return marks


def _near(held: HeldOut, words: PairWords, sides: Sides) -> Marks:
    marks = {f"near_{name}": same for (_, same), name in zip(_same(words, sides).items(), TEXTS, strict=True)}
    for row, held_row, part in held.near(words):
        marks[f"near_{TEXTS[part]}"][held_row, sides[row]] = True
    return marks


def _sharing(held: HeldOut, words: PairWords, sides: Sides) -> Marks:
    hashes, rows = held.runs(SIZE)
    known, places = np.unique(hashes, return_inverse=True)
    lookup, seen = Lookup(known), np.zeros((len(known), 3), bool)
    for chunk in words.chunks():
        found = grams.runs(chunk.words, chunk.pairs, SIZE)
        hit, place = lookup.find(found.hashes)
        seen[place, sides[chunk.first + found.owners[hit]]] = True
    marks = np.zeros((len(sides), 3), bool)
    np.logical_or.at(marks, rows, seen[places])
    return {"shared_runs": marks}


def _gathered(words: PairWords, rows: Places) -> Chunk:
    parts = [Chunk(-1, np.empty(0, np.uint32), np.zeros(1, np.int64))]
    for chunk in words.chunks():
        own = rows[(rows >= chunk.first) & (rows < chunk.first + len(chunk.pairs) - 1)]
        parts.append(chunk.only(own - chunk.first))
    lengths = np.concatenate([np.diff(part.bounds) for part in parts])
    return Chunk(-1, np.concatenate([p.words for p in parts]), np.concatenate([[0], np.cumsum(lengths)]).astype(int))
