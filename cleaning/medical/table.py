"""The terms of a `Terms` found in many folded texts at once: words as hashes, and whole batches by arrays."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.folding import runs
from cleaning.medical.terms import Terms
from storage.grams import Hashes, Places, word_hashes

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_LAST = (1 << 64) - 1
_SPACE, _ZERO, _HAMZA, _YEH = (np.uint32(ord(letter)) for letter in " 0ءی")


class Words(NamedTuple):
    """The words' 64-bit hashes, text after text; text n has those from `bounds[n]` up to `bounds[n + 1]`."""

    hashes: Hashes
    bounds: Places


class Met(NamedTuple):
    """Terms in the order of the texts: the text each stands in, and the place of its key among `Table.keys`."""

    texts: Places
    keys: Places


class Table:
    """The forms of a `Terms` by their hashes; finds what that finds, in many texts at once."""

    def __init__(self, terms: Terms) -> None:
        forms = dict(terms.forms())
        self.keys = sorted(set(forms.values()))
        place = {key: number for number, key in enumerate(self.keys)}
        key = np.array([place[key] for key in forms.values()], np.int64)
        found = _words([*forms])
        count, first = np.diff(found.bounds), found.hashes[found.bounds[:-1]]
        hashes, pairs = _whole(found)
        self._most = int(count.max())
        self._forms = _Known(hashes)
        self._key = key[self._forms.order]
        self._pairs = _Known(pairs)
        self._firsts = _Known(first)
        known = self._firsts.hashes
        self._single, self._starts = np.full(len(known), -1), np.zeros(len(known), bool)
        self._single[np.searchsorted(known, first[count == 1])] = key[count == 1]
        self._starts[np.searchsorted(known, first[count > 1])] = True

    def find(self, words: Words) -> Met:
        """The longest terms from the left in each text."""
        place, which = self._firsts.find(words.hashes)
        text = np.searchsorted(words.bounds, place, side="right") - 1
        key, end = self._single[which], place + 1
        begun = np.flatnonzero(self._starts[which] & (end < words.bounds[text + 1]))
        run = _longer(words.hashes[place[begun]], words.hashes[place[begun] + 1])
        on = self._pairs.find(run)[0]
        self._lengthen(words, begun[on], run[on], (key, end, words.bounds[text + 1]))
        kept = (key >= 0) & ~_covered(place[key >= 0], end[key >= 0], len(words.hashes))[place]
        return Met(text[kept], key[kept])

    def _lengthen(self, words: Words, live: Places, run: Hashes, met: tuple[Places, Places, Places]) -> None:
        """Give the places in `live`, where a `run` of words begins, the key and the end of the longest form there."""
        key, end, room = met
        last = end[live]
        for _ in range(self._most - 1):
            last += 1
            at, form = self._forms.find(run)
            key[live[at]], end[live[at]] = self._key[form], last[at]
            on = last < room[live]
            live, last, run = live[on], last[on], _longer(run[on], words.hashes[last[on]])


class _Known:
    """Hashes to be looked up: their top bits tell about where each stands, and so all of a batch are found in steps."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes, self.order = np.unique(hashes, return_index=True)
        bits = len(self.hashes).bit_length() + 1
        self._shift = np.uint64(64 - bits)
        begin = np.searchsorted(self.hashes, np.arange(1 << bits, dtype=np.uint64) << self._shift)
        self._begin = begin.astype(np.int32)
        self._hashes = np.append(self.hashes, np.uint64(_LAST))  # so that there is one to step on

    def find(self, hashes: Hashes) -> tuple[Places, Places]:
        """Which of the hashes are known, by place, and where each of these stands in `hashes`."""
        where = self._begin[(hashes >> self._shift).astype(np.int64)]
        here = self._hashes[where]
        more = np.flatnonzero(here < hashes)
        while len(more):
            where[more] += 1
            here[more] = self._hashes[where[more]]
            more = more[here[more] < hashes[more]]
        found = np.flatnonzero((here == hashes) & (where < len(self.hashes)))
        return found, where[found].astype(np.int64)


@lru_cache(maxsize=1)  # the step that asks next asks for the same batch
def words(folded: tuple[str, ...]) -> Words:
    """The words of folded texts, a number apart from the Persian word written onto it."""
    return _words(folded)


def _words(folded: Sequence[str]) -> Words:
    parts = [_hashed(folded[first:last]) for first, last in runs(folded)]
    hashes = np.concatenate([np.empty(0, np.uint64), *(hashes for hashes, _ in parts)])
    return Words(hashes, np.cumsum(np.concatenate([np.zeros(1, np.int64), *(counts for _, counts in parts)])))


def _hashed(folded: Sequence[str]) -> tuple[Hashes, Places]:
    """The hashes of the words, and how many each text has."""
    points = np.frombuffer("\n".join(["", *folded, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    inside, digit, persian = points > _SPACE, points - _ZERO < 10, points - _HAMZA <= _YEH - _HAMZA
    glued = (digit[1:] & persian[:-1]) | (persian[1:] & digit[:-1])
    first = np.flatnonzero(inside[1:] & (glued | ~inside[:-1])) + 1
    last = np.flatnonzero(inside[:-1] & (glued | ~inside[1:]))
    ends = np.cumsum([len(text) + 1 for text in folded])
    return word_hashes(points, first, last), np.diff(np.searchsorted(first, ends), prepend=0)


def _longer(run: Hashes, word: Hashes) -> Hashes:
    """The hash of a run of words with another after it."""
    return run * _FACTOR + word


def _whole(found: Words) -> tuple[Hashes, Hashes]:
    """The hash of each text's words as one run, and of the first two where there are more than one."""
    first, count = found.bounds[:-1], np.diff(found.bounds)
    run, pairs = found.hashes[first], np.empty(0, np.uint64)
    for length in range(1, int(count.max())):
        on = np.flatnonzero(count > length)
        run[on] = _longer(run[on], found.hashes[first[on] + length])
        pairs = run[on] if length == 1 else pairs
    return run, pairs


def _covered(place: Places, end: Places, words: int) -> npt.NDArray[np.bool_]:
    """Which words a longer term has taken that began before them."""
    edges, free = np.zeros(words + 1, np.int8), 0
    several = np.flatnonzero(end - place > 1)
    for first, last in zip(place[several].tolist(), end[several].tolist(), strict=True):
        if first >= free:
            edges[first + 1], edges[last], free = 1, -1, last
    taken: npt.NDArray[np.bool_] = np.cumsum(edges, dtype=np.int8) > 0
    return taken
