"""Repeats across the corpus: the same text again, nearly the same text, and replies sent to everyone.

Question, answer and pair are looked at apart, for the pair alone hides canned answers. Of texts
that repeat one another the first in the order of `cleaning.corpus` stays; a text is held against those that stay, so
none goes for a chain of small edits at whose other end another text stands.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cleaning.candidates import Compared, Parts, least_in_one, near_pairs
from cleaning.corpus import Corpus, Match, WordStrings
from cleaning.groups import Neighbours, Numbers, numbered
from cleaning.likeness import SCATTERED, same_content
from cleaning.record import Finding
from cleaning.sketch import Sketches
from cleaning.steps import Count, Share, corpus_filter

ComparedField = Literal["question", "answer", "text", "pair"]
Times = Annotated[int, Field(ge=2)]
Strings = Callable[[list[int]], Iterable[tuple[str, ...]]]
_SAME, _OTHER_CONTENT = 1, 2
_PARTS = {"pair": ("question", "answer")}
_OTHER = {"question": "answer", "answer": "question"}


@corpus_filter
class ExactRepeats:
    """The same field again: more than `cap` times, letter for letter or, with `folded`, but for spelling.

    Reason `repeated_<field>`; measure: which repeat it is and the cap.
    """

    reason = "repeated"

    def __init__(self, *, field: ComparedField, cap: Count = 1, folded: bool = False) -> None:
        self._field, self._cap, self._folded = field, cap, folded
        self._group: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self._admitted: Counter[int] = Counter()
        self._seen: Counter[int] = Counter()

    def gather(self, corpus: Corpus) -> Numbers:
        """Whatever stands more than once, with one of its like; an empty field is a repeat of nothing."""
        places, groups = _repeated(corpus.sketches, self._field, "folded" if self._folded else "exact")
        self._group = dict(zip(places.tolist(), groups.tolist(), strict=True))
        return np.stack([places, groups], axis=1)

    def find(self, place: int) -> Match | None:
        """A match when the cap is reached."""
        group = self._group.get(place)
        if group is None:
            return None
        self._seen[group] += 1
        if self._admitted[group] < self._cap:
            return None
        measure = {"occurrence": self._seen[group], "cap": self._cap}
        return Match(Finding(f"{self.reason}_{self._field}", measure), self._first[group])

    def admit(self, place: int) -> None:
        """Count it towards the cap."""
        if (group := self._group.get(place)) is not None:
            self._first.setdefault(group, place)
            self._admitted[group] += 1

    def same(self, _one: int, _other: int) -> bool:
        """They are."""
        return True

    def reads(self, _places: Numbers) -> Numbers:
        """None: hashes tell."""
        return np.empty(0, np.int64)


@corpus_filter
class CannedReplies:
    """An answer that stands under this many different questions: a reply written for everyone.

    The same pair again counts once. All its members are found, before any is admitted: with `drop` none stays, and none
    is what another repeats. Reason `canned_<field>`; measure: under how many it stands, and the limit. The same of a
    question and its answers; a pair or a text counts by itself.
    """

    reason = "canned"

    def __init__(self, *, field: ComparedField, times: Times) -> None:
        self._field, self._times = field, times
        self._groups: dict[int, int] = {}
        self._counts: dict[int, int] = {}

    def gather(self, corpus: Corpus) -> Numbers:
        """Whatever stands `times` times or more among all survivors, by its folded text, with one of its like."""
        places, groups = _repeated(corpus.sketches, self._field, "folded")
        times = _times(corpus.sketches, self._field, places, groups)
        often = times >= self._times
        self._groups = dict(zip(places[often].tolist(), groups[often].tolist(), strict=True))
        self._counts = dict(zip(groups[often].tolist(), times[often].tolist(), strict=True))
        return np.stack([places[often], groups[often]], axis=1)

    def find(self, place: int) -> Match | None:
        """A match, that repeats no one, for each of them."""
        if (group := self._groups.get(place)) is None:
            return None
        measure = {"times": self._counts[group], "limit": self._times}
        return Match(Finding(f"{self.reason}_{self._field}", measure), None)

    def admit(self, _place: int) -> None:
        """It changes nothing."""

    def same(self, _one: int, _other: int) -> bool:
        """They are."""
        return True

    def reads(self, _places: Numbers) -> Numbers:
        """None: hashes tell."""
        return np.empty(0, np.int64)


@corpus_filter
class NearRepeats:
    """A field nearly the same as one kept but for scattered words; where a run of words differs it is not found.

    Candidates come from MinHash and are verified by edit distance over words. A pair's similarity is the mean of its
    question's and its answer's: one long answer under two short questions is a canned reply and not a repeated pair.
    Up to .08 less than `similarity` is enough where the changes lie scattered, and no similarity where one sentence
    stands in another's place, or a number, drug, disease or negated verb in that of its like: see `cleaning.likeness`.
    Where both fields are under `words` words they are left to `exact_repeats`: there one word makes another question.
    With a `cap` a text goes where so many kept ones say the same, the nearest of which it repeats.
    Reason `near_<field>`; measure: the share of words in common order and the minimum that was applied.

    At .8 and, for answers, questions and pairs, 10, 25 and 30 words: 453 pairs found in 15,010 published ones; of 103
    read with a similarity under .9 99 are the same content, of 71 above 71: a precision of .987. Recall on copies with
    5, 10 and 20 % of words edited, rounded either way: 1, 1 and .99 or more.
    """

    reason = "near"

    def __init__(self, *, field: ComparedField, similarity: Share, words: Count, cap: Count = 1) -> None:
        self._field, self._similarity, self._words, self._cap = field, similarity, words, cap
        self._text: dict[int, int] = {}  # texts go by the place of their first copy
        self._near = Neighbours(np.empty((0, 2), np.int64), np.empty(0))
        self._said = bytearray()
        self._short: frozenset[int] = frozenset()
        self._strings: Strings = lambda _: ()
        self._holder: dict[int, tuple[int, int]] = {}
        self._admitted: Counter[int] = Counter()

    def gather(self, corpus: Corpus) -> Numbers:
        """Each copy with the first of its text, and texts with nearly the same words; copies are compared once."""
        places, parts = corpus.sketches.parts(_PARTS.get(self._field, (self._field,)))
        words: Numbers = np.sum([part["words"] for part in parts], axis=0, dtype=np.int64)
        rows = _rows(corpus.order, places, words >= self._words * least_in_one(len(parts), self._similarity))
        places, long, first = places[rows], words[rows] >= self._words, numbered(_keys(parts, "folded")[rows])
        single = np.flatnonzero(first == np.arange(len(first)))
        self._strings = _strings(corpus.texts, self._field)
        texts = Compared(parts, rows[single], lambda some: self._strings(places[single][some].tolist()), self._words)
        pairs, similarities = near_pairs(texts, self._similarity)
        pairs = places[single][pairs]
        copied = long & (np.bincount(first, minlength=len(first))[first] > 1)
        copies = np.unique(places[first[copied]])
        self._near = Neighbours(
            np.concatenate([pairs, pairs[:, ::-1], np.stack([copies, copies], axis=1)]),
            np.concatenate([similarities, similarities, np.ones(len(copies))]),
        )
        self._said = bytearray(len(self._near.likeness))
        self._short = frozenset(places[first[~long]].tolist())
        several = copied | np.isin(places[first], pairs)
        self._text = dict(zip(places[several].tolist(), places[first[several]].tolist(), strict=True))
        return np.concatenate([np.stack([places[several], places[first[several]]], axis=1), pairs])

    def reads(self, places: Numbers) -> Numbers:
        """Their texts' first copies."""
        return np.array([self._text[place] for place in places.tolist() if place in self._text], np.int64)

    def find(self, place: int) -> Match | None:
        """A match with the most similar admitted survivor that says the same, where `cap` of them do."""
        if (text := self._text.get(place)) is None:
            return None
        nearest, count = None, 0
        near = [(-alike, *self._holder[other], other) for alike, other in self._near.of(text) if other in self._holder]
        for alike, _, holder, other in sorted(near):
            if self._says(text, other):
                nearest = nearest or (-alike, holder)
                count += self._admitted[other]
                if count >= self._cap:
                    return self._match(*nearest)
        return None

    def admit(self, place: int) -> None:
        """Put it where later ones look."""
        if (text := self._text.get(place)) is not None:
            self._admitted[text] += 1
            self._holder.setdefault(text, (len(self._holder), place))

    def same(self, one: int, other: int) -> bool:
        """Whether they say the same; two copies of a short text do where a longer one does as well."""
        first, second = self._text[one], self._text[other]
        if first == second and first in self._short:
            return any(self._says(first, near) for _, near in self._near.of(first))
        return self._says(first, second)

    def _match(self, similarity: float, root: int) -> Match:
        minimum = self._similarity if similarity >= self._similarity else self._similarity - SCATTERED
        measure = {"similarity": round(similarity, 3), "minimum": round(minimum, 3)}
        return Match(Finding(f"{self.reason}_{self._field}", measure), root)

    def _says(self, one: int, other: int) -> bool:
        """Whether two texts with nearly the same words say the same; asked once, and known then."""
        if one == other:
            return True
        row = self._near.row(min(one, other), max(one, other))
        if not self._said[row]:
            first, second = self._strings([one, other])
            enough = bool(self._near.likeness[row] >= self._similarity)
            same = all(same_content(ours, theirs, enough) for ours, theirs in zip(first, second, strict=True))
            self._said[row] = _SAME if same else _OTHER_CONTENT
        return self._said[row] == _SAME


