"""The table of several systems over several benchmarks, on made answers."""

import json
import random
from fractions import Fraction

import pytest

from evaluator.statistics import Answered, Table, beside, estimate, holm, paired, rules, sign_flip, table

DRAW = random.Random(11)
SYSTEMS = ("a", "b", "c")


def benchmark(name: str, items: int, mark: float | None = None) -> Answered:
    ids = [f"{n:03}" for n in range(items)]
    keys = {item: DRAW.choice("ABCCD") for item in ids}
    options = {item: [DRAW.choice("xyz") * DRAW.randint(2, 5) for _ in range(4)] for item in ids}
    right = {system: {item: DRAW.random() < 0.4 + 0.1 * n for item in ids} for n, system in enumerate(SYSTEMS)}
    return Answered(name, right, keys=keys, options=options, mark=mark)


ONE, TWO = benchmark("one", 120, mark=0.36), benchmark("two", 80)


@pytest.fixture(scope="module")
def found() -> Table:
    return table([ONE, TWO])


def test_every_system_is_scored_in_every_benchmark(found: Table) -> None:
    assert [(s.benchmark, s.system) for s in found.scores] == [(b, s) for b in ("one", "two") for s in SYSTEMS]
    first = found.scores[0]
    assert first.found == estimate(list(ONE.right["a"].values()))
    assert (first.missing, first.right) == (0, sum(ONE.right["a"].values()))
    assert [s.passing is not None for s in found.scores] == [True] * 3 + [False] * 3


def test_every_two_systems_are_tested_and_adjusted_in_two_families(found: Table) -> None:
    assert len(found.pairs) == 3 * 2
    of_table = holm([c.found.p or 0 for c in found.pairs])
    assert [c.holm_table for c in found.pairs] == of_table
    for first, second in (("a", "b"), ("a", "c"), ("b", "c")):
        two = [c for c in found.pairs if (c.first, c.second) == (first, second)]
        assert [c.benchmark for c in two] == ["one", "two"]
        assert [c.holm for c in two] == holm([c.found.p or 0 for c in two])


def test_beside_one_system_every_other_is_tested_and_nothing_else(found: Table) -> None:
    against_b = beside("b", [ONE, TWO])
    assert [(c.first, c.second, c.benchmark) for c in against_b.pairs] == [
        ("b", other, name) for other in ("a", "c") for name in ("one", "two")
    ]
    both = {frozenset((c.first, c.second, c.benchmark)): c.found.p for c in found.pairs}
    ps = [both[frozenset((c.first, c.second, c.benchmark))] or 0.0 for c in against_b.pairs]
    assert [c.found.p for c in against_b.pairs] == ps
    assert [c.holm_table for c in against_b.pairs] == holm(ps)
    assert (against_b.rules, against_b.against, against_b.guessing) == (found.rules, found.against, found.guessing)
    assert (against_b.means, against_b.overall) == ([], [])
    assert {s.system: s for s in against_b.scores} == {s.system: s for s in found.scores}


def test_means_are_named_and_compared(found: Table) -> None:
    assert [(m.system, m.kind) for m in found.means] == [(s, k) for s in SYSTEMS for k in ("micro", "macro")]
    micro = [c for c in found.overall if c.benchmark == "micro"]
    assert [c.holm for c in micro] == holm([c.found.p or 0 for c in micro])
    macro = [c for c in found.overall if c.benchmark == "macro"]
    assert [(c.found.p, c.holm) for c in macro] == [(None, None)] * 3


def test_rules_are_scored_and_every_system_is_held_against_them(found: Table) -> None:
    letter = max("ABCD", key=list(ONE.keys.values()).count)
    assert [r.system for r in found.rules if r.benchmark == "one"] == [f"always {letter}", "longest option"]
    assert len(found.against) == 2 * 2 * 3
    assert [c.holm for c in found.against] == holm([c.found.p or 0 for c in found.against])
    longest = next(c for c in found.against if (c.first, c.second) == ("longest option", "c"))
    points = rules(list(ONE.keys.values()), list(ONE.options.values()))[1].points
    differences = [right - point for right, point in zip(ONE.right["c"].values(), points, strict=True)]
    assert any(d.denominator > 1 for d in map(Fraction, differences))
    assert longest.found.p == sign_flip(differences)
    assert longest.found.difference == pytest.approx(float(sum(differences)) / 120)
    assert found.guessing == {"one": 0.25, "two": 0.25}


def test_it_is_the_same_in_any_order_of_items_and_again(found: Table) -> None:
    def turned(b: Answered) -> Answered:
        right = {system: dict(reversed(list(answers.items()))) for system, answers in b.right.items()}
        return Answered(b.benchmark, right, keys=b.keys, options=b.options, mark=b.mark)

    assert table([turned(ONE), turned(TWO)]) == found
    assert json.loads(json.dumps(found.as_json()))["systems"] == list(SYSTEMS)


def test_what_a_system_has_no_row_for_is_told_and_left_out() -> None:
    right = {system: dict(answers) for system, answers in ONE.right.items()}
    for item in ("003", "004", "005"):
        del right["b"][item]
    found = table([Answered("one", right, keys=ONE.keys)])
    scored = {s.system: s for s in found.scores}
    assert (scored["b"].missing, scored["b"].found.items, scored["a"].missing) == (3, 117, 0)
    both = next(c for c in found.pairs if (c.first, c.second) == ("a", "b"))
    shared = sorted(right["b"])
    assert both.found == paired("accuracy", *([right[s][item] for item in shared] for s in ("a", "b")))
    assert not found.means


def test_a_system_that_sat_one_benchmark_has_no_mean() -> None:
    found = table([ONE, Answered("two", {s: TWO.right[s] for s in ("a", "b")})])
    assert {m.system for m in found.means} == {"a", "b"}
    assert len(found.pairs) == 3 + 1
    assert {(c.first, c.second) for c in found.overall} == {("a", "b")}


def test_repeats_are_one_wherever_they_stand() -> None:
    groups = {item: f"g{int(item) % 60}" for item in ONE.right["a"]}
    copy = Answered("copy", ONE.right, groups)
    found = table([Answered("one", ONE.right, groups), copy])
    assert {s.found.clusters for s in found.scores} == {60}
    assert {m.found.clusters for m in found.means} == {60}
    alone = next(c for c in found.pairs if c.benchmark == "one")
    micro = next(c for c in found.overall if c.benchmark == "micro")
    assert (micro.found.items, micro.found.clusters) == (240, 60)
    assert micro.found.p == pytest.approx(alone.found.p or 0)


def test_the_family_may_be_larger_than_what_is_at_hand(found: Table) -> None:
    of_seven = table([ONE, TWO], family=7)
    least = min((c for c in found.pairs if c.first == "a" and c.second == "b"), key=lambda c: c.found.p or 0)
    again = next(c for c in of_seven.pairs if (c.benchmark, c.second) == (least.benchmark, "b"))
    assert again.holm == pytest.approx(min(1, 7 * (least.found.p or 0)))


def test_two_benchmarks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        table([ONE, ONE])


def test_nothing_gives_an_empty_table() -> None:
    assert table([]).systems == []
