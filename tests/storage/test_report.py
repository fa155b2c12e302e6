"""What the pages drawn from what is stored are made of."""

from collections import Counter
from xml.etree import ElementTree

import pytest

from storage.report.charts import (
    Bar,
    Histogram,
    Interval,
    Mark,
    Segment,
    Size,
    bars,
    histogram,
    intervals,
    nice_ticks,
    short,
    sizes,
)
from storage.report.data_sections import quantile
from storage.report.page import commands

HOSTILE = "<script>alert(1)</script>\"'&"


def test_charts_hold_their_figures() -> None:
    drawn = ElementTree.fromstring(bars("x", [Bar(HOSTILE, [Segment(3, "c1", "three"), Segment(1, "c2", "one")], "4")]))  # noqa: S314
    widths = [float(r.get("width", 0)) for r in drawn.iter("rect") if r.get("class") in ("part c1", "part c2")]
    assert widths[0] == pytest.approx(3 * widths[1], rel=0.01)
    assert [t.text for t in drawn.iter("text")] == [HOSTILE[:13] + "…", "4"]
    drawn = ElementTree.fromstring(histogram("x", [Histogram("all", "before", [0, 4, 2], 12)], 10))  # noqa: S314
    heights = [float(r.get("height", 0)) for r in drawn.iter("rect")]
    assert heights[1] == pytest.approx(2 * heights[2], abs=0.02)
    assert heights[0] == 0
    row = Interval("a", 0.5, 0.4, 0.7, "base", "50 %")
    drawn = ElementTree.fromstring(intervals("x", [row], [Mark("guessing", 0.25)]))  # noqa: S314
    whisker = next(e for e in drawn.iter("line") if e.get("class") == "whisker base")
    dot = next(drawn.iter("circle"))
    share = (float(dot.get("cx", 0)) - float(whisker.get("x1", 0))) / (
        float(whisker.get("x2", 0)) - float(whisker.get("x1", 0))
    )
    assert share == pytest.approx(1 / 3, abs=0.01)


def test_ticks_are_round_and_hold_everything() -> None:
    assert nice_ticks(0, 97, 4) == [0, 25, 50, 75, 100]
    assert nice_ticks(0.21, 0.38, 4) == [0.2, 0.25, 0.3, 0.35, 0.4]
    assert nice_ticks(3, 3, 5)[0] <= 3 <= nice_ticks(3, 3, 5)[-1]
    assert nice_ticks(0, 0, 4)[-1] > 0


def test_small_functions() -> None:
    assert quantile(Counter({1: 5, 10: 5}), 0.5) == 1
    assert quantile(Counter({1: 4, 10: 5}), 0.5) == 10
    assert quantile(Counter(), 0.5) == 0
    assert commands("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"


def test_sizes_stand_on_a_scale_of_powers_of_ten() -> None:
    rows = [Size("a", 1e3, "theirs", "1 K"), Size("b", 1e4, "ours", "10 K"), Size("c", 1e5, "theirs", "100 K")]
    drawn = ElementTree.fromstring(sizes("x", rows))  # noqa: S314
    places = [float(dot.get("cx", 0)) for dot in drawn.iter("circle")]
    assert places[2] - places[1] == pytest.approx(places[1] - places[0])
    assert places[1] > places[0]
    one = ElementTree.fromstring(sizes("x", [Size(HOSTILE, 1000, "ours", "1 K")]))  # noqa: S314
    assert len(list(one.iter("circle"))) == 1
    assert [short(n) for n in (0, 950, 20_000, 3.66e6, 1.1e9)] == ["0", "950", "20 K", "3.66 M", "1.1 B"]
