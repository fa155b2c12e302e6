"""What a benchmark of so many items can show, and how many it would take."""

import math
from statistics import NormalDist

from evaluator.statistics.confidence import CONFIDENCE, normal

POWER = 0.80  # the usual power of a planned comparison (Cohen 1988, section 2.4)


def minimum_detectable_difference(
    items: int, discordant: float, planned: float | None = None, confidence: float = CONFIDENCE
) -> float:
    """The smallest true difference in accuracy that McNemar's test finds in four of five trials at the 5 % level.

    Solves n = (z_a √π + z_b √(π - d²))² / d² for d, where π is the share of discordant items (Connor 1987). With no
    discordant items one is assumed. The exact test is a little shy of it: 76 to 77 of 100 (tests/bench/calibration.py).
    `planned` is another number of items than those the share was seen in: a planned benchmark's, or how many
    independent ones those that repeat are worth. `confidence` is 1 minus the level, where several tests share it. 1.0
    where even a difference as large as π is not found.
    """
    share = max(discordant, 1) / items
    asked = items if planned is None else planned
    z = normal(confidence)

    def found(d: float) -> bool:
        return asked >= _needed(d, share, z)

    if not found(share):
        return 1.0
    low, high = 0.0, share
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def items_needed(difference: float, share: float, confidence: float = CONFIDENCE) -> int:
    """How many items show a true difference in four of five trials, where two models differ in `share` of them.

    The same formula. Raises ValueError unless 0 < difference ≤ share ≤ 1.
    """
    if not 0 < difference <= share <= 1:
        raise ValueError(f"a difference of {difference} cannot come of {share} of the items")
    return math.ceil(_needed(difference, share, normal(confidence)))


def _needed(d: float, share: float, z: float) -> float:
    return ((z * math.sqrt(share) + NormalDist().inv_cdf(POWER) * math.sqrt(max(share - d * d, 0.0))) / d) ** 2
