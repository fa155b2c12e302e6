"""Items that ask the same again, in one benchmark or in two: word for word, or nearly.

Two items are compared by their runs of four letters, of the questions and of the options by themselves; a run counts
the more the fewer items have it, so "which of the following" counts little. What is shared over what either has
(Jaccard's index, so weighted) says how alike two texts are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evaluator.lint.finding import SEVERITIES, Finding, Severity, shown
from evaluator.lint.words import words
from evaluator.published import Draft

RUN = 4
"""Letters of a run: a word and its ending share some, two words of another meaning seldom do."""
ALIKE, ASKED, SAID = 0.36, 0.28, 0.2
"""Likeness from which on two items repeat one another: the mean of questions and options, and of each by itself, for
stock questions and stock options come again without a repeat. Of the published items 253 are told as near repeats; of
the 23 pairs nearest to the marks 20 ask the same thing, of 24 others taken at random 23. No pair of college medicine
and clinical knowledge has a mean between 0.18 and 0.46."""
PASSAGE, LONG = 0.6, 15
"""Likeness of questions, and words they have, from which on items with other options share their passage."""
UNKEYED = 0.5
"""Likeness that questions without a key must have: two may be told the same answer."""
SAME, RESTATED, CERTAIN = 0.999, 0.9, 0.7
"""Likeness of what is the same but for spelling; of questions whose keys must agree; of an option found again."""
COMMON = 0.05
"""Runs that a larger share of the items has find no pair by themselves; they count in what is found."""
AT_ONCE = 512

Place = tuple[str, Draft]
Floats = npt.NDArray[np.float64]


class Pair(NamedTuple):
    """Two items, by their places, and how alike their questions and options are, each from 0 to 1."""

    first: int
    second: int
    asked: float
    said: float


@dataclass(frozen=True)
class Repeats:
    """All pairs among items of benchmarks, the first `own` of which are linted."""

    places: Sequence[Place]
    own: int

    @cached_property
    def pairs(self) -> list[Pair]:
        """The pairs in which one is linted, by first and second place."""
        return list(_pairs([item for _, item in self.places], self.own))

    def findings(self) -> Iterator[Finding]:
        """For each linted item its nearest repeat; one whose key says something else is an error."""
        for place, pair in sorted(self._nearest().items()):
            benchmark, item = self.places[place]
            other = pair.second if pair.first == place else pair.first
            yield _finding((benchmark, item), self.places[other], pair)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many items of a benchmark repeat one of another, or of its own, by the two names."""
        found: dict[tuple[str, str], set[int]] = {}
        for pair in self.pairs:
            if kind_of(pair, self.places[pair.first][1], self.places[pair.second][1]) not in REPEATING:
                continue
            for here, there in ((pair.first, pair.second), (pair.second, pair.first)):
                if here < self.own:
                    found.setdefault((self.places[here][0], self.places[there][0]), set()).add(here)
        return {names: len(items) for names, items in sorted(found.items())}

    def _nearest(self) -> dict[int, Pair]:
        """For each linted item that has repeats the best of them, one with another key first."""
        best: dict[int, Pair] = {}
        for pair in self.pairs:
            for place in (pair.first, pair.second):
                if place < self.own and (place not in best or self._rank(pair) > self._rank(best[place])):
                    best[place] = pair
        return best

    def _rank(self, pair: Pair) -> tuple[int, float]:
        kind = kind_of(pair, self.places[pair.first][1], self.places[pair.second][1])
        return -SEVERITIES.index(SEVERITY[kind]), pair.asked + pair.said


def _pairs(items: Sequence[Draft], own: int) -> Iterator[Pair]:
    asked, said = _Weighed([item.question for item in items]), _Weighed(["\n".join(i.options) for i in items])
    for start in range(0, own, AT_ONCE):
        block = slice(start, min(start + AT_ONCE, own))
        for first, second in _candidates(asked, said, block):
            if second <= first:
                continue
            pair = Pair(first, second, asked.alike(first, second), said.alike(first, second))
            if _repeats(pair) or _shares_passage(pair, items):
                yield pair


def _repeats(pair: Pair) -> bool:
    return pair.asked >= ASKED and pair.said >= SAID and pair.asked + pair.said >= 2 * ALIKE


def _shares_passage(pair: Pair, items: Sequence[Draft]) -> bool:
    return pair.asked >= PASSAGE and min(len(words(items[n].question)) for n in pair[:2]) >= LONG


def _candidates(asked: "_Weighed", said: "_Weighed", block: slice) -> Iterator[tuple[int, int]]:
    """Pairs that share enough rare runs to be worth comparing, of items in the block with any."""
    shared = asked.shared(block) + said.shared(block)
    rows, columns = (shared > ALIKE / 2).nonzero()
    yield from zip((rows + block.start).tolist(), columns.tolist(), strict=True)


