"""Words and pairs of words of many texts as columns of one wide sparse table, by hashing, without a vocabulary."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

LONGEST_WORD = 32
"""Letters of a word that its hash looks at."""
SPACE, END = 32, 10
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([pow(int(_PRIME), n + 1, 1 << 64) for n in range(LONGEST_WORD)] + [0], dtype=np.uint64)


class Columns(NamedTuple):
    """Which columns each text has: `column[start[i]:start[i + 1]]` are text i's, repeats included.

    `column` holds numbers from 0 below the width, `start` one number more than there are texts.
    """

    column: Int64
    start: Int64


def columns(folded: Sequence[str], *, bits: int, salt: int = 0) -> Columns:
    """The hashed words and word pairs of folded texts, in a table of 2**bits columns.

    Another salt puts the same words elsewhere. Two words share a column once in 2**bits.
    """
    words, text = _words(folded)
    pairs = words[:-1] * np.uint64(31) + words[1:]
    together = text[:-1] == text[1:]
    hashed = np.concatenate([words, pairs[together]])
    owner = np.concatenate([text, text[:-1][together]])
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(len(folded) + 1))
    return Columns(_mixed(hashed[order], salt, bits), start.astype(np.int64))


def sums(table: Float, found: Columns) -> Float:
    """For each text the sum of its columns' rows of `table`, over the root of how many it has: (texts, ...)."""
    count = np.diff(found.start)
    total = np.zeros((len(count), *table.shape[1:]))
    filled = np.flatnonzero(count)
    if len(filled):
        total[filled] = np.add.reduceat(table[found.column], found.start[filled], axis=0)
    return total / np.sqrt(np.maximum(count, 1)).reshape(-1, *[1] * (table.ndim - 1))


def _words(folded: Sequence[str]) -> tuple[UInt64, Int64]:
    """A 64-bit hash of each word, and the number of the text it stands in."""
    joined = "\n".join(text.replace("\n", " ") for text in folded) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    gap = (codes == SPACE) | (codes == END)
    starts = np.flatnonzero(~gap & np.concatenate([[True], gap[:-1]]))
    if not len(starts):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    lengths = np.diff(np.concatenate([starts, [len(codes)]]))
    place = np.arange(starts[0], len(codes)) - np.repeat(starts, lengths)
    place = np.where(gap[starts[0] :], LONGEST_WORD, np.minimum(place, LONGEST_WORD))
    letters = codes[starts[0] :].astype(np.uint64) * _POWERS[place]
    text = np.cumsum(codes == END)[starts]
    return np.add.reduceat(letters, starts - starts[0]), text


def _mixed(hashed: UInt64, salt: int, bits: int) -> Int64:
    """The top bits after murmur's finaliser, so that words that differ in a letter lie far apart."""
    mixed = hashed + np.uint64(salt) * _PRIME
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    return (mixed >> np.uint64(64 - bits)).astype(np.int64)
