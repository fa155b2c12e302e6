"""Words as numbers, and runs of them: what two texts are held against one another by.

A word is what is left of it without spelling: letters and digits in one script and lower case, no marks, joiners or
punctuation. Two texts that differ in nothing else have the same words. Everything is done by arrays of many texts, for
a corpus has a hundred million letters: 70 million characters/s on one core, where `str` and `re` do 8.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

SIZE, SHORTEST = 13, 8
"""Words of a run that two texts do not share by chance: Brown et al. 2020, Language Models are Few-Shot Learners,
appendix C, where a run has 13 at most, for cost, and 8 at least, for fewer collide by chance."""

AT_ONCE = 1 << 16  # characters whose arrays stay in the processor's cache
PIECE = 1 << 20  # characters of one text whose arrays are held at once, some 60 bytes each
_DELETED, _BREAK = 0, 1
_SPACES = np.array([0x20, 0xA0, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], np.uint32)
_TABLED = 0x20000  # beyond it stand rare Han letters and private signs: each is taken as a letter of its own
_CODE_POINTS = 0x110000
_JOINERS = "\u200c\u200d\u0640"
_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
_LETTERS = dict(zip("يىكةۀأإآٱؤς", "ییکهه" + "اااا" + "وσ", strict=True))
_DIGITS = {chr(zero + value): str(value) for zero in (0x06F0, 0x0660) for value in range(10)}
_PREFIXES = "می نمی برمی برنمی درمی درنمی"
_ENDINGS = (
    "ها هایی های هاست هام هات هاش هامان هاتان هاشان هامون هاتون هاشون هایم هایت هایش هایمان هایتان هایشان هایمون "
    "هایتون هایشون تر تری ترها ترهای ترین ترینها ام ای ایم اید اند اش ی"
)
_FACTOR, _INVERSE = np.uint64(0x9E3779B97F4A7C15), np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))


class Batch(NamedTuple):
    """The words of several texts, one after the other; text n has those from `bounds[n]` up to `bounds[n + 1]`.

    `starts` and `ends` are the words' offsets in characters in the texts put one after the other, a line break after
    each.
    """

    words: Words
    bounds: Places
    starts: Places
    ends: Places


class Runs(NamedTuple):
    """Hashes of runs of words; `owners` and `firsts` tell the text and the place of the first word of each."""

    hashes: Hashes
    owners: Places
    firsts: Places


def batch(texts: Sequence[str], tied: bool = False) -> Batch:
    """The words of the texts, hashed to 32 bits each.

    With `tied` a prefix or ending that stands apart is a part of its word («می شود», «میشود» and «می‌شود» are one), as
    whoever cleans a text may have tied it: so texts are found in each other whichever of them was cleaned.
    """
    parts = [_words(piece, place, tied) for place, piece in _pieces(texts)]
    numbers, starts, ends = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    text_ends = np.cumsum([len(text) + 1 for text in texts])
    bounds = np.concatenate([[0], np.searchsorted(starts, text_ends)]).astype(np.int64)
    return Batch(numbers, bounds, starts, ends)


def words(text: str) -> Words:
    """The words of one text."""
    return batch([text]).words


def runs(numbers: Words, bounds: Places, size: int) -> Runs:
    """All runs of `size` words that lie within one text; `bounds` as of a `Batch`."""
    room = np.maximum(np.diff(bounds) - size + 1, 0)
    owners = np.repeat(np.arange(len(room)), room)
    firsts = bounds[:-1][owners] + np.arange(len(owners)) - np.repeat(np.cumsum(room) - room, room)
    if not len(firsts):
        return Runs(np.empty(0, np.uint64), owners, firsts)
    count = len(numbers) - size + 1
    wide = numbers.astype(np.uint64)
    hashes = wide[:count].copy()
    for offset in range(1, size):
        hashes *= _FACTOR
        hashes += wide[offset : offset + count]
    return Runs(mixed(hashes[firsts] + np.uint64(size)), owners, firsts)


def wholes(numbers: Words, bounds: Places) -> Hashes:
    """One hash for each text's words in their order; 0 where it has none."""
    powers = np.cumprod(np.full(len(numbers), _FACTOR))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((numbers + np.uint64(1)) * powers)])
    unmoved = np.concatenate([np.ones(1, np.uint64), np.cumprod(np.full(len(numbers), _INVERSE))])[bounds[:-1]]
    return mixed((sums[bounds[1:]] - sums[bounds[:-1]]) * unmoved)  # zero stays zero


class Lookup:
    """A set of hashes in which others are looked up: most are told apart by a bit, the others found by bisection."""

    def __init__(self, known: Hashes) -> None:
        self.known = known  # sorted, each once
        self._shift = np.uint64(64 - max(len(known).bit_length() + 3, 8))
        self._bits = np.zeros(1 << (64 - int(self._shift)), bool)
        self._bits[self._place(known)] = True

    def find(self, hashes: Hashes) -> tuple[Places, Places]:
        """Which of the hashes are in the set, by place, and where each of these stands in `known`."""
        likely = np.flatnonzero(self._bits[self._place(hashes)])
        places = np.searchsorted(self.known, hashes[likely])
        hit = self.known[np.minimum(places, len(self.known) - 1)] == hashes[likely] if len(likely) else likely > 0
        return likely[hit], places[hit]

    def _place(self, hashes: Hashes) -> Places:
        return (hashes >> self._shift).astype(np.int64)


