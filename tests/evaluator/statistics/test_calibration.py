"""A short run of tests/bench/calibration.py: intervals hold the truth and tests find nothing where nothing is."""

import pytest

from evaluator.statistics import clopper_pearson, minimum_detectable_difference, wilson
from tests.bench import calibration as bench

TRIALS = 200
LEAST = 0.95 - 3 * (0.95 * 0.05 / TRIALS) ** 0.5 - 0.01  # what chance and percentile intervals of 200 groups may lack


def test_wilson_covers_exactly() -> None:
    assert bench.mean_coverage(wilson, 168) == pytest.approx(0.95, abs=0.002)
    assert bench.exact_coverage(wilson, 168, 0.36) == pytest.approx(0.947, abs=0.001)
    assert bench.mean_coverage(clopper_pearson, 168) > 0.95


@pytest.mark.parametrize("items", [bench.items(135, 0.0), bench.items(250)], ids=["alone", "with repeats"])
def test_intervals_hold_the_truth(items: bench.Items) -> None:
    assert bench.covered(TRIALS, 0.45, bench.share_bounds(items, 0.45)) > LEAST
    chances = bench.joint(0.45, 0.2, 0.07)
    assert bench.covered(TRIALS, 0.07, bench.paired_bounds(items, chances)) > LEAST


def test_repeats_that_nobody_looked_for_make_intervals_too_narrow() -> None:
    every_twice = bench.items(200, 1.0)
    assert bench.covered(TRIALS, 0.45, bench.share_bounds(every_twice, 0.45)) > LEAST
    assert bench.covered(TRIALS, 0.45, bench.share_bounds(every_twice, 0.45, seen=False)) < 0.9


def test_the_exact_test_has_its_size_and_the_detectable_difference_its_power() -> None:
    assert bench.mcnemar_rate(135, 0.15, 0.0) < 0.05
    detectable = minimum_detectable_difference(135, 135 * 0.15)
    assert 0.74 < bench.mcnemar_rate(135, 0.15, detectable) < 0.82


def test_repeats_leave_the_test_its_size() -> None:
    none = bench.joint(0.45, 0.3, 0.0)
    every_twice = bench.items(200, 1.0)
    assert bench.found(TRIALS, bench.paired_p(every_twice, none)) < 0.08
    assert bench.found(TRIALS, bench.paired_p(every_twice, none, seen=False)) > 0.08


def test_holm_keeps_seven_tests_from_finding_what_is_not_there() -> None:
    corrected = bench.found(TRIALS, lambda random: bench.family_error(random, corrected=True))
    assert corrected < 0.08


@pytest.mark.parametrize(("pairs", "least"), [(5, 0.85), (10, 0.90), (30, 0.93), (60, 0.94)])
def test_win_rates_hold_the_truth_near_the_edge_and_among_ties(pairs: int, least: float) -> None:
    assert min(bench.rate_coverage(pairs, won, tied) for won, tied in bench.RATES) > least


@pytest.mark.parametrize("by_answer", [True, False])
@pytest.mark.parametrize("share", [0.5, 0.97, 0.995])
@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_shares_of_statements_hold_the_truth_in_few_answers(share: float, alike: float, by_answer: bool) -> None:
    few = bench.Statements(10, share, alike, by_answer)
    assert bench.covered(TRIALS, share, few.bounds) > 0.9 - 3 * (0.9 * 0.1 / TRIALS) ** 0.5


def test_percentiles_of_few_answers_do_not() -> None:
    assert bench.covered(TRIALS // 4, 0.995, bench.Statements(10, 0.995, 0.3).percentiles) < 0.5
