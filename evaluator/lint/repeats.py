"""Items that ask the same again, in one benchmark or in two: word for word, or nearly.

Two items are compared by their runs of four letters, of the questions and of the options by themselves; a run counts
the more the fewer items have it, so "which of the following" counts little. What is shared over what either has
(Jaccard's index, so weighted) says how alike two texts are. The order of options plays no part. Items of the same words
are one to all others, so that a file of nothing but copies is read as quickly as any.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

from evaluator.lint.finding import SEVERITIES, Finding, Severity, shown
from evaluator.lint.likeness import Weighed, candidates, runs
from evaluator.lint.wording import difference
from evaluator.lint.words import folded, words
from evaluator.published import Draft

ALIKE, ASKED, SAID = 0.36, 0.28, 0.2
"""Likeness from which on two items repeat one another: the mean of questions and options, and of each by itself, for
stock questions and stock options come again without a repeat. Of the published items 179 are told as near repeats, in
91 pairs; of the 50 pairs least alike 46 ask the same thing. No pair of college medicine and clinical knowledge has a
mean between 0.18 and 0.46."""
PASSAGE, LONG = 0.6, 15
"""Likeness of questions, and words they have, from which on items with other options share their passage."""
UNKEYED = 0.75
"""Likeness that questions without a key must have: below, two may be asked of two medicines and told the same."""
STOCK, SHORT, COPIED = 4, 8, 0.85
"""Items with the very same options from which on those say nothing of a repeat, as yes and no or four drugs that many
items offer; and runs of letters below which options say nothing: 1, 2, 3, 4. Then questions must be as alike as those
without a key, or have so many of their runs in common."""
SAME, RESTATED, CERTAIN = 0.999, 0.9, 0.7
"""Likeness of what is the same but for spelling; of questions whose keys must agree; of an option found again."""

Place = tuple[str, Draft]
Group = list[int]


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
        """For each linted item at least one pair with every benchmark that repeats it, by first and second place."""
        found = {(p.first, p.second): p for p in _pairs(self.places, self.own) if p.first < self.own}
        return [found[places] for places in sorted(found)]

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
        best: dict[int, tuple[tuple[int, float], Pair]] = {}
        for pair in self.pairs:
            rank = self._rank(pair)
            for place in (pair.first, pair.second):
                if place < self.own and (place not in best or rank > best[place][0]):
                    best[place] = rank, pair
        return {place: pair for place, (_, pair) in best.items()}

    def _rank(self, pair: Pair) -> tuple[int, float]:
        kind = kind_of(pair, self.places[pair.first][1], self.places[pair.second][1])
        return -SEVERITIES.index(SEVERITY[kind]), pair.asked + pair.said


def distinct(items: Sequence[Draft]) -> list[Draft]:
    """The items without those that repeat an earlier one word for word: two of them are no two observations."""
    return [items[group[0]] for group in _groups(items)]


def _groups(items: Sequence[Draft]) -> list[Group]:
    """The places of items of the same words."""
    found: dict[object, Group] = {}
    for place, item in enumerate(items):
        found.setdefault((folded(item.question), *sorted(map(folded, item.options))), []).append(place)
    return list(found.values())


def _pairs(places: Sequence[Place], own: int) -> Iterator[Pair]:
    groups = _groups([item for _, item in places])
    firsts = [_first_of_each(places, group) for group in groups]
    for group, first in zip(groups, firsts, strict=True):
        yield from (_pair(place, other, 1.0, 1.0) for place in group for other in first.values() if place != other)
    items = [places[group[0]][1] for group in groups]
    asked, said = Weighed([(item.question,) for item in items]), Weighed([item.options for item in items])
    linted, stock = sum(group[0] < own for group in groups), _stock(items)
    for one, other in chain(candidates(asked, said, linted, ALIKE / 2), _beside(items, linted)):
        pair = Pair(one, other, asked.alike(one, other), said.alike(one, other))
        if stock[one] and stock[other] and pair.asked < UNKEYED and asked.overlap(one, other) < COPIED:
            continue
        if _repeats(pair) or _shares_passage(pair, items):
            for here, there in ((one, other), (other, one)):
                for two in _between(places, groups[here], firsts[there]):
                    yield _pair(*two, pair.asked, pair.said)


def _beside(items: Sequence[Draft], linted: int) -> Iterator[tuple[int, int]]:
    """Items whose questions begin or end as the next one's: of many near copies no run of letters is rare enough."""
    asked = [folded(item.question) for item in items]
    for order in (sorted(range(len(asked)), key=lambda n: asked[n][::way]) for way in (1, -1)):
        yield from ((min(pair), max(pair)) for pair in pairwise(order) if min(pair) < linted)


