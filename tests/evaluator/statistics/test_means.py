"""Micro and macro means, and what joins the benchmarks they are over."""

import random

import pytest

from evaluator.statistics import differences, estimate, mcnemar, means, paired, wilson

DRAW = random.Random(5)
FIRST = {"large": [DRAW.random() < 0.7 for _ in range(300)], "small": [DRAW.random() < 0.3 for _ in range(60)]}
SECOND = {name: [r if DRAW.random() < 0.7 else not r for r in right] for name, right in FIRST.items()}


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def test_each_mean_is_what_its_name_says() -> None:
    found = means(FIRST)
    both = [*FIRST["large"], *FIRST["small"]]
    assert found["micro"] == estimate(both)
    assert found["macro"].value == pytest.approx((share(FIRST["large"]) + share(FIRST["small"])) / 2)
    assert found["micro"].value > found["macro"].value


def test_the_macro_interval_is_that_of_a_mean_of_shares() -> None:
    macro = means(FIRST)["macro"]
    variances = [share(right) * (1 - share(right)) / len(right) for right in FIRST.values()]
    spread = sum(variances) ** 0.5 / 2
    assert (macro.low, macro.high) == pytest.approx(
        (macro.value - 1.96 * spread, macro.value + 1.96 * spread), abs=0.15 * spread
    )
    assert (macro.method, macro.few) == ("bootstrap by group", False)


def test_what_stands_in_two_benchmarks_is_drawn_in_both() -> None:
    right = {"one": FIRST["large"], "other": list(FIRST["large"])}
    joined = means(right, {"one": list(range(300)), "other": list(range(300))})
    low, high = wilson(sum(FIRST["large"]), 300)
    for mean in joined.values():
        assert (mean.low, mean.high) == pytest.approx((low, high), abs=0.006)
    apart = means(right)
    assert all(apart[kind].high - apart[kind].low < 0.8 * (joined[kind].high - joined[kind].low) for kind in joined)


@pytest.mark.parametrize("benchmarks", [2, 3])
def test_few_that_differ_are_no_more_for_being_asked_in_several_benchmarks(benchmarks: int) -> None:
    first, second = ([n in which for n in range(100)] for which in ({0, *range(10, 60)}, range(1, 60)))
    second = [right and not 6 <= n < 10 for n, right in enumerate(second)]
    alone = paired("x", first, second)
    names = [f"exam {n}" for n in range(benchmarks)]
    labels = {name: list(range(100)) for name in names}
    macro = differences(dict.fromkeys(names, first), dict.fromkeys(names, second), labels)["macro"]
    assert (macro.difference, macro.low, macro.high) == pytest.approx((alone.difference, alone.low, alone.high))
    assert macro.low < 0 < macro.high
    assert macro.few
    nearly_all = [n > 4 for n in range(100)]
    share = means(dict.fromkeys(names, nearly_all), labels)["macro"]
    assert (share.low, share.high) == pytest.approx(wilson(95, 100))
    assert share.effective == pytest.approx(100)


def test_differences_of_both_means() -> None:
    found = differences(FIRST, SECOND)
    assert found["macro"].difference == pytest.approx(means(SECOND)["macro"].value - means(FIRST)["macro"].value)
    assert found["macro"].low < found["macro"].difference < found["macro"].high
    assert found["macro"].p is None
    lost, won = found["micro"].only_first, found["micro"].only_second
    assert lost is not None
    assert won is not None
    assert found["micro"].p == mcnemar(lost, won)
    assert found["micro"].difference == pytest.approx((won - lost) / 360)


def test_the_order_of_benchmarks_and_items_does_not_matter() -> None:
    turned = {name: FIRST[name][::-1] for name in ("small", "large")}
    assert means(turned) == means(FIRST)
    assert differences(turned, {name: SECOND[name][::-1] for name in turned}) == differences(FIRST, SECOND)


def test_a_small_benchmark_is_not_resampled_but_added() -> None:
    right = {"large": FIRST["large"], "tiny": [True] * 10}
    macro = means(right)["macro"]
    large, tiny = estimate(right["large"]), estimate(right["tiny"])
    below = ((large.value - large.low) ** 2 + (tiny.value - tiny.low) ** 2) ** 0.5 / 2
    assert macro.few
    assert macro.low == pytest.approx(macro.value - below)
    assert macro.high == pytest.approx(macro.value + (large.high - large.value) / 2)


def test_models_that_never_differ_leave_room_for_a_difference() -> None:
    macro = differences(FIRST, FIRST)["macro"]
    assert macro.difference == 0
    assert macro.low < 0 < macro.high
    assert macro.few


@pytest.mark.parametrize("wrong", [{}, {"one": []}])
def test_a_mean_of_nothing_is_refused(wrong: dict[str, list[bool]]) -> None:
    with pytest.raises(ValueError, match="each with items"):
        means(wrong)