def word_hashes(letters: Words, firsts: Places, lasts: Places) -> Hashes:
    """A 64-bit hash of each word, from its first letter to its last; none begins at place 0."""
    powers, unmoved = _powers(len(letters))
    sums = np.cumsum(letters * powers[: len(letters)])
    return mixed((sums[lasts] - sums[firsts - 1]) * unmoved[firsts])


def mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _pieces(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The texts put one after the other, some AT_ONCE characters at a time, each piece with its place."""
    place, taken, waiting = 0, 0, list[str]()
    for text in texts:
        if waiting and taken + len(text) >= AT_ONCE:
            yield place, "\n".join([*waiting, ""])
            place, taken, waiting = place + taken, 0, []
        if len(text) < PIECE:
            waiting.append(text)
            taken += len(text) + 1
        else:
            yield from _cut(f"{text}\n", place)
            place += len(text) + 1
    if waiting or not texts:
        yield place, "\n".join([*waiting, ""])


def _cut(text: str, place: int) -> Iterator[tuple[int, str]]:
    """Pieces of a text too long for one, from its own beginning on: so it has the same words in whatever company."""
    first = 0
    while first < len(text):
        cut = max(text.rfind(" ", first, first + PIECE), text.rfind("\n", first, first + PIECE)) + 1 or first + PIECE
        cut = len(text) if len(text) - first <= PIECE else cut
        yield place + first, text[first:cut]
        first = cut


def _words(text: str, place: int, tied: bool = False) -> tuple[Words, Places, Places]:
    """Each word's hash, start and end; the text stands at `place`."""
    points = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), np.uint32)
    folded = _table().take(points, mode="clip")  # no point lies beyond it: only the check is spared
    kept = np.flatnonzero(folded != _DELETED)
    folded = folded[kept]
    first, last = _edges(folded)
    hashes = word_hashes(folded, first, last)
    if tied and len(hashes):
        loose = _loose(hashes) & _spaced(points[kept], first, last)
        begins = np.flatnonzero(~loose)
        folded = _without_gaps(folded, last[:-1][loose[1:]] + 1, first[loose])
        first, last = first[begins], last[np.append(begins[1:], len(loose)) - 1]
        hashes = word_hashes(folded, *_edges(folded))
    return (hashes >> np.uint64(32)).astype(np.uint32), kept[first] + (place - 1), kept[last] + place


def _edges(folded: Words) -> tuple[Places, Places]:
    """Where words begin, and their last letters; around all stand breaks."""
    inside = folded != _BREAK
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    return edges[::2] + 1, edges[1::2]


def _loose(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which words would hang on the word before them: endings, and what follows a prefix."""
    prefixes, endings = _affixes()
    loose: npt.NDArray[np.bool_] = np.isin(hashes, endings)
    loose[1:] |= np.isin(hashes[:-1], prefixes)
    return loose


def _spaced(points: Words, first: Places, last: Places) -> npt.NDArray[np.bool_]:
    """Which words have nothing but spaces, and marks of direction, between them and the word before."""
    others = np.cumsum(_no_spaces().take(points, mode="clip"))
    letters = last - first + 1
    spaced: npt.NDArray[np.bool_] = others[last] - np.append(0, others[last[:-1]]) == letters
    spaced[0] = False
    return spaced


@cache
def _no_spaces() -> npt.NDArray[np.bool_]:
    table = np.ones(int(_SPACES.max()) + 2, bool)  # the last stands for all that follow
    table[_SPACES] = False
    return table


def _without_gaps(folded: Words, starts: Places, ends: Places) -> Words:
    """Without what stands from each of `starts` up to its end."""
    inside = np.zeros(len(folded) + 1, np.int8)
    inside[starts], inside[ends] = 1, -1
    kept: Words = folded[np.cumsum(inside[:-1], dtype=np.int8) == 0]
    return kept


@cache
def _affixes() -> tuple[Hashes, Hashes]:
    return _of_words(_PREFIXES), _of_words(_ENDINGS)


def _of_words(listed: str) -> Hashes:
    points = np.frombuffer(f" {listed} ".encode("utf-32-le"), np.uint32)
    edges = np.flatnonzero(np.diff(points != ord(" ")))
    return word_hashes(_table()[points], edges[::2] + 1, edges[1::2])


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """Of the factor and of its inverse, `count` or more of each."""
    return _usual_powers() if count <= 2 * AT_ONCE else _new_powers(count)


@cache
def _usual_powers() -> tuple[Hashes, Hashes]:
    return _new_powers(2 * AT_ONCE)


def _new_powers(count: int) -> tuple[Hashes, Hashes]:
    return np.cumprod(np.full(count, _FACTOR), dtype=np.uint64), np.cumprod(np.full(count, _INVERSE), dtype=np.uint64)


@cache
def _table() -> Words:
    """What each code point is folded to: another, none, or a break between words."""
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    table[:_TABLED] = _BREAK
    for point in filter(lambda p: chr(p).isalnum(), range(_TABLED)):
        lower = chr(point).lower()
        table[point] = ord(lower[0])  # the dotted I of Turkish is an i and a mark
    for first, last in (mark.split("-") if "-" in mark else (mark, mark) for mark in _ranges()):
        table[ord(first) : ord(last) + 1] = _DELETED
    for letter in _JOINERS:
        table[ord(letter)] = _DELETED
    for letter, other in (_LETTERS | _DIGITS).items():
        table[ord(letter)] = ord(other)
    return table


def _ranges() -> list[str]:
    return re.findall(".-.|.", _MARKS)