class _Weighed:
    """Texts as sets of runs with the weight of each run."""

    def __init__(self, texts: Sequence[str]) -> None:
        from scipy.sparse import csr_array

        known: dict[str, int] = {}
        self.runs = [np.array(sorted({known.setdefault(r, len(known)) for r in _runs(t)}), np.int64) for t in texts]
        counts = np.bincount(np.concatenate([*self.runs, np.empty(0, np.int64)]), minlength=max(len(known), 1))
        self.weights: Floats = np.log1p(len(texts) / np.maximum(counts, 1))
        self.totals: Floats = np.array([self.weights[runs].sum() for runs in self.runs])
        rare = counts <= max(COMMON * len(texts), 2)
        kept = [runs[rare[runs]] for runs in self.runs]
        bounds = np.cumsum([0, *map(len, kept)])
        columns = np.concatenate([*kept, np.empty(0, np.int64)])
        shape = (len(texts), max(len(known), 1))
        self.table: Any = csr_array((self.weights[columns], columns, bounds), shape=shape)
        self.ones: Any = csr_array((np.ones(len(columns)), columns, bounds), shape=shape)

    def shared(self, block: slice) -> Floats:
        """For each text of the block and each text the weight of the rare runs they share, over the smaller's total."""
        both: Floats = (self.table[block] @ self.ones.T).toarray()
        least = np.minimum(self.totals[block][:, None], self.totals[None, :])
        return both / np.maximum(least, 1e-9)

    def alike(self, first: int, second: int) -> float:
        """Jaccard's index of two texts, weighted; 1 for two that have no run."""
        shared = np.intersect1d(self.runs[first], self.runs[second], assume_unique=True)
        both = float(self.weights[shared].sum())
        either = float(self.totals[first] + self.totals[second]) - both
        return both / either if either > 0 else 1.0


def _runs(text: str) -> Iterator[str]:
    """Runs of letters over the words in one spelling, spaces counted; short texts are a run of their own."""
    told = f" {' '.join(words(text))} "
    if len(told) <= RUN:
        yield told
    for start in range(len(told) - RUN + 1):
        yield told[start : start + RUN]


def kind_of(pair: Pair, one: Draft, other: Draft) -> str:
    """What two items are to one another."""
    if not _repeats(pair):
        return "same_passage"
    if pair.asked >= RESTATED and _conflict(one, other):
        return "repeat_other_key"
    if pair.asked >= SAME and pair.said >= SAME:
        return "repeat"
    if one.answer is None and other.answer is None:
        return "near_repeat" if pair.asked >= UNKEYED else "variant"
    return "near_repeat" if _same_key(one, other) else "variant"


def _finding(here: Place, there: Place, pair: Pair) -> Finding:
    (benchmark, item), (other_benchmark, other) = here, there
    kind = kind_of(pair, item, other)
    where = f"item {other.id}" if benchmark == other_benchmark else f"{other_benchmark}'s item {other.id}"
    alike = f"questions {pair.asked:.0%} and options {pair.said:.0%} alike"
    said = f"{_SAID[kind].format(where)} ({alike}): «{shown(item.question)}»"
    if kind == "repeat_other_key":
        said = f"{said}; {_conflict(item, other)}"
    return Finding(benchmark, item.id, kind, SEVERITY[kind], said, (other_benchmark, other.id))


SEVERITY: dict[str, Severity] = {
    **{"repeat_other_key": "error", "repeat": "warning", "near_repeat": "warning"},
    **{"variant": "note", "same_passage": "note"},
}
_SAID = {
    "repeat_other_key": "repeats {}, but for the key",
    "repeat": "repeats {} word for word",
    "near_repeat": "asks what {} asks, in other words",
    "variant": "is much like {} and asks another thing",
    "same_passage": "shares its passage with {}",
}
REPEATING = ("repeat_other_key", "repeat", "near_repeat")


def _same_key(one: Draft, other: Draft) -> bool:
    """Whether the option that is most like one item's key is the other's key."""
    ours, theirs = _nearest_option(one, other), _nearest_option(other, one)
    return (ours is not None and ours[0] == other.answer) or (theirs is not None and theirs[0] == one.answer)


def _conflict(one: Draft, other: Draft) -> str | None:
    """How the keys of two items differ that ask the same; None where they agree or cannot be held together."""
    ours, theirs = _nearest_option(one, other), _nearest_option(other, one)
    if ours is None or theirs is None or min(ours[1], theirs[1]) < CERTAIN or ours[0] == other.answer:
        return None
    mine, yours = one.lettered[str(one.answer)], other.lettered[str(other.answer)]
    return f"its key is «{shown(mine, 40)}», there it is «{shown(yours, 40)}»"


def _nearest_option(one: Draft, other: Draft) -> tuple[str, float] | None:
    """The letter of the other's option that is most like this one's key, and how much, from 0 to 1."""
    if one.answer is None or other.answer is None:
        return None
    key = set(_runs(one.lettered[one.answer]))
    likeness = {letter: _overlap(key, set(_runs(option))) for letter, option in other.lettered.items()}
    letter = max(likeness, key=lambda each: (likeness[each], each == other.answer))
    return (letter, likeness[letter]) if likeness[letter] else None


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
