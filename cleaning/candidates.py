"""Which texts have nearly the same words.

Two texts that share a band key are a candidate pair, once their numbers of words and the bits of their signatures
allow the similarity asked for. A key that more than LARGEST_GROUP texts share comes of what many texts open or end
with. There each text is paired with the group's first FIRST_OF_GROUP, and with those that share the next band's key
too, by the same rule, NEXT_BANDS deep. Of the earlier texts that a text is paired with only the EARLIEST and those
MOST_ALIKE by the bits of their signatures are read. So pairs grow with the number of texts and not with its square, and
depend on the texts and the stated order alone. Copies of one text still meet its first, and two copies within a
template meet in the bands that hold what sets them apart.

Whether two that have most words in common order say the same is for `cleaning.likeness`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from cleaning.groups import components
from cleaning.likeness import SCATTERED
from cleaning.minhash import BANDS, Bits, agreeing
from cleaning.sketch import LONGEST_COMPARED

LARGEST_GROUP, FIRST_OF_GROUP, NEXT_BANDS = 32, 8, 2
EARLIEST, MOST_ALIKE = 8, 24
"""So chosen, 1,000 or 10,000 texts of one template take about .5 ms each, and of 300 copies with 5, 10 and 20 % of
their words edited, hidden among 10,000 of them, all are found."""

PAIRS_AT_ONCE = 1 << 21
AGREEING = 0.5
"""Texts whose signatures agree in less have a Jaccard index under a third, within .04; of 3,000 real texts with a fifth
of their words exchanged none does."""

WORDS_AT_ONCE = 32_000_000
"""Words held in memory while pairs are compared, four bytes each."""

TEXTS_AT_ONCE = 1000
"""Texts asked for in one request."""

Numbers = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Parts = npt.NDArray[np.void]


class Compared(NamedTuple):
    """Texts to be held against one another, in the stated order.

    `fields` are one or more arrays of `cleaning.sketch.PART`, `rows` which of their rows, in order, the texts are;
    `strings` gives each field's word string for texts by their places in `rows`. Of a pair one must have `least` words,
    in all its fields.
    """

    fields: Sequence[Parts]
    rows: Numbers
    strings: Callable[[list[int]], Iterable[Sequence[str]]]
    least: int = 0


def near_pairs(texts: Compared, similarity: float) -> tuple[Numbers, Shares]:
    """The pairs (first, second) of places in `rows` whose similarity, 0 to 1, is at least SCATTERED less than that.

    One pair a row, and the similarities: the mean over the fields, two texts a candidate if they are one in any.
    """
    words = [part["words"][texts.rows].astype(np.int64) for part in texts.fields]
    pairs = _candidates(texts, words, similarity - SCATTERED)
    lengths = np.sum([np.minimum(count, LONGEST_COMPARED) for count in words], axis=0)
    found, similarities = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for some in _portions(pairs, lengths):
        likeness = _likeness(some, texts, least_in_one(len(texts.fields), similarity))
        near = likeness >= similarity - SCATTERED
        found.append(some[near])
        similarities.append(likeness[near])
    return np.concatenate(found), np.concatenate(similarities)


def least_in_one(fields: int, similarity: float) -> float:
    """The similarity of one field under which no other makes up for it, and so the shorter's share of words."""
    return max(1 - fields * (1 - similarity + SCATTERED), 0)


def _candidates(texts: Compared, words: Sequence[Numbers], similarity: float) -> Numbers:
    """Pairs that share a band in one of the fields and whose numbers of words allow the similarity, each once."""
    bits = [part["bits"][texts.rows] for part in texts.fields]
    long = np.sum(words, axis=0) >= texts.least
    found, waiting, size = np.empty(0, np.int64), list[Numbers](), 0
    for own, part in zip(bits, texts.fields, strict=True):
        for codes in _distinct(_meetings(part["bands"], texts.rows)):
            first, second = _places(codes)
            codes = codes[(long[first] | long[second]) & (_length_bound(words, first, second) >= similarity)]
            first, second = _places(codes)
            codes = codes[agreeing(own[first], own[second]) >= AGREEING]
            waiting.append(codes)
            size += len(codes)
            if size > PAIRS_AT_ONCE:
                found, waiting, size = _fewer(np.concatenate([found, *waiting]), bits), [], 0
    return np.stack(_places(_fewer(np.concatenate([found, *waiting]), bits)), axis=1)


def _codes(first: Numbers, second: Numbers) -> Numbers:
    """Each pair as one number, ordered by its second place."""
    return second << 32 | first


def _places(codes: Numbers) -> tuple[Numbers, Numbers]:
    """The first and the second place of each pair."""
    return codes & 0xFFFFFFFF, codes >> 32


def _once(codes: Numbers) -> Numbers:
    """Each but once, in order."""
    ordered: Numbers = np.sort(codes)
    once: Numbers = ordered[np.diff(ordered, prepend=-1) != 0]
    return once


def _fewer(codes: Numbers, bits: Sequence[Bits]) -> Numbers:
    """Of pairs for each second the EARLIEST and MOST_ALIKE first ones, once, in order.

    Done in portions or at once, it comes to the same.
    """
    codes = _once(codes)
    first, second = _places(codes)
    number = _number_within(second)
    crowded = np.isin(second, second[number >= MOST_ALIKE])
    some = np.flatnonzero(crowded)
    alike = np.sum([agreeing(own[first[some]], own[second[some]]) for own in bits], axis=0)
    some = some[np.lexsort((first[some], -alike, second[some]))]
    kept = ~crowded | (number < EARLIEST)
    kept[some[_number_within(second[some]) < MOST_ALIKE]] = True
    return codes[kept]


