"""Figures 3 and 4 from a judge's verdicts that are stored; the rates are counted again here."""

from pathlib import Path

import pytest

from evaluator.report.paper.contents import report
from evaluator.report.paper.systems import Wanted
from evaluator.report.paper.wins import Win, Wins
from storage import db
from tests.evaluator.report.stored import ASKED, free, judged

pytestmark = pytest.mark.usefixtures("database")


def figures(reference: str = "ours", pipelines: tuple[str, ...] = ()) -> tuple[list[Wins], list[str]]:
    with db.session() as session:
        found = report(session, Wanted(reference=reference, pipelines=pipelines), lambda *_: None)
    return found.figures, found.limits


def only(found: list[Wins]) -> Win:
    ((win,),) = [figure.bars for figure in found]
    return win


def by_turns(n: int, ours_first: bool) -> str:
    """Of four pairs ours wins two, loses one, and in the fourth the first place wins."""
    better = ("ours", "ours", "other", "place")[n % 4]
    if better == "place":
        return "first"
    return "first" if (better == "ours") == ours_first else "second"


def test_the_rate_is_that_of_the_verdicts(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", by_turns)
    found, said = figures()
    win = only(found)
    assert (found[0].id, win.order, win.of) == ("figure3", "both", 40)
    assert win.found.counts == {"won": 20, "lost": 10, "tied": 0, "inconsistent": 10, "unread": 0}
    assert win.found.won is not None
    assert win.found.won.value == pytest.approx((20 + 10 / 2) / 40)
    assert win.found.won.low < 0.625 < win.found.won.high
    assert {source: rate.pairs for source, rate in win.found.by_source.items()} == {"a": 20, "b": 20}
    assert any("in 25.0 % of the pairs the judge took whatever stood in the same place" in each for each in said)
    assert any("the longer answer won 33.3 % of the decided pairs" in each for each in said)


def test_from_the_other_side_it_is_turned(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", by_turns)
    win = only(figures("other")[0])
    assert (win.found.counts["won"], win.found.counts["lost"]) == (10, 20)
    assert win.found.won is not None
    assert win.found.won.value == pytest.approx(0.375)


@pytest.mark.parametrize(("reference", "order", "won"), [("ours", "second", 30), ("other", "first", 10)])
def test_one_order_only_is_told(tmp_path: Path, reference: str, order: str, won: int) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", lambda n, _: "second" if n % 4 else "first", orders=[False])
    found, said = figures(reference)
    win = only(found)
    assert (win.order, win.found.pairs) == (order, 40)
    assert (win.found.counts["won"], win.found.counts["lost"]) == (won, 40 - won)
    assert win.found.won is not None
    assert win.found.won.low <= win.found.won.value == won / 40 <= win.found.won.high
    assert any(f"the judge saw one order only, {reference} always {order}" in each for each in said)


def test_pairs_that_are_not_judged_yet_are_told(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", by_turns, most=12)
    found, said = figures()
    assert (only(found).found.pairs, only(found).of) == (12, 40)
    assert any("12 of 40 pairs were judged so far" in each for each in said)


def test_verdicts_that_are_none_count_for_nobody(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", lambda n, first: "maybe" if n < 4 else by_turns(n, first))
    win = only(figures()[0])
    assert (win.found.counts["unread"], win.found.won and win.found.won.pairs) == (4, 36)


def test_without_verdicts_there_is_no_figure(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    assert figures()[0] == []


def test_pipelines_have_a_figure_of_their_own(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other", "piped"])
    for other in ("other", "piped"):
        judged("ours", other, by_turns)
    found, _ = figures(pipelines=("piped",))
    assert [(figure.id, [win.other for win in figure.bars]) for figure in found] == [
        ("figure3", ["other"]),
        ("figure4", ["piped"]),
    ]
    assert {win.benchmark for figure in found for win in figure.bars} == {ASKED}


def test_bars_of_one_judge_are_told_apart_by_its_settings_and_the_order(tmp_path: Path) -> None:
    free(tmp_path, ["ours", "other"])
    judged("ours", "other", by_turns)
    judged("ours", "other", by_turns, longest=128)
    judged("ours", "other", by_turns, orders=(False,), longest=256)
    (figure,) = figures()[0]
    labels = [figure.label(win) for win in figure.bars]
    assert len(set(labels)) == 3
    assert [("order second" in label) for label, win in zip(labels, figure.bars, strict=True)] == [
        win.order == "second" for win in figure.bars
    ]
