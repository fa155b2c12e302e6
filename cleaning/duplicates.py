"""Repeats across the corpus: the same text again, nearly the same text, and replies sent to everyone.

Question, answer and pair are looked at apart, for the pair alone hides canned answers. The kept member of
a cluster is its first in the order of `cleaning.corpus`; a copy is held against kept members only, so
a chain of small edits never ties two texts that differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field
from rapidfuzz.distance import Levenshtein

from cleaning.corpus import Match
from cleaning.folding import fold, word_string
from cleaning.minhash import BandIndex
from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Count, Share, corpus_filter

LONGEST_COMPARED = 5000  # words; beyond it two texts are compared by their beginnings
NO_TEXT = b""
Times = Annotated[int, Field(ge=2)]
_PARTS = {"pair": ["question", "answer"]}


@corpus_filter
class ExactRepeats:
    """The same field again: more than `cap` times, letter for letter or, with `folded`, but for spelling.

    Reason `repeated_<field>`; measure: which repeat it is and the cap.
    """

    def __init__(self, *, field: FieldName, cap: Count = 1, folded: bool = False) -> None:
        self._field, self._cap, self._folded = field, cap, folded
        self._keys: list[bytes] = []
        self._first: dict[bytes, int] = {}
        self._admitted: Counter[bytes] = Counter()
        self._seen: Counter[bytes] = Counter()

    def add(self, record: Record) -> None:
        """Take in the next survivor; an empty field is a repeat of nothing."""
        self._keys.append(_key(record, self._field, self._folded))

    def find(self, place: int) -> Match | None:
        """A match when the cap is reached."""
        key = self._keys[place]
        self._seen[key] += 1
        if key == NO_TEXT or self._admitted[key] < self._cap:
            return None
        measure = {"occurrence": self._seen[key], "cap": self._cap}
        return Match(Finding(f"repeated_{self._field}", measure), self._first[key])

    def admit(self, place: int) -> None:
        """Count it towards the cap."""
        key = self._keys[place]
        self._first.setdefault(key, place)
        self._admitted[key] += 1

    def close(self) -> Iterable[tuple[int, Finding]]:
        """Nothing more."""
        return ()


@corpus_filter
class CannedReplies:
    """A field that stands in the corpus this often: a reply written for everyone.

    Every admitted member of it is found. Reason `canned_<field>`; measure: how often it stands, and the limit.
    """

    def __init__(self, *, field: FieldName, times: Times) -> None:
        self._field, self._times = field, times
        self._keys: list[bytes] = []
        self._admitted: list[int] = []

    def add(self, record: Record) -> None:
        """Take in the next survivor, by its folded text."""
        self._keys.append(_key(record, self._field, folded=True))

    def find(self, _place: int) -> Match | None:
        """Nothing yet: the count is known at the end."""
        return None

    def admit(self, place: int) -> None:
        """Remember it for the end."""
        self._admitted.append(place)

    def close(self) -> Iterator[tuple[int, Finding]]:
        """Every admitted survivor whose text stands `times` times or more among all survivors."""
        counts = Counter(self._keys)
        for place in self._admitted:
            key = self._keys[place]
            if key != NO_TEXT and counts[key] >= self._times:
                yield place, Finding(f"canned_{self._field}", {"times": counts[key], "limit": self._times})


@corpus_filter
class NearRepeats:
    """A field nearly the same as one kept: candidates by MinHash, verified by edit distance over words.

    A pair's similarity is the mean of its question's and its answer's: one long answer under two short
    questions is a canned reply and not a repeated pair.
    Fields under `words` words are left to `exact_repeats`: there one word makes another question.
    Reason `near_<field>`; measure: the share of words in common order and the minimum.
    """

    def __init__(self, *, field: FieldName, similarity: Share, words: Count, cap: Count = 1) -> None:
        self._field, self._similarity, self._words, self._cap = field, similarity, words, cap
        self._index = BandIndex()
        self._rows: list[int] = []
        self._texts: list[tuple[str, ...]] = []
        self._groups: npt.NDArray[np.int32] | None = None
        self._members: dict[int, list[int]] = {}
        self._roots: dict[int, int] = {}
        self._admitted: Counter[int] = Counter()

    def add(self, record: Record) -> None:
        """Take in the next survivor: its signature, and its words as a string of one character each."""
        folded = fold(record.text(self._field) or "")
        parts = [record.fields[name] for name in _PARTS.get(self._field, [self._field]) if name in record.fields]
        if not folded or folded.count(" ") + 1 < self._words:
            self._rows.append(-1)
            return
        self._rows.append(len(self._texts))
        self._texts.append(tuple(word_string(fold(part))[:LONGEST_COMPARED] for part in parts))
        self._index.add(folded)

    def find(self, place: int) -> Match | None:
        """A match with the most similar admitted survivor, when its cluster is full."""
        nearest = self._nearest(place)
        if nearest is None:
            return None
        similarity, other = nearest
        root = self._roots[place] = self._roots.get(other, other)
        if self._admitted[root] < self._cap:
            return None
        measure = {"similarity": round(similarity, 3), "minimum": self._similarity}
        return Match(Finding(f"near_{self._field}", measure), root)

    def admit(self, place: int) -> None:
        """Put it where later ones look."""
        self._admitted[self._roots.get(place, place)] += 1
        for group in self._groups_of(place):
            self._members.setdefault(group, []).append(place)

    def close(self) -> Iterable[tuple[int, Finding]]:
        """Nothing more."""
        return ()

    def _groups_of(self, place: int) -> list[int]:
        if self._groups is None:
            self._groups = self._index.groups()
        row = self._rows[place]
        return [] if row < 0 else [group for group in self._groups[row].tolist() if group >= 0]

    def _nearest(self, place: int) -> tuple[float, int] | None:
        candidates = {other for group in self._groups_of(place) for other in self._members.get(group, ())}
        if not candidates:
            return None
        texts = self._texts[self._rows[place]]
        found = ((_similarity(texts, self._texts[self._rows[other]]), -other) for other in candidates)
        similarity, other = max(found)
        return (similarity, -other) if similarity >= self._similarity else None


def _similarity(texts: tuple[str, ...], others: tuple[str, ...]) -> float:
    """The mean share of words in common order over the parts, 0 to 1."""
    shares = [Levenshtein.normalized_similarity(*pair) for pair in zip(texts, others, strict=True)]
    return sum(shares) / len(shares)


def _key(record: Record, field: str, folded: bool) -> bytes:
    """16 bytes that stand for the field's text; NO_TEXT where there is none."""
    text = record.text(field) or ""
    text = fold(text) if folded else text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() if text.strip() else NO_TEXT
