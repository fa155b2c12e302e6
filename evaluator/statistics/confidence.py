"""How sure every interval is meant to be."""

from statistics import NormalDist

CONFIDENCE = 0.95


def normal(confidence: float = CONFIDENCE) -> float:
    """The quantile of the normal distribution that leaves half of what is not `confidence` above it."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
