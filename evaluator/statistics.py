"""Intervals, paired tests and baselines: what makes a score say something.

Everything is exact or seeded, so the same answers give the same figures.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
POWER = 0.80  # the usual power of a planned comparison (Cohen 1988, section 2.4)
RESAMPLES = 10_000  # percentile intervals settle to two digits there (Efron and Tibshirani 1993, section 13.3)
SEED = 20_240_229
RESAMPLED_AT_ONCE = 2_000_000  # drawn indices held in memory: 16 MB


def wilson(right: int, items: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); it stays inside 0 to 1 and holds for few items.

    Raises ValueError unless 0 ≤ right ≤ items and items > 0.
    """
    if not 0 <= right <= items or items == 0:
        raise ValueError(f"{right} right of {items} items is no share")
    z = _z(CONFIDENCE)
    share, weight = right / items, 1 + z * z / items
    middle = (share + z * z / (2 * items)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / items + z * z / (4 * items * items))
    # A share of 0 or 1 is its own bound; floating point would miss it by one part in 10^17.
    return (0.0 if right == 0 else middle - half, 1.0 if right == items else middle + half)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test from the items that only one of two models has right.

    Twice the binomial tail of the smaller count at one half, at most 1 (McNemar 1947 in its exact form).
    """
    discordant = only_first + only_second
    tail = sum(math.comb(discordant, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**discordant))


@dataclass(frozen=True)
class Paired:
    """Two models over the same items; `difference` is second minus first, with its 95 % interval.

    For right and wrong answers: how many items only one of them has right, the exact p, and the smallest true
    difference that so many items would show.
    """

    metric: str
    items: int
    difference: float
    low: float
    high: float
    only_first: int | None = None
    only_second: int | None = None
    p: float | None = None
    detectable: float | None = None


def paired(metric: str, first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare two models item by item: exact McNemar, bootstrap interval of the difference, and what could be found."""
    differences = [int(b) - int(a) for a, b in zip(first, second, strict=True)]
    only_first, only_second = differences.count(-1), differences.count(1)
    difference, low, high = bootstrap_ratio(differences, [1] * len(differences))
    return Paired(
        metric,
        len(differences),
        difference,
        low,
        high,
        only_first=only_first,
        only_second=only_second,
        p=mcnemar(only_first, only_second),
        detectable=minimum_detectable_difference(len(differences), only_first + only_second),
    )


def minimum_detectable_difference(items: int, discordant: int) -> float:
    """The smallest true difference in accuracy that McNemar's test finds in four of five trials at the 5 % level.

    Solves n = (z_a √π + z_b √(π - d²))² / d² for d, where π is the share of discordant items (Connor 1987). With no
    discordant items one is assumed. 1.0 where even a difference as large as π is not found.
    """
    share = max(discordant, 1) / items
    a, b = _z(CONFIDENCE), NormalDist().inv_cdf(POWER)

    def found(d: float) -> bool:
        return items * d * d >= (a * math.sqrt(share) + b * math.sqrt(max(share - d * d, 0.0))) ** 2

    if not found(share):
        return 1.0
    low, high = 0.0, share
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def bootstrap_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float, float]:
    """The sum of one over the sum of the other, with its 95 % percentile interval, both resampled by item together.

    Raises ValueError without items.
    """
    import numpy as np

    if not numerators or len(numerators) != len(denominators):
        raise ValueError("a bootstrap needs items, and as many denominators")
    top, bottom = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    random = np.random.default_rng(SEED)
    at_once = max(1, RESAMPLED_AT_ONCE // len(top))
    ratios = []
    for done in range(0, RESAMPLES, at_once):
        drawn = random.integers(0, len(top), size=(min(at_once, RESAMPLES - done), len(top)))
        ratios.append(top[drawn].sum(axis=1) / bottom[drawn].sum(axis=1))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(ratios), [tail, 1 - tail])
    return float(top.sum() / bottom.sum()), float(low), float(high)


def constant_letter(keys: Sequence[str]) -> tuple[str, float]:
    """The letter most often right and what answering always it would score."""
    letter, right = max(sorted(Counter(keys).items()), key=lambda counted: counted[1])
    return letter, right / len(keys)


def longest_option(items: Sequence[tuple[Sequence[str], int]]) -> float:
    """What always the longest option would score, for (options, index of the right one); ties share the point."""
    points = 0.0
    for options, right in items:
        longest = max(map(len, options))
        ties = [n for n, option in enumerate(options) if len(option) == longest]
        points += (right in ties) / len(ties)
    return points / len(items)


def chance(options: Sequence[int]) -> float:
    """What guessing would score, from the number of options of every item."""
    return sum(1 / n for n in options) / len(options)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
