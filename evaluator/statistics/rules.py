"""What needs no model: guessing, always the same letter, always the longest option."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from string import ascii_uppercase

Points = tuple[Fraction, ...]


@dataclass(frozen=True)
class Rule:
    """A rule and what it scores at each item, in their order: 1, 0, or its part of a tie."""

    name: str
    points: Points


def rules(keys: Sequence[str], options: Sequence[Sequence[str]] | None = None) -> list[Rule]:
    """The simple rules to hold a model against, from the keys' letters and, where they are known, the options.

    The letter is the one that scores most here, chosen after seeing the keys: no model is flattered by it.
    """
    letter, _ = constant_letter(keys)
    found = [Rule(f"always {letter}", tuple(Fraction(key == letter) for key in keys))]
    if options is not None:
        items = zip(options, keys, strict=True)
        longest = tuple(longest_points(texts, ascii_uppercase.index(key)) for texts, key in items)
        found.append(Rule("longest option", longest))
    return found


def constant_letter(keys: Sequence[str]) -> tuple[str, float]:
    """The letter most often right and what answering always it would score."""
    letter, right = max(sorted(Counter(keys).items()), key=lambda counted: counted[1])
    return letter, right / len(keys)


def longest_option(items: Sequence[tuple[Sequence[str], int]]) -> float:
    """What always the longest option would score, for (options, index of the right one); ties share the point."""
    return float(sum(longest_points(options, right) for options, right in items) / len(items))


def longest_points(options: Sequence[str], right: int) -> Fraction:
    """What the longest option scores at one item."""
    longest = max(map(len, options))
    ties = [n for n, option in enumerate(options) if len(option) == longest]
    return Fraction(right in ties, len(ties))


def chance(options: Sequence[int]) -> float:
    """What guessing would score, from the number of options of every item."""
    return sum(1 / n for n in options) / len(options)
