"""Which of the drawn pairs are clear of what trains: none of their texts is nearly one there.

One near text is enough for a pair to train, with all that stands with it. So the pair is not looked for again, and what
trains by it is held against what is left in its turn. Where thousands of questions are of one template, the first few
that train take all others with them, so that the time does not grow with the pairs of near texts there are.
"""

import numpy as np
import numpy.typing as npt

from storage.grams import Places
from storage.splits.leakage import HeldOut
from storage.splits.words import PARTS, Chunk, PairWords

MOST_TRIED = 1000
"""Texts that one is compared with in vain; then its pair trains, near or not: it is of a template's words. Of 15,014
published pairs the one compared most often is so with 26."""


def cleared(words: PairWords, held: HeldOut, groups: Places, largest: int) -> "Clearing":
    """Hold all drawn rows against the others and each other; `groups` has the group of every held row."""
    found = Clearing(held, groups, largest)
    drawn = np.zeros(len(words), bool)
    drawn[held.rows] = True
    for chunk in words.chunks():
        found.hold_against(chunk.only(np.flatnonzero(~drawn[chunk.first : chunk.first + len(chunk.pairs) - 1])))
    found.settle()
    found.unite()
    return found


class Clearing:
    """Held rows, by place in `HeldOut.rows`: `left` marks those that are clear; `joined` are pairs of near ones."""

    def __init__(self, held: HeldOut, groups: Places, largest: int) -> None:
        self._held, self._largest = held, largest
        self._indexes = held.indexes(MOST_TRIED)
        known, sets = np.unique(groups, return_inverse=True)
        self._sets: list[int] = sets.tolist()
        self._members: list[list[int]] = [[] for _ in known]
        for place, number in enumerate(self._sets):
            self._members[number].append(place)
        self._gone: list[int] = []
        self.left: npt.NDArray[np.bool_] = np.ones(len(held.rows), bool)
        self.joined: list[tuple[int, int]] = []

    def hold_against(self, trained: Chunk) -> None:
        """Let go of every row that has a text near one of these."""
        for part in range(PARTS):
            for _, place in self._indexes[part].matches(*trained.part(part)):
                self._let_go(place)

    def settle(self) -> None:
        """Hold what was let go against what is left, until that changes nothing."""
        while self._gone:
            gone, self._gone = np.sort(self._gone), []
            self.hold_against(self._held.chunk.only(gone))

    def unite(self) -> None:
        """Put rows that are near into one set; what becomes larger than the largest goes."""
        places = np.flatnonzero(self.left)
        chunk = self._held.chunk.only(places)
        for part in range(PARTS):
            for text, other in self._indexes[part].matches(*chunk.part(part)):
                self._meet(int(places[text]), other)
        self.settle()

    def _meet(self, place: int, other: int) -> None:
        if not self.left[place]:
            self._let_go(other)
            return
        least, most = sorted((self._sets[place], self._sets[other]), key=lambda number: len(self._members[number]))
        if least == most:
            return
        for member in self._members[least]:
            self._sets[member] = most
        self._members[most] += self._members[least]
        self.joined.append((int(self._held.rows[place]), int(self._held.rows[other])))
        if len(self._members[most]) > self._largest:
            self._let_go(place)

    def _let_go(self, place: int) -> None:
        members = self._members[self._sets[place]]
        if not self.left[place]:
            return
        self.left[members] = False
        for index in self._indexes:
            index.forget(np.array(members))
        self._gone += members
