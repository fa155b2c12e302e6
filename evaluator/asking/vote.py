"""One letter out of several sampled chains."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

RULE = "majority/1"
"""Raised whenever the same letters would be voted otherwise."""


def vote(letters: Sequence[str | None]) -> str | None:
    """The letter that most chains gave; of equally frequent ones, that of the earliest chain among them.

    A chain without a letter does not vote. None where no chain has one.
    """
    given = [letter for letter in letters if letter is not None]
    if not given:
        return None
    counted = Counter(given)
    most = max(counted.values())
    return next(letter for letter in given if counted[letter] == most)


def record(letters: Sequence[str | None]) -> dict[str, Any]:
    """What a row keeps of a vote: the letters by chain, how often each was given, and whether a tie was broken."""
    counted = Counter(letter for letter in letters if letter is not None)
    most = max(counted.values(), default=0)
    tie = most > 0 and list(counted.values()).count(most) > 1
    return {"letters": list(letters), "votes": dict(sorted(counted.items())), "unread": letters.count(None), "tie": tie}