def _number_within(groups: Numbers) -> Numbers:
    """For each place of an ordered array how many equal ones stand before it."""
    begins = np.flatnonzero(np.diff(groups, prepend=-1) != 0)
    return np.arange(len(groups)) - np.repeat(begins, np.diff(np.append(begins, len(groups))))


def _length_bound(words: Sequence[Numbers], first: Numbers, second: Numbers) -> Shares:
    """The most that two texts of these numbers of words can have in common."""
    bounds, fields = np.zeros(len(first)), np.zeros(len(first))
    for count in words:
        one, other = count[first], count[second]
        most = np.maximum(one, other)
        bounds += np.minimum(one, other) / np.maximum(most, 1)
        fields += most > 0
    return bounds / np.maximum(fields, 1)


def _meetings(bands: npt.NDArray[np.uint32], rows: Numbers) -> Iterator[Numbers]:
    """Pairs of places in `rows` that share a band's key, as `_codes`, in portions; a pair comes with each such band."""
    for band in range(BANDS):
        keys = bands[rows, band]
        texts = np.flatnonzero(keys)
        group = keys[texts].astype(np.int64)
        for level in range(1, NEXT_BANDS + 1):
            texts, group, first, size = _grouped(texts, group)
            small = np.flatnonzero(size <= LARGEST_GROUP)
            yield from _all_pairs(texts, small, (first + size)[small])
            large = np.flatnonzero(size > LARGEST_GROUP)
            yield from _with_first(texts, large, first[large])
            if not len(large):
                break
            texts = texts[large]
            group = (first[large] << 32) | bands[rows[texts], (band + level) % BANDS].astype(np.int64)


def _distinct(portions: Iterable[Numbers]) -> Iterator[Numbers]:
    """The same pairs in fewer portions, each pair once in it: two texts that are alike share many bands."""
    waiting, size = list[Numbers](), 0
    for codes in portions:
        waiting.append(codes)
        size += len(codes)
        if size > PAIRS_AT_ONCE:
            yield _once(np.concatenate(waiting))
            waiting, size = [], 0
    if waiting:
        yield _once(np.concatenate(waiting))


def _grouped(texts: Numbers, group: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Texts sorted by group, without those alone: texts, groups, where each one's begins, and how many it has."""
    order = _order(group)
    texts, group = texts[order], group[order]
    begins = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1]))) if len(group) else texts
    sizes = np.diff(np.append(begins, len(group)))
    several = np.repeat(sizes > 1, sizes)
    sizes = sizes[sizes > 1]
    size = np.repeat(sizes, sizes)
    return texts[several], group[several], np.repeat(np.cumsum(sizes) - sizes, sizes), size


def _order(group: Numbers) -> npt.NDArray[np.intp]:
    """A stable argsort; of numbers of 32 bits ten times as fast, as one sort of them with their places."""
    if not len(group) or group.max() >> 32:
        return np.argsort(group, kind="stable")
    placed = np.sort((group.astype(np.uint64) << np.uint64(32)) | np.arange(len(group), dtype=np.uint64))
    return (placed & np.uint64(0xFFFFFFFF)).astype(np.intp)


def _all_pairs(texts: Numbers, places: Numbers, ends: Numbers) -> Iterator[Numbers]:
    """The text at each place with those after it up to its group's end."""
    for step in range(1, LARGEST_GROUP):
        within = places + step < ends
        places, ends = places[within], ends[within]
        if not len(places):
            return
        yield _codes(texts[places], texts[places + step])


def _with_first(texts: Numbers, places: Numbers, first: Numbers) -> Iterator[Numbers]:
    """The text at each place with the first of its group."""
    for number in range(FIRST_OF_GROUP):
        later = places > first + number
        if later.any():
            yield _codes(texts[first[later] + number], texts[places[later]])


def _portions(pairs: Numbers, words: Numbers) -> Iterator[Numbers]:
    """The pairs in portions whose texts have at most about WORDS_AT_ONCE words.

    Texts that hang together stand in one block, or in few, so that hardly any is read twice.
    """
    rows = np.unique(pairs)
    label = components(len(words), pairs)[rows]
    rows = rows[np.lexsort((rows, label))]
    block = np.zeros(len(words), np.int64)
    block[rows] = np.cumsum(words[rows]) // (WORDS_AT_ONCE // 2)
    blocks = np.sort(block[pairs], axis=1)
    order = np.lexsort((blocks[:, 1], blocks[:, 0]))
    borders = np.flatnonzero((np.diff(blocks[order], axis=0) != 0).any(axis=1)) + 1
    yield from (pairs[portion] for portion in np.split(order, borders) if len(portion))


def _read(texts: Compared, places: list[int]) -> list[tuple[str, ...]]:
    """The word strings of texts, field by field, asked for in batches."""
    batches = (places[first : first + TEXTS_AT_ONCE] for first in range(0, len(places), TEXTS_AT_ONCE))
    return list(zip(*(strings for batch in batches for strings in texts.strings(batch)), strict=True))


def _likeness(pairs: Numbers, texts: Compared, least: float) -> Shares:
    """Each pair's mean share of words in common order, over the fields that either has; one under `least` is none."""
    needed = np.unique(pairs)
    strings = _read(texts, needed.tolist())
    places = np.searchsorted(needed, pairs).T.tolist()
    total, fields = np.zeros(len(pairs)), np.zeros(len(pairs))
    for field in strings:
        sides = [[field[place] for place in side] for side in places]
        either = np.array([bool(first or second) for first, second in zip(*sides, strict=True)])
        likeness = cpdist(*sides, scorer=Levenshtein.normalized_similarity, score_cutoff=least, dtype=np.float64)
        total += likeness * either
        fields += either
    mean: Shares = total / np.maximum(fields, 1)
    return mean
