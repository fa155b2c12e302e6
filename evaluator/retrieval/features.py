"""What texts are compared by: their words, or the trigrams of their letters, as numbers in arrays."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from evaluator.retrieval.letters import plain
from storage import grams
from storage.grams import Hashes, Places

AT_ONCE = 2_000  # texts whose arrays are held at once while features are counted
_SPACE = np.uint64(ord(" "))


class Counts(NamedTuple):
    """The distinct features of texts: which, in which text, how often; by text, then by feature."""

    values: Hashes
    texts: Places
    times: Places


class Found(NamedTuple):
    """Features as they stand: which, in which text."""

    values: Hashes
    texts: Places


Extract = Callable[[Sequence[str]], Found]


def words(texts: Sequence[str]) -> Found:
    """Every word, hashed."""
    found = grams.batch([plain(text) for text in texts])
    return Found(found.words.astype(np.uint64), np.repeat(np.arange(len(texts)), np.diff(found.bounds)))


def trigrams(texts: Sequence[str]) -> Found:
    """Three letters in a row, each word with two blanks before it and one after: as PostgreSQL's pg_trgm takes them.

    https://www.postgresql.org/docs/current/pgtrgm.html
    """
    padded = [f"  {spaced} " if (spaced := plain(text).replace(" ", "  ")) else "" for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le"), "<u4").astype(np.uint64)
    if not len(points):
        return Found(np.empty(0, np.uint64), np.empty(0, np.int64))
    first, second, third = points[:-2], points[1:-1], points[2:]
    between = (second == _SPACE) & (third == _SPACE)  # lies in two words, or in two texts
    starts = np.flatnonzero(~between)
    values = (first << np.uint64(42)) | (second << np.uint64(21)) | third  # a code point has 21 bits
    ends = np.cumsum([len(text) for text in padded])
    return Found(values[starts], np.searchsorted(ends, starts, side="right"))


def counted(texts: Sequence[str], extract: Extract) -> Counts:
    """The features of all texts, some texts at a time."""
    parts = [_counted(extract(texts[n : n + AT_ONCE]), n) for n in range(0, max(len(texts), 1), AT_ONCE)]
    return Counts(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _counted(found: Found, first: int) -> Counts:
    order = np.lexsort((found.values, found.texts))
    values, texts = found.values[order], found.texts[order]
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (texts[1:] != texts[:-1])
    starts = np.flatnonzero(new)
    return Counts(values[starts], texts[starts] + first, np.diff(np.append(starts, len(values))))
