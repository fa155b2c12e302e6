"""Means over several benchmarks, each under its name, for they say different things.

Micro: the share of all questions that is right, where a large benchmark counts most. Macro: the mean of the benchmarks'
shares, where each counts the same. The paper's "MMLU(avg)" is micro.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from evaluator.statistics import resampling
from evaluator.statistics.pairing import SCORE_FEW, Paired, paired, tango
from evaluator.statistics.resampling import FEW_CLUSTERS, Matrix, clustered, percentiles, ratios, resampled
from evaluator.statistics.shares import BOOTSTRAP, WILSON_FEW, Estimate, Labels, Points, estimate, wilson, worth

MICRO, MACRO = "micro", "macro"
ADDED = "squares of the benchmarks' bounds"

Right = Mapping[str, Points]
Groups = Mapping[str, Labels]
Values = Mapping[str, Sequence[Fraction | int]]


class _Bounds(NamedTuple):
    value: float
    low: float
    high: float


class _Found(NamedTuple):
    bounds: _Bounds
    method: str
    few: bool


class _Joined(NamedTuple):
    """All items as one sample, each with the weight that it has in the macro mean; the weights sum to 1.

    The weighted values below and above zero, and what the groups are worth, one observation each: as many independent
    items as would be as exact, if each group was answered alike.
    """

    below: float
    above: float
    worth: float


def means(right: Right, groups: Groups | None = None) -> dict[str, Estimate]:
    """The micro and the macro mean of one model, from the points of each benchmark's items.

    `groups` are labels in the order of the items; equal ones are one group in whatever benchmarks they stand.
    """
    labels = _labels(right, groups)
    right = {name: right[name] for name in labels}
    micro = estimate([point for points in right.values() for point in points], _flat(labels))
    joined = _joined(right, labels)

    def alone(name: str) -> _Bounds:
        found = estimate(right[name], labels[name])
        return _Bounds(found.value, found.low, found.high)

    found = _macro(right, labels, alone) or _of_shares(joined)
    apart = (worth(list(map(float, points)), labels[name]) for name, points in right.items())
    effective = joined.worth if _spans(labels) else len(right) ** 2 / sum(1 / each for each in apart)
    macro = Estimate(*found.bounds, micro.items, micro.clusters, effective, found.method, found.few)
    return {MICRO: micro, MACRO: macro}


def differences(first: Right, second: Right, groups: Groups | None = None) -> dict[str, Paired]:
    """Second minus first, in both means, over the same items of the same benchmarks.

    The micro mean's p is exact; the macro mean, whose items weigh differently, has an interval and none.
    """
    labels = _labels(first, groups)
    one, other = ([point for name in labels for point in of[name]] for of in (first, second))
    micro = paired(MICRO, one, other, _flat(labels))
    apart = {name: [b - a for a, b in zip(first[name], second[name], strict=True)] for name in labels}

    def alone(name: str) -> _Bounds:
        found = paired(name, first[name], second[name], labels[name])
        return _Bounds(found.difference, found.low, found.high)

    found = _macro(apart, labels, alone) or _of_differences(_joined(apart, labels))
    macro = Paired(MACRO, micro.items, *found.bounds, clusters=micro.clusters, method=found.method, few=found.few)
    return {MICRO: micro, MACRO: macro}


def _macro(values: Values, labels: Groups, alone: Callable[[str], _Bounds]) -> _Found | None:
    """The mean of the benchmarks' means, from their items' values and, by name, from what each gives alone.

    All groups are drawn together, so that one that stands in two benchmarks is drawn in both. Where a benchmark has too
    few, or too few differ in all, the squares of the benchmarks' own bounds are added instead (Zou and Donner 2008,
    Statistics in Medicine 27: 1693-1702); that takes them for independent, so there is none where a group spans two.
    """
    value, flat = sum(sum(map(float, of)) / len(of) for of in values.values()) / len(values), _flat(labels)
    fewest = min(len(set(labels[name])) for name in values)
    if fewest < FEW_CLUSTERS or resampling.too_few([float(v) for of in values.values() for v in of], flat):
        if _spans(labels):
            return None
        bounds = [alone(name) for name in values]
        below = math.hypot(*(b.value - b.low for b in bounds)) / len(bounds)
        above = math.hypot(*(b.high - b.value for b in bounds)) / len(bounds)
        return _Found(_Bounds(value, value - below, value + above), ADDED, few=True)
    drawn = resampled(clustered(_columns(values), flat))
    low, high = percentiles(ratios(drawn[:, 0::2], drawn[:, 1::2]).mean(axis=1))
    return _Found(_Bounds(value, low, high), BOOTSTRAP, few=False)


def _spans(labels: Groups) -> bool:
    """Whether a group stands in more than one benchmark."""
    return sum(len(set(of)) for of in labels.values()) > len(set(_flat(labels)))


def _joined(values: Values, labels: Groups) -> _Joined:
    weights = [1 / (len(values) * len(of)) for of in values.values() for _ in of]
    flat = [float(value) for of in values.values() for value in of]
    weighed = [weight * value for weight, value in zip(weights, flat, strict=True)]
    groups = np.bincount(resampling.numbered(_flat(labels)), weights=weights)
    below, above = -sum(w for w in weighed if w < 0), sum(w for w in weighed if w > 0)
    return _Joined(below, above, 1 / float((groups**2).sum()))


def _of_shares(joined: _Joined) -> _Found:
    low, high = wilson(min(joined.above * joined.worth, joined.worth), joined.worth)
    return _Found(_Bounds(joined.above, low, high), WILSON_FEW, few=True)


def _of_differences(joined: _Joined) -> _Found:
    low, high = tango(joined.below * joined.worth, joined.above * joined.worth, joined.worth)
    return _Found(_Bounds(joined.above - joined.below, low, high), SCORE_FEW, few=True)


def _columns(values: Values) -> Matrix:
    """A row for each item, two columns for each benchmark: the item's value, and 1, where it is one of its items."""
    columns: Matrix = np.zeros((sum(map(len, values.values())), 2 * len(values)))
    start = 0
    for place, of in enumerate(values.values()):
        end = start + len(of)
        columns[start:end, 2 * place] = list(map(float, of))
        columns[start:end, 2 * place + 1] = 1
        start = end
    return columns


def _labels(right: Right, groups: Groups | None) -> Groups:
    if not right or not all(right.values()):
        raise ValueError("a mean needs benchmarks, each with items")
    if groups is not None:
        return {name: groups[name] for name in sorted(right)}
    return {name: [(name, n) for n in range(len(right[name]))] for name in sorted(right)}


def _flat(labels: Groups) -> Labels:
    return [label for of in labels.values() for label in of]
