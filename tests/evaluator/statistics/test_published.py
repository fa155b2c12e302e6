"""The paper's own comparisons, from the answers it published."""

from math import comb

import pytest

from evaluator.statistics import Compared, Table, holm, mcnemar, table
from tests.evaluator.statistics.published import ANATOMY, EXAM, GENETICS, answered

OURS, BASE = "gaokerena", "aya-expanse-8b"
TABLES = 7  # in which the paper holds its model against its base: six subjects and the exam
# Items and both systems' per cent right in the other four: college medicine, clinical knowledge, professional medicine
# and college biology.
PUBLISHED = [(173, 43.93, 44.51), (265, 55.47, 52.08), (272, 47.06, 45.59), (144, 47.22, 45.14)]


@pytest.fixture(scope="module")
def found() -> Table:
    return table([answered(task) for task in (ANATOMY, GENETICS, EXAM)], family=TABLES)


def pair(found: Table, benchmark: str, first: str = OURS, second: str = BASE) -> Compared:
    return next(c for c in found.pairs if (c.benchmark, c.first, c.second) == (benchmark, first, second))


def test_anatomy_is_041_alone_and_29_among_seven(found: Table) -> None:
    scores = {s.system: s for s in found.scores if s.benchmark == ANATOMY}
    assert [f"{100 * scores[system].found.value:.2f}" for system in (OURS, BASE)] == ["48.15", "40.74"]
    compared = pair(found, ANATOMY)
    assert (compared.found.only_first, compared.found.only_second) == (15, 5)
    assert f"{compared.found.p:.3f}" == "0.041"
    assert f"{compared.holm:.2f}" == "0.29"


def test_29_is_the_most_that_the_four_unseen_tables_leave_and_25_the_least(found: Table) -> None:
    """The other four differ by 1, 9, 4 and 3 right answers: the figures alone bound their p from below."""
    seen = [pair(found, task).found.p or 0.0 for task in (ANATOMY, GENETICS, EXAM)]
    differ = [abs(round(one * n / 100) - round(other * n / 100)) for n, one, other in PUBLISHED]
    assert differ == [1, 9, 4, 3]
    least = [mcnemar(0, d) for d in differ]
    assert sum(p < seen[0] for p in least) == 1
    assert holm([*seen, *least])[0] == pytest.approx(6 * seen[0])
    assert holm([*seen, *(max(p, seen[0]) for p in least)])[0] == pytest.approx(7 * seen[0])
    assert round(7 * seen[0], 2) == 0.29


def test_the_pass_of_the_exam_is_not_established(found: Table) -> None:
    score = next(s for s in found.scores if (s.benchmark, s.system) == (EXAM, OURS))
    assert f"{100 * score.found.value:.2f}" == "38.69"
    assert [f"{100 * bound:.1f}" for bound in (score.found.low, score.found.high)] == ["31.7", "46.2"]
    assert score.passing is not None
    assert (score.passing.reached, score.passing.established) == (True, False)
    assert {s.system for s in found.scores if s.passing and s.passing.reached} == {OURS}


def test_its_p_is_the_sum_of_ways(found: Table) -> None:
    for compared in found.pairs:
        lost, won = compared.found.only_first or 0, compared.found.only_second or 0
        tail = sum(comb(lost + won, k) for k in range(min(lost, won) + 1))
        assert compared.found.p == pytest.approx(min(1, 2 * tail / 2 ** (lost + won)))
