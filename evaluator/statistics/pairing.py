"""Two models over the same items: exact tests, and the interval of the difference."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from evaluator.statistics import resampling
from evaluator.statistics.confidence import normal
from evaluator.statistics.power import minimum_detectable_difference
from evaluator.statistics.shares import BOOTSTRAP, Labels, Points

SCORE, SCORE_FEW = "score (Tango)", "score (Tango), groups taken as answered alike"
MOST_WORK = 20_000_000
"""Additions: 0.04 s."""
FLIPS = 199_999
ALIKE = 1e-9  # of the largest step: sums nearer than that are one sum, added in another order
HALVINGS = 60  # to the last digit of a number between -1 and 1


@dataclass(frozen=True)
class Paired:
    """Two models over the same items; `difference` is second minus first, with its 95 % interval.

    For right and wrong answers: how many items only one of them has right, the exact p, and the smallest true
    difference that so many items would show; how many items are of different wording, how the interval was made, and
    whether there was too little to resample.
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
    clusters: int | None = None
    method: str = BOOTSTRAP
    few: bool = False


def paired(metric: str, first: Points, second: Points, groups: Labels | None = None) -> Paired:
    """Compare two models item by item: an exact test, the interval of the difference, and what could be found.

    `groups` are labels, equal ones for items that repeat one another. Without them the test is McNemar's and the
    interval Tango's; with them, `sign_flip` and the bootstrap of whole groups, unless they are too few for that: then
    Tango's, over as many items as those are worth if each group was answered alike. Raises ValueError without items, or
    for lists of two lengths.
    """
    differences = [b - a for a, b in zip(first, second, strict=True)]
    if not differences:
        raise ValueError("a comparison needs items")
    own = range(len(differences)) if groups is None else groups
    values = list(map(float, differences))
    low, high, method = _interval(values, own)
    worth = len(values) / resampling.design_effect(values, own)
    return Paired(
        metric,
        len(values),
        sum(values) / len(values),
        low,
        high,
        only_first=sum(d < 0 for d in values),
        only_second=sum(d > 0 for d in values),
        p=sign_flip(differences, own),
        detectable=minimum_detectable_difference(len(values), sum(map(abs, values)), worth),
        clusters=len(set(own)),
        method=method,
        few=method == SCORE_FEW,
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test from the items that only one of two models has right.

    Twice the binomial tail of the smaller count at one half, at most 1 (McNemar 1947 in its exact form).
    """
    discordant = only_first + only_second
    ways = tail = 1
    for k in range(1, min(only_first, only_second) + 1):
        ways = ways * (discordant - k + 1) // k
        tail += ways
    return float(min(1.0, 2 * tail / 2**discordant))


def sign_flip(differences: Sequence[Fraction | int], groups: Labels | None = None) -> float:
    """The exact two-sided p of a sum of differences, were each group's sign decided by a coin.

    If two models are equally good they could change names in any item; items that repeat one another change together
    (a randomisation test: Fisher 1935, The Design of Experiments, section 21). Where each item stands alone and is
    right or wrong, this is McNemar's exact test. It takes time by the number of groups that differ times the sum of
    what they differ by: 0.1 s for 20,000 items. Where parts of points make that more than MOST_WORK, it is counted over
    FLIPS seeded draws of all signs instead, the observed one among them (Phipson and Smyth 2010, Statistical
    Applications in Genetics and Molecular Biology 9: 39): never too small, and within .001 of the exact one near .05.
    """
    sums: dict[Hashable, Fraction | int] = {}
    for label, difference in zip(range(len(differences)) if groups is None else groups, differences, strict=True):
        sums[label] = sums.get(label, 0) + difference
    return _flipped([s for s in sums.values() if s])


def tango(only_first: float, only_second: float, items: float) -> tuple[float, float]:
    """The 95 % score interval of a paired difference, second minus first; it holds for few discordant items.

    Tango 1998, Statistics in Medicine 17: 891-908. It leaves out zero just where McNemar's test without correction
    finds a difference.
    """
    z, difference = normal(), (only_second - only_first) / items

    def stands(d: float) -> float:
        return _score(only_second, only_first, items, d)

    low = _crossing(lambda d: stands(d) > z, -1.0, difference)
    high = _crossing(lambda d: stands(d) > -z, difference, 1.0)
    return low, high


def _flipped(sums: Sequence[Fraction | int]) -> float:
    if not sums:
        return 1.0
    parts, unit = math.lcm(*(s.denominator for s in sums)), math.gcd(*(s.numerator for s in sums))
    steps = [s.numerator // unit * (parts // s.denominator) for s in sums]
    sizes = Counter(map(abs, steps))
    if len(sizes) == 1:
        return mcnemar(sum(s < 0 for s in steps), sum(s > 0 for s in steps))
    if sum(map(abs, steps)) * (len(steps) - max(sizes.values()) + 1) > MOST_WORK:
        return _drawn(sizes, abs(sum(steps)))
    total, observed = sum(map(abs, steps)), abs(sum(steps))
    chances = np.ones(1)  # of each sum of the steps that went up
    for size, count in sizes.most_common():
        wider = np.zeros(len(chances) + size * count)
        for up, chance in enumerate(_binomial(count)):
            wider[size * up : size * up + len(chances)] += chance * chances
        chances = wider
    reached = np.abs(2 * np.arange(total + 1) - total) >= observed
    return min(1.0, math.fsum(chances[reached]))


def _drawn(sizes: Mapping[int, int], observed: int) -> float:
    """How often a sum of these sizes, each with so many signs, reaches what was observed; sizes may be beyond 2^53."""
    random, sums, largest = np.random.default_rng(resampling.SEED), np.zeros(FLIPS), max(sizes)
    for size in sorted(sizes):
        sums += (2.0 * random.binomial(sizes[size], 0.5, FLIPS) - sizes[size]) * (size / largest)
    reached = np.abs(sums) >= observed / largest - ALIKE
    return float((1 + np.count_nonzero(reached)) / (1 + FLIPS))


def _binomial(count: int) -> list[float]:
    """The chance of each number of heads among `count` fair coins."""
    ways, all_ways = [1], 1 << count
    for k in range(1, count + 1):
        ways.append(ways[-1] * (count - k + 1) // k)
    return [w / all_ways for w in ways]


def _interval(differences: Sequence[float], groups: Labels) -> tuple[float, float, str]:
    """The bounds of the mean difference, and how they were found."""
    items, alone = len(differences), len(set(groups)) == len(differences)
    if alone or resampling.too_few(differences, groups):
        worth = items / resampling.alike(groups)
        lost, gained = -sum(d for d in differences if d < 0), sum(d for d in differences if d > 0)
        return *tango(lost * worth / items, gained * worth / items, worth), SCORE if alone else SCORE_FEW
    _, low, high = resampling.bootstrap_ratio(differences, [1.0] * items, groups)
    return low, high, BOOTSTRAP


def _score(gained: float, lost: float, items: float, d: float) -> float:
    """How many standard errors the observed difference lies above `d`, were that the true one."""
    square, linear = 2 * items, (2 * items - gained + lost) * d - gained - lost
    root = math.sqrt(max(linear * linear + 4 * square * lost * d * (1 - d), 0.0))
    lost_share = max((root - linear) / (2 * square), 0.0)
    variance = items * (2 * lost_share + d * (1 - d))
    above = gained - lost - items * d
    if variance <= 0:
        return math.copysign(math.inf, above) if above else 0.0
    return above / math.sqrt(variance)


def _crossing(above: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) else (low, middle)
    return (low + high) / 2
