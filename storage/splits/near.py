"""Which texts are nearly those of a fixed set, without fail: candidates by counting, verified by edit distance.

Two texts are near where the edit distance over words is at most a fifth of the longer one's words, so that four fifths
stand in common order. An edit spoils at most two pairs of neighbouring words, so near texts have most of these in
common, and two of them among the rarest (prefix filtering: Chaudhuri et al. 2006; Xiao et al. 2008). So nothing near
is missed, and seldom anything else is compared: 4,000 published answers against 2,618 take a quarter of a second.

Where many texts are of one template nearly all are candidates for all, so what is done with is forgotten, and a bound
can be set to what is compared in vain.
"""

import sys
from collections.abc import Iterator

import numpy as np
from rapidfuzz.distance import Levenshtein

from storage import grams
from storage.grams import Lookup, Places, Words

WORDS_AN_EDIT = 5
"""One word in five may differ: a similarity of .8, as `near_repeats` of the cleaning's default recipe verifies."""
FEWEST = 4  # words; below, one edit is more than a fifth
AGREEING = 2  # of the rarest neighbours of near texts at least so many are the same
LONGEST_COMPARED = 5000  # words; beyond it two texts are compared by their beginnings
EXPANDED_AT_ONCE = 1 << 19
_CODE_POINTS = np.uint32(0x110000)


class NearIndex:
    """A fixed set of texts, against which any number of others are held.

    A text of the set that was compared in vain more than `most` times is taken for near to whatever it is a candidate
    for from then on.
    """

    def __init__(self, words: Words, bounds: Places, most: int | None = None) -> None:
        self._words, self._bounds = _cut(words, bounds)
        self._lengths = np.diff(self._bounds)
        found = grams.runs(self._words, self._bounds, 2)
        known, counts = np.unique(found.hashes, return_counts=True)
        self._lookup, self._ranks = Lookup(known), np.empty(len(known), np.int64)
        self._ranks[np.lexsort((known, counts))] = np.arange(len(known))
        owners, tokens = self._rarest(self._words, self._bounds)
        order = np.argsort(tokens, kind="stable")
        self._holders = owners[order]
        self._tokens, self._starts = np.unique(tokens[order], return_index=True)
        self._counts = np.diff([*self._starts, len(order)])
        self._left, self._forgotten = np.ones(len(self._lengths), bool), False
        self._tries = np.full(len(self._lengths), sys.maxsize if most is None else most)

    def forget(self, texts: Places | int) -> None:
        """Find these of the set no more, by place; they may be forgotten while matches are read."""
        self._left[texts], self._forgotten = False, True

    def matches(self, words: Words, bounds: Places) -> Iterator[tuple[int, int]]:
        """Places (of the text among these, of one in the set) that are near; an equal text is near."""
        words, bounds = _cut(words, bounds)
        lengths, texts = np.diff(bounds), _Strings(words, bounds)
        own = _Strings(self._words, self._bounds)
        for text, other in self._candidates(words, bounds):
            if not self._left[other]:
                continue
            edits = int(max(lengths[text], self._lengths[other])) // WORDS_AN_EDIT
            if abs(lengths[text] - self._lengths[other]) > edits:
                continue
            if self._tries[other] < 0 or _near(texts[text], own[other], edits):
                yield int(text), int(other)
            else:
                self._tries[other] -= 1

    def _candidates(self, words: Words, bounds: Places) -> Iterator[Places]:
        owners, tokens = self._rarest(words, bounds)
        places = np.minimum(np.searchsorted(self._tokens, tokens), max(len(self._tokens) - 1, 0))
        hit = self._tokens[places] == tokens if len(self._tokens) else np.zeros(0, bool)
        owners, places = owners[hit], places[hit]
        while len(owners):
            self._compact()
            starts, counts = self._starts[places], self._counts[places]
            # All of one text's in one go: its candidates are counted over all its neighbours.
            reach = int(np.searchsorted(np.cumsum(counts), EXPANDED_AT_ONCE, side="right"))
            last = int(np.searchsorted(owners, owners[max(reach - 1, 0)], side="right"))
            yield from self._agreeing(owners[:last], starts[:last], counts[:last])
            owners, places = owners[last:], places[last:]

    def _compact(self) -> None:
        """Take what is forgotten off the lists."""
        if not self._forgotten:
            return
        kept = self._left[self._holders]
        places = np.concatenate([[0], np.cumsum(kept)])
        ends = places[self._starts + self._counts]
        self._holders, self._starts = self._holders[kept], places[self._starts]
        self._counts, self._forgotten = ends - self._starts, False

    def _agreeing(self, owners: Places, starts: Places, counts: Places) -> Places:
        total = int(counts.sum())
        offsets = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        others = self._holders[np.repeat(starts, counts) + offsets]
        pairs, times = np.unique(np.repeat(owners, counts) * len(self._lengths) + others, return_counts=True)
        return np.stack(np.divmod(pairs[times >= AGREEING], len(self._lengths)), axis=1)

    def _rarest(self, words: Words, bounds: Places) -> tuple[Places, Places]:
        """Of each text's neighbours those that near texts must agree in, as owner and token, without the unknown.

        A token is two neighbouring words and the how manieth time they stand in the text. Near texts of n words have
        at least 0.6 n - 1 tokens in common; so AGREEING of them are among each one's rarest, where these are all but
        so many. What the set does not know is rarer than all it knows; a text that has too few it knows has none.
        """
        lengths = np.diff(bounds)
        found = grams.runs(words, bounds, 2)
        hit, places = self._lookup.find(found.hashes)
        width = max(len(self._ranks), 1)
        packed = np.sort(found.owners[hit] * width + self._ranks[places])
        owners, ranks = np.divmod(packed, width)
        firsts = np.searchsorted(owners, np.arange(len(lengths) + 1))
        known = np.diff(firsts)
        common = np.maximum(-((5 - 3 * lengths) // 5), AGREEING)
        wanted = known - common + AGREEING
        wanted[wanted < AGREEING] = 0
        chosen = np.arange(len(packed)) - firsts[:-1][owners] < wanted[owners]
        starts = np.flatnonzero(np.diff(packed, prepend=-1))
        times = np.arange(len(packed)) - np.repeat(starts, np.diff([*starts, len(packed)]))
        return owners[chosen], (ranks * (LONGEST_COMPARED + 1) + times)[chosen]


class _Strings:
    """Texts as strings of one character a word, made when asked for: an edit distance over them counts words."""

    def __init__(self, words: Words, bounds: Places) -> None:
        self._points, self._bounds = words % _CODE_POINTS, bounds

    def __getitem__(self, text: int) -> str:
        points = self._points[self._bounds[text] : self._bounds[text + 1]]
        return points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _near(text: str, other: str, edits: int) -> bool:
    return bool(Levenshtein.distance(text, other, score_cutoff=edits) <= edits)


def _cut(words: Words, bounds: Places) -> tuple[Words, Places]:
    """Without what is too short to be near anything but itself, and each text's beginning only."""
    lengths = np.diff(bounds)
    kept = np.where(lengths < FEWEST, 0, np.minimum(lengths, LONGEST_COMPARED))
    places = np.arange(len(words)) - np.repeat(bounds[:-1], lengths)
    return words[places < np.repeat(kept, lengths)], np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
