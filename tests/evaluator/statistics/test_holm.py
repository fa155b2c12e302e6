"""Holm's correction against what it is short for: every set of the tests held together by Bonferroni."""

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.statistics import holm, mcnemar

PS = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def by_closed_testing(ps: list[float]) -> list[float]:
    """A hypothesis falls when every set with it falls; a set falls at its smallest p times its size (Marcus 1976)."""
    sets = [s for size in range(1, len(ps) + 1) for s in combinations(range(len(ps)), size)]
    return [max(min(1.0, len(s) * min(ps[n] for n in s)) for s in sets if place in s) for place in range(len(ps))]


def test_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(PS)
def test_it_is_closed_testing(ps: list[float]) -> None:
    assert holm(ps) == pytest.approx(by_closed_testing(ps))


@given(PS, PS)
def test_a_part_of_a_family_gives_the_largest_the_whole_could(ps: list[float], others: list[float]) -> None:
    part = holm(ps, family=len(ps) + len(others))
    whole = holm([*ps, *others])[: len(ps)]
    assert all(one >= other - 1e-12 for one, other in zip(part, whole, strict=True))
    assert holm([*ps, *[1.0] * len(others)])[: len(ps)] == pytest.approx(part)


def test_the_smallest_of_seven_is_multiplied_by_seven() -> None:
    ps = [0.30, mcnemar(15, 5), 0.9, 0.0500, 0.2, 1.0, 0.7]
    assert round(holm(ps)[1], 2) == 0.29
    assert round(holm([mcnemar(15, 5), 0.54, 0.25], family=7)[0], 2) == 0.29


def test_what_is_no_probability_or_no_family_is_refused() -> None:
    assert holm([]) == []
    for wrong in ([0.5, 1.1], [-0.1], [math.nan]):
        with pytest.raises(ValueError, match="no probability"):
            holm(wrong)
    with pytest.raises(ValueError, match="no part of a family of 1"):
        holm([0.1, 0.2], family=1)