def _stock(items: Sequence[Draft]) -> list[bool]:
    """Whether each item's options say nothing of a repeat."""
    offered = [tuple(sorted(map(folded, item.options))) for item in items]
    often = Counter(offered)
    return [
        (often[options] >= STOCK and len(options) > 1) or _hardly_said(item)
        for options, item in zip(offered, items, strict=True)
    ]


def _hardly_said(item: Draft) -> bool:
    """Whether options are hardly a text; a doctor's answer, however short, is one."""
    return len(item.options) > 1 and len(set(runs(item.options))) < SHORT


def _first_of_each(places: Sequence[Place], group: Group) -> dict[str, int]:
    """The first place that each benchmark has in a group."""
    return {places[place][0]: place for place in reversed(group)}


def _between(places: Sequence[Place], group: Group, firsts: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Each item of a group with the first ones of another, by benchmark, that it has no copy in already."""
    held = {name: sum(places[place][0] == name for place in group) for name in firsts}
    for place in group:
        for name, first in firsts.items():
            if held[name] <= (places[place][0] == name) or place == group[0]:
                yield place, first


def _pair(one: int, other: int, asked: float, said: float) -> Pair:
    return Pair(min(one, other), max(one, other), asked, said)


def _repeats(pair: Pair) -> bool:
    return pair.asked >= ASKED and pair.said >= SAID and pair.asked + pair.said >= 2 * ALIKE


def _shares_passage(pair: Pair, items: Sequence[Draft]) -> bool:
    return pair.asked >= PASSAGE and min(len(words(items[n].question)) for n in pair[:2]) >= LONG


def kind_of(pair: Pair, one: Draft, other: Draft) -> str:
    """What two items are to one another."""
    if not _repeats(pair):
        return "same_passage"
    if pair.asked >= RESTATED and _conflict(one, other):
        return _OTHER_KEY[difference(one.question, other.question)]
    if pair.asked >= SAME and pair.said >= SAME:
        return "repeat"
    if _hardly_said(one) and _hardly_said(other) and difference(one.question, other.question) == "facts":
        return "variant"
    if one.answer is None and other.answer is None:
        return "near_repeat" if pair.asked >= UNKEYED else "variant"
    return "near_repeat" if _same_key(one, other) else "variant"


def _finding(here: Place, there: Place, pair: Pair) -> Finding:
    (benchmark, item), (other_benchmark, other) = here, there
    kind = kind_of(pair, item, other)
    where = f"item {other.id}" if benchmark == other_benchmark else f"{other_benchmark}'s item {other.id}"
    alike = f"questions {pair.asked:.0%} and options {pair.said:.0%} alike"
    if kind in REPEATING and _order(item) != _order(other) and sorted(_order(item)) == sorted(_order(other)):
        alike = f"{alike}, in another order"
    said = f"{_SAID[kind].format(where)} ({alike}): «{shown(item.question)}»"
    if conflict := _conflict(item, other) if kind in _OTHER_KEY.values() else None:
        said = f"{said}; {conflict}"
    return Finding(benchmark, item.id, kind, SEVERITY[kind], said, (other_benchmark, other.id))


SEVERITY: dict[str, Severity] = {
    **{"repeat_other_key": "error", "near_repeat_other_key": "warning", "repeat": "warning", "near_repeat": "warning"},
    **{"variant": "note", "same_passage": "note"},
}
_SAID = {
    "repeat_other_key": "repeats {}, but for the key",
    "near_repeat_other_key": "nearly repeats {}, and has another key",
    "repeat": "repeats {} word for word",
    "near_repeat": "asks what {} asks, in other words",
    "variant": "is much like {} and may ask another thing",
    "same_passage": "shares its passage with {}",
}
_OTHER_KEY = {"spelling": "repeat_other_key", "words": "near_repeat_other_key", "facts": "variant"}
REPEATING = ("repeat_other_key", "repeat", "near_repeat")


def _order(item: Draft) -> list[str]:
    return [folded(option) for option in item.options]


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
    key = set(runs([one.lettered[one.answer]]))
    likeness = {letter: _overlap(key, set(runs([option]))) for letter, option in other.lettered.items()}
    letter = max(likeness, key=lambda each: (likeness[each], each == other.answer))
    return (letter, likeness[letter]) if likeness[letter] else None


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
