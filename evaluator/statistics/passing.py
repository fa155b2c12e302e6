"""Pass marks: how sure it is that an exam was passed by knowledge and not by its choice of questions."""

import math
from dataclasses import dataclass
from fractions import Fraction

from evaluator.statistics.shares import Estimate, wilson


@dataclass(frozen=True)
class PassMark:
    """What so many right answers say of a pass mark; all of it is of questions like those asked.

    `reached`: this exam was passed. `needed`: the right answers that pass it. `probability`: the true share is at least
    the mark, from Jeffreys' prior. `again`: another exam of as many questions would be passed, from the same.
    `p`: the chance of so many right answers, or more, of one whose true share is the mark. `established`: the whole
    95 % interval lies at or above the mark; `excluded`: all of it lies below.
    """

    mark: float
    reached: bool
    needed: int
    probability: float
    again: float
    p: float
    established: bool
    excluded: bool


def pass_mark(right: int, items: int, mark: float, found: Estimate | None = None) -> PassMark:
    """Hold so many right answers against a pass mark, a share.

    The true share is Beta(r + ½, n - r + ½), the posterior of Jeffreys' prior (Brown, Cai and DasGupta 2001,
    Statistical Science 16: 101-133); another exam's right answers are then beta-binomial. `found` is the estimate of
    items that repeat one another: its interval decides, and n is what those items are worth. Raises ValueError for what
    is no share.
    """
    if not 0 < mark <= 1:
        raise ValueError(f"{mark} is no pass mark: it is a share above 0 and at most 1")
    interval = wilson(right, items) if found is None else (found.low, found.high)
    worth = 1.0 if found is None else found.effective / found.items
    hits, misses = right * worth, (items - right) * worth
    needed = math.ceil(Fraction(str(mark)) * items)
    return PassMark(
        mark,
        reached=right >= needed,
        needed=needed,
        probability=_share_above(mark, hits, misses),
        again=_again(needed, items, hits, misses),
        p=_tail(hits, hits + misses, mark),
        established=interval[0] >= mark,
        excluded=interval[1] < mark,
    )


def _share_above(mark: float, hits: float, misses: float) -> float:
    from scipy.special import betaincc

    return float(betaincc(hits + 0.5, misses + 0.5, mark))


def _tail(hits: float, tries: float, mark: float) -> float:
    """The chance of as many hits or more; by the incomplete beta function, which is the binomial's tail."""
    from scipy.special import betainc

    return 1.0 if hits == 0 else float(betainc(hits, tries - hits + 1, mark))


def _again(needed: int, items: int, hits: float, misses: float) -> float:
    """The chance that a beta-binomial of so many tries reaches `needed`."""
    a, b = hits + 0.5, misses + 0.5
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.lgamma(a + b + items) + math.lgamma(items + 1)
    terms = (
        whole + math.lgamma(a + k) + math.lgamma(b + items - k) - math.lgamma(k + 1) - math.lgamma(items - k + 1)
        for k in range(needed, items + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))
