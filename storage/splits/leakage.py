"""What dev and test have in common with what is trained on, and with each other, counted."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from storage import grams
from storage.grams import SIZE, Hashes, Lookup, Places
from storage.splits.near import NearIndex
from storage.splits.words import LETTERS_AT_ONCE, PARTS, Chunk, PairWords

Sides = npt.NDArray[np.int8]
"""One number a row: the place of its split in `SPLITS`."""
TEXTS = ("question", "answer")
ARTICLES = "articles"  # what a row on the articles stands against: they are trained on beside the pairs


class HeldOut:
    """Some of the pairs, held in memory, for all of them to be held against."""

    def __init__(self, words: PairWords, rows: Places) -> None:
        self.rows = rows
        self.chunk = _gathered(words, rows)

    def indexes(self, most: int | None = None) -> list[NearIndex]:
        """One for the questions and one for the answers; `most` as of a `NearIndex`."""
        return [NearIndex(*self.chunk.part(part), most) for part in range(PARTS)]

    def runs(self, size: int) -> tuple[Hashes, Places]:
        """The runs of `size` words, and the row of each."""
        found = grams.runs(self.chunk.words, self.chunk.pairs, size)
        return found.hashes, self.rows[found.owners]

    def in_articles(self, articles: Iterable[str], sizes: Sequence[int]) -> list[Places]:
        """For each size the held-out rows that share a run of so many words with an article, in rising order."""
        runs = [self.runs(size) for size in sizes]
        known = [np.unique(hashes, return_inverse=True) for hashes, _ in runs]
        lookups, seen = [Lookup(hashes) for hashes, _ in known], [np.zeros(len(hashes), bool) for hashes, _ in known]
        for texts in _batches(articles):
            found = grams.batch(texts)
            for size, lookup, marks in zip(sizes, lookups, seen, strict=True):
                marks[lookup.find(grams.runs(found.words, found.bounds, size).hashes)[1]] = True
        every = zip(runs, known, seen, strict=True)
        return [np.unique(rows[marks[places]]) for (_, rows), (_, places), marks in every]


def measure(words: PairWords, sides: Sides, splits: tuple[str, ...], in_articles: Places) -> list[dict[str, Any]]:
    """One row for each held-out split and each split that stands against it; train is the first of `splits`.

    Rows: split, against, pairs; then how many of these pairs have a question or an answer that stands there word for
    word (`same_question`, `same_answer`) or nearly (`near_question`, `near_answer`, equal ones included), or share a
    run of SIZE words with one there (`shared_runs`). Then one row a held-out split against the articles, with
    `shared_runs` alone: those of its pairs that are `in_articles`, rows that share a run of SIZE words with one.
    """
    held = HeldOut(words, np.flatnonzero(sides != 0))
    found = _same(words, sides) | _near(held, words, sides) | _sharing(held, words, sides)
    rows: list[dict[str, Any]] = [
        {"split": splits[side], "against": splits[other], "pairs": int((sides == side).sum())}
        | {what: int(marks[sides == side, other].sum()) for what, marks in found.items()}
        for side in range(1, len(splits))
        for other in range(side)
    ]
    for side in range(1, len(splits)):
        shared = int((sides[in_articles] == side).sum())
        pairs = int((sides == side).sum())
        rows.append({"split": splits[side], "against": ARTICLES, "pairs": pairs, "shared_runs": shared})
    return rows


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
    columns, own = list(marks.values()), sides[held.rows]
    for other in range(2):
        indexes = held.indexes()
        for index, column in zip(indexes, columns, strict=True):
            index.forget(np.flatnonzero((own <= other) | column[held.rows, other]))
        for chunk in _of_side(words, sides, other):
            for part, (index, column) in enumerate(zip(indexes, columns, strict=True)):
                for _, place in index.matches(*chunk.part(part)):
                    column[held.rows[place], other] = True
                    index.forget(place)  # one near text there is enough
    return marks


def _of_side(words: PairWords, sides: Sides, side: int) -> Iterator[Chunk]:
    for chunk in words.chunks():
        yield chunk.only(np.flatnonzero(sides[chunk.first : chunk.first + len(chunk.pairs) - 1] == side))


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


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    waiting, letters = list[str](), 0
    for text in texts:
        waiting.append(text)
        letters += len(text)
        if letters >= LETTERS_AT_ONCE:
            yield waiting
            waiting, letters = [], 0
    if waiting:
        yield waiting


def _gathered(words: PairWords, rows: Places) -> Chunk:
    parts = [Chunk(-1, np.empty(0, np.uint32), np.zeros(1, np.int64))]
    for chunk in words.chunks():
        own = rows[(rows >= chunk.first) & (rows < chunk.first + len(chunk.pairs) - 1)]
        parts.append(chunk.only(own - chunk.first))
    lengths = np.concatenate([np.diff(part.bounds) for part in parts])
    return Chunk(-1, np.concatenate([p.words for p in parts]), np.concatenate([[0], np.cumsum(lengths)]).astype(int))
