"""Known values, and properties no sample may break."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.statistics import (
    bootstrap_ratio,
    chance,
    constant_letter,
    longest_option,
    mcnemar,
    minimum_detectable_difference,
    paired,
    wilson,
)


def test_wilson_gives_the_interval_of_65_of_168() -> None:
    low, high = wilson(65, 168)
    assert (round(low, 3), round(high, 3)) == (0.317, 0.462)


@pytest.mark.parametrize(
    ("right", "items", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17: 857-872, table I, method 3 (score).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_the_published_table(right: int, items: int, low: float, high: float) -> None:
    assert wilson(right, items) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(counted: tuple[int, int]) -> None:
    low, high = wilson(*counted)
    assert 0 <= low <= counted[0] / counted[1] <= high <= 1
    assert high - low > 0


@pytest.mark.parametrize("wrong", [(-1, 10), (11, 10), (0, 0)])
def test_wilson_refuses_what_is_no_share(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(*wrong)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (5, 15, 0.041389465), (0, 6, 0.03125), (1, 9, 0.021484375)],
)
def test_mcnemar_is_the_exact_binomial(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p)
    assert mcnemar(only_second, only_first) == mcnemar(only_first, only_second)


def test_a_difference_as_small_as_detectable_is_found_in_four_of_five_trials() -> None:
    items, share = 400, 0.3
    d = minimum_detectable_difference(items, round(items * share))
    draw = random.Random(7)
    found = 0
    for _ in range(1000):
        kinds = draw.choices((1, -1, 0), ((share + d) / 2, (share - d) / 2, 1 - share), k=items)
        found += mcnemar(kinds.count(-1), kinds.count(1)) < 0.05
    assert 0.74 < found / 1000 < 0.84  # the exact test is a little shy of the formula's .80


def test_more_items_detect_less_and_too_few_nothing() -> None:
    assert minimum_detectable_difference(1000, 300) < minimum_detectable_difference(100, 30) < 0.3
    assert minimum_detectable_difference(8, 1) == 1.0


def test_paired_counts_who_alone_is_right() -> None:
    first, second = [True, True, False, False, True], [True, False, True, True, True]
    found = paired("accuracy", first, second)
    assert (found.only_first, found.only_second, found.items) == (1, 2, 5)
    assert found.difference == pytest.approx(0.2)
    assert found.low <= 0.2 <= found.high
    assert found.p == 1.0
    assert paired("accuracy", first, second) == found


def test_paired_refuses_lists_of_two_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired("accuracy", [True, False], [True])


def test_bootstrap_covers_the_mean_as_the_normal_interval_does() -> None:
    draw = random.Random(1)
    values = [draw.gauss(3, 2) for _ in range(500)]
    mean, low, high = bootstrap_ratio(values, [1] * 500)
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / 500 / 500)
    assert mean == pytest.approx(sum(values) / 500)
    assert (low, high) == pytest.approx((mean - 1.96 * spread, mean + 1.96 * spread), abs=0.15 * spread)


def test_bootstrap_of_a_constant_ratio_has_no_width() -> None:
    assert bootstrap_ratio([2.0, 4.0, 8.0], [1, 2, 4]) == pytest.approx((2.0, 2.0, 2.0))


def test_bootstrap_needs_items() -> None:
    with pytest.raises(ValueError, match="needs items"):
        bootstrap_ratio([], [])


def test_baselines() -> None:
    assert constant_letter(["B", "A", "B", "C"]) == ("B", 0.5)
    assert longest_option([(("a", "bbb"), 1), (("aa", "bb"), 0), (("aaaa", "b"), 1)]) == pytest.approx(0.5)
    assert chance([4, 4, 2]) == pytest.approx(1 / 3)
