"""Paired tests against enumeration in whole numbers, and the interval against its definition and another program."""

import math
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binomtest, norm

from evaluator.statistics import (
    bootstrap_ratio,
    items_needed,
    mcnemar,
    minimum_detectable_difference,
    paired,
    pairing,
    sign_flip,
)
from evaluator.statistics.pairing import tango

COUNT = st.integers(0, 40)


@given(COUNT, COUNT)
def test_mcnemar_is_scipys_binomial_test(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(expected)


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (5, 15), (7, 7), (123, 180), (0, 300)])
def test_mcnemar_is_the_sum_of_its_fractions(lost: int, won: int) -> None:
    tail = sum(Fraction(math.comb(lost + won, k), 2 ** (lost + won)) for k in range(min(lost, won) + 1))
    assert mcnemar(lost, won) == float(min(Fraction(1), 2 * tail))


def by_enumeration(sums: list[Fraction]) -> float:
    signs, observed = list(product((-1, 1), repeat=len(sums))), abs(sum(sums, Fraction(0)))
    totals = [sum((s * d for s, d in zip(sign, sums, strict=True)), Fraction(0)) for sign in signs]
    return sum(abs(total) >= observed for total in totals) / len(signs)


@given(st.lists(st.fractions(-3, 3, max_denominator=4), max_size=8))
def test_signs_are_flipped_in_every_way(sums: list[Fraction]) -> None:
    assert sign_flip(sums) == pytest.approx(by_enumeration([s for s in sums if s]))


@given(st.lists(st.tuples(st.sampled_from((-1, 0, 1)), st.integers(0, 5)), max_size=20))
def test_groups_are_flipped_whole(items: list[tuple[int, int]]) -> None:
    sums = [Fraction(sum(d for d, group in items if group == label)) for label in range(6)]
    found = sign_flip([d for d, _ in items], [group for _, group in items])
    assert found == pytest.approx(by_enumeration([s for s in sums if s]))


@given(st.lists(st.sampled_from((-1, 0, 1)), min_size=1, max_size=60))
def test_without_groups_it_is_mcnemar_and_items_counted_twice_change_nothing(differences: list[int]) -> None:
    p = mcnemar(differences.count(-1), differences.count(1))
    assert sign_flip(differences) == p
    twice = [*range(len(differences))] * 2
    assert sign_flip(differences * 2, twice) == p
    mixed = [*differences, *differences[:1]]
    assert sign_flip(mixed, [*range(len(differences)), 0]) <= 1


def test_signs_of_many_small_parts_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (7, 11, 13, 17, 19, 23)
    many = [Fraction(n % 8 == 0) - Fraction(1, parts[n % 6]) for n in range(100)]
    spread = math.sqrt(sum(float(d) ** 2 for d in many))
    assert sign_flip(many) == pytest.approx(2 * norm.sf(float(sum(many)) / spread), abs=0.02)
    few = [Fraction(1, 2 + n % 3) * (-1 if n % 4 == 0 else 1) for n in range(24)] + [Fraction(1, 3)] * 4
    exact = sign_flip(few)
    monkeypatch.setattr(pairing, "MOST_WORK", 0)
    drawn = sign_flip(few)
    assert drawn != exact
    assert drawn == pytest.approx(exact, abs=3 * math.sqrt(exact * (1 - exact) / pairing.FLIPS))
    assert sign_flip([Fraction(1, 2 + n % 3) for n in range(99)]) == 1 / (1 + pairing.FLIPS)


def test_many_groups_of_many_sizes_keep_small_chances() -> None:
    # Both the same way: 2 of 2^(300 + 20 + 1) ways reach as far.
    sums = [1] * 300 + [2] * 20 + [Fraction(1, 3)]
    assert sign_flip(sums) == pytest.approx(2.0**-320, rel=1e-9)


@pytest.mark.parametrize(
    ("lost", "won", "items", "low", "high"),
    # PropCIs::scoreci.mp(20, 60, 1000) in R.
    [(20, 60, 1000, 0.0231, 0.0584)],
)
def test_tangos_interval_is_that_of_another_program(lost: int, won: int, items: int, low: float, high: float) -> None:
    assert tango(lost, won, items) == pytest.approx((low, high), abs=5e-5)


def by_likelihood(lost: int, won: int, items: int) -> tuple[float, float]:
    """The score interval as it is defined: the variance is that of the likeliest shares with such a difference."""

    def score(d: float) -> float:
        def unlikely(q: float) -> float:
            shares = (won, q + d), (lost, q), (items - won - lost, 1 - 2 * q - d)
            return -sum(n * math.log(max(share, 1e-300)) for n, share in shares if n)

        bounds = (max(0.0, -d), (1 - d) / 2)
        q = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        return float((won - lost - items * d) / math.sqrt(items * (2 * q + d - d * d)))

    z, d = norm.ppf(0.975), (won - lost) / items
    return brentq(lambda x: score(x) - z, -0.999, d), brentq(lambda x: score(x) + z, d, 0.999)


