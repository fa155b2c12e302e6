"""What a text is compared by: its words without spelling, punctuation, spaces or digits' script."""

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.alphabet import ARABIC_DIGITS, ASCII_DIGITS, JOINERS, MARKS, PERSIAN_DIGITS, TATWEEL

Points = npt.NDArray[np.uint32]

_SPELLINGS = {
    **dict(zip(PERSIAN_DIGITS + ARABIC_DIGITS, ASCII_DIGITS * 2, strict=True)),
    **dict(zip("يىكةۀأإآٱؤ", "ییکههاااا" + "و", strict=True)),
    "İ": "i",  # its lower case is a letter and a mark
    "ς": "σ",  # a capital sigma has both as its lower case
}
_DROPPED = re.compile(f"[{MARKS}{JOINERS}{TATWEEL}]")
AT_ONCE = 1 << 16  # characters whose arrays stay in the processor's cache
_SPACE, _END, _DROP, _UNSET = 32, 0, 0xFFFFFFFE, 0xFFFFFFFF
_CODE_POINTS = 0x110000


class _Table(dict[int, int | None]):
    """What each code point becomes; filled as they are met."""

    def __missing__(self, point: int) -> int | None:
        letter = chr(point)
        if _DROPPED.match(letter):
            self[point] = None
        else:
            letter = _SPELLINGS.get(letter, letter).lower()
            self[point] = ord(letter) if letter.isalnum() else _SPACE
        return self[point]


_TABLE = _Table()
_POINTS: Points = np.full(_CODE_POINTS, _UNSET, np.uint32)
"""The same table as an array."""


def fold(text: str) -> str:
    """The text's words in lower case with one space between: equal for texts that differ in spelling only."""
    return " ".join(text.translate(_TABLE).split())


class Folded(NamedTuple):
    """Texts as `fold` gives them, in one array of code points: text i is points[starts[i]:ends[i]].

    After each text stands one 0, which no folded text holds.
    """

    points: Points
    starts: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]
    words: npt.NDArray[np.intp]


def fold_all(texts: Sequence[str]) -> Folded:
    """`fold` for a batch, some ten times as fast."""
    points = np.frombuffer("".join(f"{text}\n" for text in texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    points = _looked_up(points)
    points[np.cumsum([len(text) + 1 for text in texts], dtype=np.intp) - 1] = _END
    points = points[points != _DROP]
    after = np.append(points[1:], _END)
    points = points[(points != _SPACE) | ((after != _SPACE) & (after != _END))]  # of spaces the one before a word
    starts, ends = _bounds(points)
    if len(opening := starts[points[starts] == _SPACE]):
        points = np.delete(points, opening)
        starts, ends = _bounds(points)
    spaces = np.flatnonzero(points == _SPACE)
    words = np.searchsorted(spaces, ends) - np.searchsorted(spaces, starts) + (ends > starts)
    return Folded(points, starts, ends, words)


def _bounds(points: Points) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    ends = np.flatnonzero(points == _END)
    return np.append(0, ends + 1)[:-1], ends


def fold_each(texts: Sequence[str]) -> Iterator[str]:
    """`fold` of each text, made a run of texts at a time."""
    for first, last in runs(texts):
        folded = fold_all(texts[first:last])
        data = folded.points.tobytes()
        for start, end in zip(folded.starts.tolist(), folded.ends.tolist(), strict=True):
            yield data[4 * start : 4 * end].decode("utf-32-le", "surrogatepass")


def runs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where runs of texts of about AT_ONCE characters begin and end."""
    first = size = 0
    for last, text in enumerate(texts, 1):
        size += len(text)
        if size >= AT_ONCE or last == len(texts):
            yield first, last
            first, size = last, 0


def word_string(folded: str) -> str:
    """A string of one character a word, so that an edit distance over it counts words, fast and small.

    Two different words share a character once in 1.1 million.
    """
    return "".join(map(_word_character, folded.split()))


@lru_cache(maxsize=1 << 16)
def _word_character(word: str) -> str:
    return chr(zlib.crc32(word.encode("utf-8", "replace")) % _CODE_POINTS)


def _looked_up(points: Points) -> Points:
    found = _POINTS.take(points)
    unset = found == _UNSET
    if unset.any():
        for point in np.unique(points[unset]).tolist():
            becomes = _TABLE[point]
            _POINTS[point] = _DROP if becomes is None else becomes
        found = _POINTS.take(points)
    return found