def _repeated(sketches: Sketches, field: str, hashes: str) -> tuple[Numbers, Numbers]:
    """Places whose field stands more than once, and for each a place that stands for its text."""
    places, parts = sketches.parts(_PARTS.get(field, (field,)))
    keys = _keys(parts, hashes)
    filled = keys.any(axis=1)
    places, first = places[filled], numbered(keys[filled])
    several = np.bincount(first, minlength=len(first))[first] > 1
    return places[several], places[first[several]]


def _times(sketches: Sketches, field: str, places: Numbers, groups: Numbers) -> Numbers:
    """For each place how many different texts of the other field its group stands with."""
    if field not in _OTHER:
        return np.bincount(groups)[groups]
    every, parts = sketches.parts((_OTHER[field],))
    beside = numbered(_keys(parts, "folded")[np.searchsorted(every, places)])
    pairs = np.unique(np.stack([groups, beside], axis=1), axis=0)
    return np.bincount(pairs[:, 0])[groups]


def _rows(order: Numbers, places: Numbers, wanted: npt.NDArray[np.bool_]) -> Numbers:
    """The wanted rows, in the pass's order."""
    row_at = np.full(len(order), -1)
    row_at[places] = np.where(wanted, np.arange(len(places)), -1)
    rows: Numbers = row_at[order]
    return rows[rows >= 0]


def _keys(parts: Sequence[Parts], hashes: str) -> npt.NDArray[np.uint64]:
    """One row a text: its hashes side by side."""
    return np.concatenate([part[hashes] for part in parts], axis=1)


def _strings(texts: WordStrings, field: str) -> Strings:
    """The word strings of the field's parts, by place."""
    names = _PARTS.get(field, (field,))
    return lambda places: (tuple(found[name] for name in names) for found in texts(places))
