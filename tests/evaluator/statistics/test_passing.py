"""Pass marks against scipy's distributions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, betabinom, binom, binomtest

from evaluator.statistics import clopper_pearson, estimate, pass_mark, wilson


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 100))
def test_the_chances_are_scipys(counted: tuple[int, int], percent: int) -> None:
    right, items = counted
    found = pass_mark(right, items, percent / 100)
    needed = -(-percent * items // 100)
    assert (found.needed, found.reached) == (needed, right >= needed)
    assert found.probability == pytest.approx(beta.sf(percent / 100, right + 0.5, items - right + 0.5), abs=1e-9)
    assert found.again == pytest.approx(betabinom.sf(needed - 1, items, right + 0.5, items - right + 0.5), abs=1e-6)
    assert found.p == pytest.approx(binom.sf(right - 1, items, percent / 100), abs=1e-9)


def test_the_exam_of_the_paper_is_passed_and_not_shown_to_be() -> None:
    found = pass_mark(65, 168, 0.36)
    assert (found.reached, found.needed, found.established, found.excluded) == (True, 61, False, False)
    assert 0.69 < found.again < found.probability < 0.77
    assert found.p > 0.2


def test_what_is_far_from_the_mark_is_established() -> None:
    assert pass_mark(100, 168, 0.36).established
    assert pass_mark(30, 168, 0.36).excluded
    assert pass_mark(30, 168, 0.36).probability < 1e-4


def test_the_mark_is_taken_as_it_is_written() -> None:
    assert pass_mark(7, 100, 0.07).reached  # in binary, 0.07 · 100 is above 7
    assert pass_mark(7, 100, 0.07).needed == 7


def test_repeats_make_passing_less_sure() -> None:
    right = [n % 84 < 40 for n in range(168)]
    found = estimate(right, [*range(84)] * 2)
    sure, less = pass_mark(80, 168, 0.36), pass_mark(80, 168, 0.36, found)
    assert less.probability < sure.probability
    assert less.probability == pytest.approx(beta.sf(0.36, 40.5, 44.5))
    assert (sure.established, less.established) == (True, found.low >= 0.36)


@pytest.mark.parametrize("mark", [0, -0.1, 36])
def test_a_mark_is_a_share(mark: float) -> None:
    with pytest.raises(ValueError, match="no pass mark"):
        pass_mark(1, 2, mark)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_of_a_share_are_scipys(counted: tuple[int, int]) -> None:
    test = binomtest(*counted)
    assert wilson(*counted) == pytest.approx(tuple(test.proportion_ci(method="wilson")), abs=1e-12)
    assert clopper_pearson(*counted) == pytest.approx(tuple(test.proportion_ci(method="exact")), abs=1e-9)
