"""The bootstrap against the whole distribution it draws from, and against what groups must and must not change."""

import random
from itertools import product

import numpy as np
import pytest

from evaluator.statistics import bootstrap_ratio, design_effect, estimate, resampling, weighted, wilson
from evaluator.statistics.resampling import RESAMPLES, clustered, resampled, too_few

DRAW = random.Random(3)
VALUES = [DRAW.gauss(3, 2) for _ in range(200)]
SIZES = [DRAW.uniform(1, 5) for _ in range(200)]
GROUPS = [f"g{DRAW.randrange(80)}" for _ in range(200)]
RIGHT = [DRAW.random() < 0.45 for _ in range(200)]


def test_it_draws_what_enumeration_counts() -> None:
    sums = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 3.0], [2.0, 4.0]])
    every = [sums[list(drawn)].sum(axis=0) for drawn in product(range(4), repeat=4)]
    drawn = resampled(sums)
    assert drawn.shape == (RESAMPLES, 2)
    for bound in (0.3, 0.5, 0.6, 0.8):
        exact = sum(top / bottom <= bound for top, bottom in every) / len(every)
        assert (drawn[:, 0] / drawn[:, 1] <= bound).mean() == pytest.approx(exact, abs=0.02)


def test_answers_of_few_kinds_are_drawn_as_all_others() -> None:
    right = [float(r) for r in RIGHT]
    _, *few = bootstrap_ratio(right, [1.0] * 200)
    # Each value is its own kind now, by one part in 10^9.
    _, *many = bootstrap_ratio([r + n * 1e-9 for n, r in enumerate(right)], [1.0] * 200)
    assert few == pytest.approx(many, abs=0.006)


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_the_order_of_the_items_does_not_matter(groups: list[str] | None) -> None:
    rows = list(zip(RIGHT, SIZES, groups or range(200), strict=True))
    shuffled = random.Random(1).sample(rows, len(rows))
    one, other = (
        bootstrap_ratio([float(r) for r, *_ in order], [1.0] * 200, [g for *_, g in order] if groups else None)
        for order in (rows, shuffled)
    )
    assert one == other


def test_items_of_their_own_are_as_without_groups() -> None:
    assert bootstrap_ratio(VALUES, SIZES, list(range(200))) == bootstrap_ratio(VALUES, SIZES)


def test_items_counted_twice_say_no_more() -> None:
    once = bootstrap_ratio(VALUES, SIZES)
    twice = bootstrap_ratio([*VALUES, *VALUES], [*SIZES, *SIZES], [*range(200), *range(200)])
    assert twice == pytest.approx(once)
    blind = bootstrap_ratio([*VALUES, *VALUES], [*SIZES, *SIZES])
    assert blind[2] - blind[1] == pytest.approx((once[2] - once[1]) / 2**0.5, rel=0.05)


def test_groups_give_the_variance_of_their_sums() -> None:
    answered = {group: DRAW.random() < 0.5 for group in sorted(set(GROUPS))}
    values = [float(answered[group]) for group in GROUPS]
    share, low, high = bootstrap_ratio(values, [1.0] * 200, GROUPS)
    sizes = {group: GROUPS.count(group) for group in answered}
    spread = sum((size * (answered[group] - share)) ** 2 for group, size in sizes.items()) ** 0.5 / 200
    assert (low, high) == pytest.approx((share - 1.96 * spread, share + 1.96 * spread), abs=0.15 * spread)
    assert design_effect(values, GROUPS) == pytest.approx(spread**2 * 200 / (share * (1 - share)))


def test_the_design_effect_is_the_size_of_groups_answered_alike() -> None:
    assert design_effect([1, 1, 0, 0, 1, 1], ["a", "a", "b", "b", "c", "c"]) == pytest.approx(2)
    assert design_effect([1, 1, 1, 1], ["a", "a", "a", "b"]) == pytest.approx((9 + 1) / 4)
    assert design_effect([1, 0, 1, 0], ["a", "a", "b", "b"]) == 1


def test_too_little_is_not_resampled() -> None:
    groups = [*range(40), *range(40)]
    assert not too_few([float(n % 40 < 10) for n in range(80)], groups)
    assert too_few([float(n % 40 < 9) for n in range(80)], groups)
    assert too_few([float(n % 40 >= 9) for n in range(80)], groups)
    assert too_few([float(n % 2) for n in range(58)], [*range(29), *range(29)])


def test_a_share_of_too_few_groups_is_wilsons_over_what_they_are_worth() -> None:
    groups = [*range(20), *range(20)]
    right = [n % 20 < 8 for n in range(40)]
    found = estimate(right, groups)
    assert (found.items, found.clusters, found.effective, found.few) == (40, 20, 20, True)
    assert (found.low, found.high) == wilson(8, 20)
    assert "Wilson" in found.method


def test_a_share_without_repeats_is_wilsons() -> None:
    found = estimate(RIGHT)
    assert (found.low, found.high) == wilson(sum(RIGHT), 200)
    assert found == estimate(RIGHT, list(range(200)))
    assert not found.few


def test_a_share_of_groups_is_wider_than_wilsons() -> None:
    groups = [*range(100), *range(100)]
    right = [RIGHT[n % 100] for n in range(200)]
    found = estimate(right, groups)
    low, high = wilson(sum(right[:100]), 100)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.015)
    assert found.effective == pytest.approx(100)
    assert found.method == "bootstrap by group"


def test_a_weighted_share_lies_between_its_groups_and_its_items() -> None:
    alike = weighted([True] * 8 + [False] * 12, [1.0] * 20, [n // 4 for n in range(20)])
    assert alike == (0.4, *wilson(2, 5))
    apart = weighted([True, False] * 10, [1.0] * 20, [n // 2 for n in range(20)])
    assert apart == (0.5, *wilson(10, 20))
    assert weighted([True] * 6, [0.5, 0.5, 1, 1, 1, 1], [0, 0, 1, 2, 3, 4]) == (1.0, *wilson(5, 5))


def test_a_weighted_share_of_one_group_is_one_observation() -> None:
    assert weighted([True, False], [1.0, 1.0], ["a", "a"])[1:] == wilson(0.5, 1)
    with pytest.raises(ValueError, match="needs items"):
        weighted([], [], [])


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="3 groups were given for 2 items"):
        bootstrap_ratio([1, 2], [1, 1], ["a", "b", "c"])
    with pytest.raises(ValueError, match="sum to 0"):
        bootstrap_ratio([1, 2], [0, 0])
    with pytest.raises(ValueError, match="needs items"):
        estimate([])


def test_draws_that_hold_nothing_to_divide_by_are_left_out() -> None:
    share, low, high = bootstrap_ratio([1, 0, 0], [1, 0, 0])
    assert (share, low, high) == (1, 1, 1)


def test_clustered_sums_by_label() -> None:
    sums = clustered(np.array([[1.0, 1], [2, 1], [4, 1]]), ["b", "a", "b"])
    assert sums.tolist() == [[2, 1], [5, 2]]


def test_whatever_has_as_many_groups_is_drawn_once() -> None:
    random = np.random.default_rng(3)
    groups = [n // 2 for n in range(120)]
    resampling._drawn.cache_clear()
    found = [bootstrap_ratio(list(map(float, random.random(120) < 0.4)), [1.0] * 120, groups) for _ in range(5)]
    assert len(set(found)) == 5
    assert resampling._drawn.cache_info().misses == 1