@pytest.mark.parametrize(("lost", "won", "items"), [(5, 15, 135), (2, 12, 50), (30, 28, 100), (1, 9, 12)])
def test_tangos_interval_is_the_score_interval(lost: int, won: int, items: int) -> None:
    assert tango(lost, won, items) == pytest.approx(by_likelihood(lost, won, items), abs=1e-5)


@given(COUNT, COUNT, st.integers(0, 200))
def test_tangos_interval_leaves_out_zero_where_mcnemar_without_correction_does(lost: int, won: int, same: int) -> None:
    items = lost + won + same + 1
    low, high = tango(lost, won, items)
    assert -1 <= low <= (won - lost) / items <= high <= 1
    assert high - low > 0
    square = (won - lost) ** 2 / (lost + won) if lost + won else 0.0
    if abs(square - norm.ppf(0.975) ** 2) > 1e-6:
        assert (low > 0 or high < 0) == (square > norm.ppf(0.975) ** 2)
    assert tango(won, lost, items) == pytest.approx((-high, -low))


def answers(kinds: str) -> tuple[list[bool], list[bool]]:
    """`b` both right, `1` the first alone, `2` the second alone, `-` neither."""
    return [kind in "b1" for kind in kinds], [kind in "b2" for kind in kinds]


def test_models_that_never_differ_are_not_shown_to_be_equal() -> None:
    found = paired("accuracy", *answers("b" * 20 + "-" * 30))
    assert (found.difference, found.p, found.only_first) == (0, 1.0, 0)
    assert -found.low == found.high == pytest.approx(0.0713, abs=1e-4)


def test_repeats_are_paired_by_group() -> None:
    once = "b" * 30 + "1" * 14 + "2" * 26 + "-" * 30
    alone = paired("accuracy", *answers(once))
    twice = paired("accuracy", *answers(once * 2), [*range(100)] * 2)
    assert (twice.items, twice.clusters, twice.only_second, twice.p) == (200, 100, 52, alone.p)
    assert (twice.low, twice.high) == pytest.approx((alone.low, alone.high), abs=0.015)
    assert twice.detectable == pytest.approx(alone.detectable, abs=0.002)
    assert twice.method == "bootstrap by group"
    assert (twice.low, twice.high) == bootstrap_ratio([0] * 60 + [-1] * 14 + [1] * 26, [1] * 100)[1:]
    blind = paired("accuracy", *answers(once * 2))
    assert blind.p is not None
    assert alone.p is not None
    assert blind.p < alone.p


def test_few_groups_that_differ_are_not_resampled() -> None:
    once = "b" * 50 + "1" * 3 + "2" * 6 + "-" * 41
    found = paired("accuracy", *answers(once * 2), [*range(100)] * 2)
    assert found.few
    assert (found.low, found.high) == pytest.approx(tango(3, 6, 100))


@settings(max_examples=25)
@given(st.text("b12-", min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_names_and_order_change_only_the_sign(kinds: str, draw: Any) -> None:
    groups = [draw.randrange(40) for _ in kinds]
    first, second = answers(kinds)
    found, turned = paired("m", first, second, groups), paired("m", second, first, groups)
    assert (turned.difference, turned.p, turned.only_first) == (-found.difference, found.p, found.only_second)
    order = draw.sample(range(len(kinds)), len(kinds))
    one, other = ([of[n] for n in order] for of in (first, second))
    shuffled = paired("m", one, other, [groups[n] for n in order])
    assert (shuffled.low, shuffled.high, shuffled.p) == pytest.approx((found.low, found.high, found.p))


def test_a_planned_benchmark_needs_as_many_items_as_its_difference_says() -> None:
    d = minimum_detectable_difference(135, 20, planned=1000)
    assert d < minimum_detectable_difference(135, 20)
    assert items_needed(d, 20 / 135) == pytest.approx(1000, abs=1)
    assert minimum_detectable_difference(135, 20, 1000, confidence=1 - 0.05 / 7) > d
    assert minimum_detectable_difference(135, 20, planned=135) == minimum_detectable_difference(135, 20)
    with pytest.raises(ValueError, match="cannot come of"):
        items_needed(0.2, 0.1)


def test_nothing_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="needs items"):
        paired("accuracy", [], [])
