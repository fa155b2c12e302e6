"""Win rates with intervals: over all pairs, by source, and as they would be if both answers were equally long.

A tie and an inconsistent pair are half a point each, as in MT-bench (Zheng et al. 2023); unread ones are left out and
counted. The length-controlled rate follows AlpacaEval 2 (Dubois et al. 2024) without its term for an instruction's
difficulty: a logistic regression of the points on the difference in length, read off where there is none.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluator.judge.outcomes import POINTS, Judged
from evaluator.statistics import tango

Z = NormalDist().inv_cdf(0.975)
PRIOR = 0.5  # of a win and of a loss at equal length: Jeffreys', so that an all-won comparison has a finite fit
STEPS = 50


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval, over so many pairs."""

    value: float
    low: float
    high: float
    pairs: int


def read(judged: Sequence[Judged]) -> list[Judged]:
    """Those that have an outcome."""
    return [each for each in judged if each.outcome != "unread"]


def won(judged: Sequence[Judged]) -> Rate | None:
    """The win rate; None where no pair was read.

    Its interval is Tango's of wins minus losses, where a half point is a pair that differs in nothing: Wilson's where
    there is none, and open where all pairs are alike. Counted over all outcomes it holds the truth in .86 to 1 of 5
    pairs, in .90 to 1 of 10, in .94 to 1 of 30 and in .95 to .98 of 60, for rates of .5 to .99 with 0 to 96 % of ties
    (tests/bench/calibration.py).
    """
    points = [POINTS[each.outcome] for each in read(judged)]
    if not points:
        return None
    low, high = tango(points.count(0.0), points.count(1.0), len(points))
    return Rate(sum(points) / len(points), (1 + low) / 2, (1 + high) / 2, len(points))


def by_source(judged: Sequence[Judged]) -> dict[str, Rate]:
    """The same for each source that has a pair that was read."""
    parts: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        parts[each.source].append(each)
    rates = {source: won(part) for source, part in sorted(parts.items())}
    return {source: rate for source, rate in rates.items() if rate}


def length_controlled(judged: Sequence[Judged]) -> Rate | None:
    """The win rate at equal length: tanh of the difference over its standard deviation explains what length does.

    The interval is that of the regression's intercept with a robust variance, since half points are no binomial. Over
    300 draws of 30 pairs, with no liking for length, it held rates of .6 and .95 in 94 and 95 of 100, one of .99 in
    77. It is therefore never narrower, on either side, than the plain rate's: to adjust tells nothing more.
    """
    found, plain = read(judged), won(judged)
    if plain is None:
        return None
    extra = np.array([each.extra for each in found], dtype=float)
    spread = float(extra.std())
    told = np.tanh(extra / spread) if spread else np.zeros(len(found))
    points = np.array([POINTS[each.outcome] for each in found])
    design = np.column_stack([np.ones(len(found)), told])
    fitted, variance = _logistic(design, points)
    half, share = Z * math.sqrt(variance), _share(fitted)
    low = min(_share(fitted - half), share - (plain.value - plain.low))
    high = max(_share(fitted + half), share + (plain.high - plain.value))
    return Rate(share, max(low, 0.0), min(high, 1.0), len(found))


def _logistic(design: np.ndarray, points: np.ndarray) -> tuple[float, float]:
    """The intercept and its variance; two half observations at equal length keep it finite."""
    rows = np.vstack([design, [[1.0, 0.0]], [[1.0, 0.0]]])
    wanted, weights = np.append(points, [1.0, 0.0]), np.append(np.ones(len(points)), [PRIOR, PRIOR])
    ridge = np.diag([0.0, 1.0])  # the slope's, where every longer answer won
    fit = np.zeros(2)
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-np.clip(rows @ fit, -30, 30)))
        gradient = rows.T @ (weights * (wanted - share)) - ridge @ fit
        hessian = (rows * (weights * share * (1 - share))[:, None]).T @ rows + ridge
        step = np.linalg.solve(hessian, gradient)
        fit += step
        if float(np.abs(step).max()) < 1e-10:
            break
    scores = rows * (weights * (wanted - share))[:, None]
    bread = np.linalg.inv(hessian)
    return float(fit[0]), max(float((bread @ (scores.T @ scores) @ bread)[0, 0]), 0.0)


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
