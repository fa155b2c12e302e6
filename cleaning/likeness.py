"""Whether two texts that have most words in common order say the same.

A fifth of the words edited here and there leaves the content. The same number in one piece does not: a sentence in
another's place is another answer under the same boilerplate, a sentence more is at least a longer one. So what counts
beside the number of words changed is how they lie: each changed word weighs 1 and each word left -2, and no stretch may
weigh more than chance gives it where a fifth of the words are drawn at random.

One word may be the content: `cleaning.opposed`. Edited at random, a text hardly ever has a number where a number was,
a drug for a drug, a disease for a disease, or a verb with its own negation; where few other words differ it is meant.
"""

from collections.abc import Iterator
from math import log
from operator import attrgetter
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from cleaning.opposed import numbers, opposed

SCATTERED = 0.08
"""How much less than the stated similarity is enough where changes lie scattered: a fifth of the words, counted up to
whole ones, is at most 3 of 11, which leaves .73."""

LEFT_WEIGHT = -2
BOTH_SIDES = 4
"""Words that a stretch must have on either side to be one text in another's place, and not one added."""

BESIDE_ONE, BESIDE_EACH = 1, 3
"""Other words that may differ where words are opposed in one place, and for each such place where they are in more."""


class Change(NamedTuple):
    """Words of one text in the place of the other's, how many in common stand before them, and the nearest of these."""

    left: int
    here: str
    there: str
    around: str


def same_content(one: str, other: str, enough: bool) -> bool:
    """Whether two marked strings say the same: no word is opposed, no stretch is another text in its place.

    Nor, unless `enough`, an added one: that says that the texts' similarity is no less than the one asked for.
    """
    if one == other:
        return True
    one, other = sorted((one, other))  # words can be laid beside one another in several ways: which, does not depend
    changes = list(_changes(one, other))
    return not _denied(changes) and _scattered(changes, heaviest_by_chance(max(len(one), len(other))), enough)


def _changes(one: str, other: str) -> Iterator[Change]:
    left = first = second = 0
    for here, there, size in map(attrgetter("a", "b", "size"), Levenshtein.editops(one, other).as_matching_blocks()):
        if here > first or there > second:
            around = one[max(0, first - 1) : first] + one[here : here + 1]
            yield Change(left, one[first:here], other[second:there], around)
            left = 0
        left, first, second = left + size, here + size, there + size


def _denied(changes: list[Change]) -> bool:
    """Whether words are opposed and few others differ."""
    against = [_against(change) for change in changes]
    places = sum(count > 0 for count in against)
    beside = sum(max(len(change.here), len(change.there)) for change in changes) - sum(against)
    return places > 0 and beside <= (BESIDE_ONE if places == 1 else BESIDE_EACH * places)


def _against(change: Change) -> int:
    """How many words are opposed; a number put beside another makes that another: «۵» and «۲٫۵»."""
    if change.here and change.there:
        return opposed(change.here, change.there)
    beside = numbers(change.around) if numbers(change.here or change.there) else ""
    return opposed(change.here + beside, change.there + beside) if beside else 0


def _scattered(changes: list[Change], most: float, enough: bool) -> bool:
    """Whether no stretch weighs more than `most`."""
    weight, ones, others = 0, 0, 0
    for left, here, there, _ in changes:
        weight += LEFT_WEIGHT * left
        if weight <= 0:
            weight, ones, others = 0, 0, 0
        weight, ones, others = weight + max(len(here), len(there)), ones + len(here), others + len(there)
        if weight > most and (not enough or min(ones, others) >= BOTH_SIDES):
            return False
    return True


def heaviest_by_chance(words: int) -> float:
    """The weight that the heaviest stretch of a text of so many words exceeds once in 300 if a fifth of them change.

    By Karlin and Altschul 1990: the chance is about K n exp(-1.58 s), where .2 exp(1.58) + .8 exp(-2 * 1.58) = 1.
    """
    return 3.5 + log(max(words, 1)) / 1.58
