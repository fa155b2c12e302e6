"""The bootstrap, by item or by group of items that repeat one another.

Items of equal wording are answered alike, so they are one observation however often they are counted: groups are drawn
whole (Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8).
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evaluator.statistics.confidence import CONFIDENCE

RESAMPLES = 10_000  # percentile intervals settle to two digits there (Efron and Tibshirani 1993, section 13.3)
SEED = 20_240_229
RESAMPLED_AT_ONCE = 2_000_000  # drawn counts held in memory: 16 MB
FEW_ENOUGH = 1_500
"""As many groups, such as the paper's seven exams together have, are drawn once: 30 MB."""
FEW_CLUSTERS = 30
"""Fewer groups make intervals too narrow (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90:
414-427: "few (five to thirty) clusters")."""
FEW_EVENTS = 10
"""So many groups must be unlike the rest: with about 10 of 135 discordant the interval of a difference holds the truth
in 93 of 100 trials, with 3 of 50 in 87, with 1 of 20 in 53 (tests/bench/calibration.py)."""

Matrix = npt.NDArray[np.float64]
Labels = Sequence[Hashable]


def bootstrap_ratio(
    numerators: Sequence[float], denominators: Sequence[float], groups: Labels | None = None
) -> tuple[float, float, float]:
    """The sum of one over the sum of the other, with its 95 % percentile interval, both resampled together.

    By item, or by whole groups where their labels are given. Raises ValueError without items, for lists of different
    lengths, and where the denominators sum to 0.
    """
    if not numerators or len(numerators) != len(denominators):
        raise ValueError("a bootstrap needs items, and as many denominators")
    sums = clustered(np.array([numerators, denominators], dtype=float).T, groups)
    top, bottom = sums.sum(axis=0)
    if bottom == 0:
        raise ValueError("a ratio needs denominators that do not sum to 0")
    drawn = resampled(sums)
    return float(top / bottom), *percentiles(ratios(drawn[:, 0], drawn[:, 1]))


def clustered(values: Matrix, groups: Labels | None) -> Matrix:
    """The rows of `values`, one an item, summed by group; in an order that only the sums themselves decide.

    Raises ValueError where there are not as many labels as items.
    """
    if groups is not None:
        if len(groups) != len(values):
            raise ValueError(f"{len(groups)} groups were given for {len(values)} items")
        numbers = numbered(groups)
        values = np.stack([np.bincount(numbers, weights=column) for column in values.T], axis=1)
    return values[np.lexsort(values.T[::-1])]


def resampled(sums: Matrix) -> Matrix:
    """RESAMPLES rows: the columns' sums over as many rows as there are, drawn with replacement.

    `sums` are sorted, as `clustered` returns them.
    """
    starts = np.flatnonzero(np.append(True, np.any(sums[1:] != sums[:-1], axis=1)))
    kinds, counts = sums[starts], np.diff(np.append(starts, len(sums)))
    # Right and wrong answers are of few kinds: how often each is drawn is the same draw, and quicker.
    few = len(kinds) * 8 <= len(sums)
    if few and len(sums) <= FEW_ENOUGH:
        drawn = _drawn(len(sums))
        times: Matrix = (drawn[starts + counts] - drawn[starts]).T.astype(float)
        return times @ kinds
    random = np.random.default_rng(SEED)
    at_once = max(1, RESAMPLED_AT_ONCE // len(sums))
    parts = []
    for done in range(0, RESAMPLES, at_once):
        rows = min(at_once, RESAMPLES - done)
        each = random.multinomial(len(sums), counts / len(sums), size=rows) if few else _times(random, rows, len(sums))
        parts.append(each.astype(float) @ (kinds if few else sums))
    return np.concatenate(parts)


def percentiles(drawn: Matrix) -> tuple[float, float]:
    """The 95 % interval between percentiles; draws that are no number are left out."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[np.isfinite(drawn)], [tail, 1 - tail])
    return float(low), float(high)


def ratios(top: Matrix, bottom: Matrix) -> Matrix:
    """One by the other; not a number where nothing was drawn to divide by."""
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def design_effect(values: Sequence[float], groups: Labels) -> float:
    """How many times the variance of a mean grows by what groups have in common; at least 1.

    Kish 1965, Survey Sampling, section 5.4, with the variance of the groups' own sums; `alike` where all values are
    equal.
    """
    apart = np.asarray(values, dtype=float) - np.mean(values)
    alone = float((apart**2).sum())
    if alone <= 1e-12 * len(apart):
        return alike(groups)
    return max(1.0, float((np.bincount(numbered(groups), weights=apart) ** 2).sum() / alone))


def alike(groups: Labels) -> float:
    """The design effect where every item of a group has the group's value: the largest there is for one share."""
    sizes = np.bincount(numbered(groups)).astype(float)
    return float((sizes**2).sum() / sizes.sum())


def too_few(values: Sequence[float], groups: Labels) -> bool:
    """Whether there is too little to resample: few groups, or few whose mean is not the commonest one."""
    numbers = numbered(groups)
    sizes = np.bincount(numbers)
    means = np.round(np.bincount(numbers, weights=np.asarray(values, dtype=float)) / sizes, 9)
    commonest = np.unique(means, return_counts=True)[1].max()
    return bool(len(sizes) < FEW_CLUSTERS or len(sizes) - commonest < FEW_EVENTS)


def numbered(groups: Labels) -> npt.NDArray[np.int64]:
    """The labels as numbers from 0, in the order they come up."""
    known: dict[Hashable, int] = {}
    return np.fromiter((known.setdefault(label, len(known)) for label in groups), np.int64, len(groups))


@lru_cache(maxsize=16)
def _drawn(count: int) -> npt.NDArray[np.uint16]:
    """For each of RESAMPLES, a column, how many of the first none, one, two … of `count` things are drawn: the same for
    whatever is resampled."""
    random, at_once = np.random.default_rng(SEED), RESAMPLED_AT_ONCE // count
    drawn = np.zeros((count + 1, RESAMPLES), dtype=np.uint16)
    for done in range(0, RESAMPLES, at_once):
        rows = min(at_once, RESAMPLES - done)
        np.cumsum(_times(random, rows, count).T, axis=0, out=drawn[1:, done : done + rows], dtype=np.uint16)
    return drawn


def _times(random: np.random.Generator, rows: int, count: int) -> npt.NDArray[np.int64]:
    """How often each of `count` is drawn in `count` draws, for each row."""
    drawn = random.integers(0, count, size=(rows, count))
    drawn += np.arange(rows)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
