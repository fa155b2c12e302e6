"""Whether two texts that have most words in common order say the same.

A fifth of the words edited here and there leaves the content. The same number in one piece does not: a sentence in
another's place is another answer under the same boilerplate, a sentence more is at least a longer one. So what counts
beside the number of words changed is how they lie: each changed word weighs 1 and each word left -2, and no stretch may
weigh more than chance gives it where a fifth of the words are drawn at random.
"""

from math import log

from rapidfuzz.distance import Levenshtein

SCATTERED = 0.08
"""How much less than the stated similarity is enough where changes lie scattered: a fifth of the words, counted up to
whole ones, is at most 3 of 11, which leaves .73."""

LEFT_WEIGHT = -2
BOTH_SIDES = 4
"""Words that a stretch must have on either side to be one text in another's place, and not one added."""


def same_content(one: str, other: str, enough: bool) -> bool:
    """Whether no stretch of two word strings is another text in its place or, unless `enough`, an added one.

    `enough` says that the texts' similarity is no less than the one asked for.
    """
    longest = max(len(one), len(other))
    most = heaviest_by_chance(longest)
    weight, ones, others = 0, 0, 0
    for code in Levenshtein.opcodes(one, other):
        here, there = code.src_end - code.src_start, code.dest_end - code.dest_start
        if code.tag == "equal":
            weight += LEFT_WEIGHT * here
        else:
            weight, ones, others = weight + max(here, there), ones + here, others + there
        if weight <= 0:
            weight, ones, others = 0, 0, 0
        elif weight > most and (not enough or min(ones, others) >= BOTH_SIDES):
            return False
    return True


def heaviest_by_chance(words: int) -> float:
    """The weight that the heaviest stretch of a text of so many words exceeds once in 300 if a fifth of them change.

    By Karlin and Altschul 1990: the chance is about K n exp(-1.58 s), where .2 exp(1.58) + .8 exp(-2 * 1.58) = 1.
    """
    return 3.5 + log(max(words, 1)) / 1.58
