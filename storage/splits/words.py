"""The words of many pairs, in a file: read again in pieces as often as a split wants, in flat memory."""

import hashlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from storage import grams
from storage.grams import Hashes, Places, Words

LETTERS_AT_ONCE = 1 << 19
WORDS_AT_ONCE = 1 << 19
PARTS = 2
"""Texts of a pair: its question, then its answer."""


class Chunk(NamedTuple):
    """Some pairs in a row: the words of both texts of each, one after the other.

    Pair n of the chunk is row `first + n`; `bounds` has one entry a text and one more, as in `grams.Batch`.
    """

    first: int
    words: Words
    bounds: Places

    @property
    def pairs(self) -> Places:
        """Bounds of the pairs, question and answer as one text."""
        return self.bounds[::PARTS]

    def part(self, part: int) -> tuple[Words, Places]:
        """The words and bounds of the questions (0) or the answers (1) alone."""
        lengths = np.diff(self.bounds)
        chosen = np.arange(len(lengths)) % PARTS == part
        words = self.words[np.repeat(chosen, lengths)]
        return words, np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int64)

    def only(self, rows: Places) -> "Chunk":
        """These pairs, numbered within the chunk and in rising order; `first` no longer tells their rows."""
        lengths = np.diff(self.bounds)
        chosen = np.zeros(len(lengths), bool)
        for part in range(PARTS):
            chosen[rows * PARTS + part] = True
        words = self.words[np.repeat(chosen, lengths)]
        return Chunk(-1, words, np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int64))


class PairWords:
    """Add every pair, `close`, then read `chunks`; `keys` are hashes of both texts of each, 0 for an empty one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out = file.open("wb")
        self._lengths = array("q")
        self._keys: list[Hashes] = []
        self._waiting: list[str] = []
        self._letters = 0

    def add(self, question: str | None, answer: str | None) -> None:
        """Take in the next pair."""
        for text in (question or "", answer or ""):
            self._waiting.append(text)
            self._letters += len(text)
        if self._letters >= LETTERS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Everything is added."""
        self._flush()
        self._out.close()

    def __len__(self) -> int:
        return (len(self._lengths) + len(self._waiting)) // PARTS

    def keys(self) -> Hashes:
        """One row a pair, one column a text: texts of equal words have equal keys."""
        return np.concatenate([np.empty(0, np.uint64), *self._keys]).reshape(-1, PARTS)

    def chunks(self) -> Iterator[Chunk]:
        """All pairs in the order of adding, about WORDS_AT_ONCE words at a time."""
        bounds = np.concatenate([[0], np.cumsum(np.frombuffer(self._lengths, np.int64))])
        ends = bounds[::PARTS]
        row = 0
        with self._file.open("rb") as file:
            while row < len(self):
                last = max(row + 1, int(np.searchsorted(ends, ends[row] + WORDS_AT_ONCE, side="right")) - 1)
                words = np.fromfile(file, np.uint32, int(ends[last] - ends[row]))
                yield Chunk(row, words, bounds[row * PARTS : last * PARTS + 1] - ends[row])
                row = last

    def _flush(self) -> None:
        if not self._waiting:
            return
        found = grams.batch(self._waiting)
        found.words.tofile(self._out)
        lengths = np.diff(found.bounds)
        self._lengths.frombytes(lengths.tobytes())
        keys = grams.wholes(found.words, found.bounds)
        for place in np.flatnonzero(lengths == 0):
            keys[place] = _raw_key(self._waiting[place])
        self._keys.append(keys)
        self._waiting, self._letters = [], 0


def _raw_key(text: str) -> int:
    """For a text of signs alone: equal but for white space."""
    signs = " ".join(text.split())
    digest = hashlib.blake2b(signs.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") if signs else 0
