"""Holm's correction: which of several differences stands when all of them were looked at."""

from collections.abc import Sequence


def holm(ps: Sequence[float], family: int | None = None) -> list[float]:
    """The adjusted p of each p, in their order (Holm 1979, Scandinavian Journal of Statistics 6: 65-70).

    `family` is how many tests were made in all, where not each of their p is given. What is returned is then the
    largest that the adjusted p can be, whatever the others are; it is what all of them would give where the others are
    larger. Raises ValueError for what is no probability, and for a family smaller than what is given.
    """
    tests = len(ps) if family is None else family
    if tests < len(ps):
        raise ValueError(f"{len(ps)} tests are no part of a family of {tests}")
    if wrong := [p for p in ps if not 0 <= p <= 1]:
        raise ValueError(f"{wrong[0]} is no probability")
    adjusted, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (tests - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted
