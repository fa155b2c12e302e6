"""The leaderboard's drawings: a model's interval on its board's scale, and how a metric went as runs finished."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from infra.admin.language import day
from storage.leaderboard import Standing
from storage.report.charts import nice_ticks
from storage.report.svg import WIDTH, Drawing

Shown = Callable[[float], str]
HEIGHT, MIDDLE, EDGE = 56.0, 28.0, 24.0  # of an interval, drawn a fifth as large
LEFT, TOP, BOTTOM, TALL = 64.0, 20.0, 190.0, 226.0  # of a trend


def scale(standings: Sequence[Standing]) -> tuple[float, float]:
    """From the lowest to the highest that an interval of a board reaches."""
    known = [s for s in standings if s.known]
    return min((s.low for s in known), default=0.0), max((s.high for s in known), default=1.0)


def interval(standing: Standing, ends: tuple[float, float], words: str) -> Markup:
    """A value as a dot with its interval as a line; nothing where the score is no number."""
    drawing = Drawing(HEIGHT, words)
    drawing.line((EDGE, MIDDLE), (WIDTH - EDGE, MIDDLE), "track")
    if standing.known:
        low, value, high = (
            _between(x, ends, (EDGE, WIDTH - EDGE)) for x in (standing.low, standing.value, standing.high)
        )
        drawing.line((low, MIDDLE), (high, MIDDLE), "whisker", words)
        drawing.dot((value, MIDDLE), 17, "accepted" if standing.accepted else "value", words)
    return drawing.markup()


def trend(standings: Sequence[Standing], title: str, shown: Shown) -> Markup:
    """Values with their intervals by the time at which each run finished, from the left to the right."""
    drawing = Drawing(TALL, title)
    low, high = scale(standings)
    ticks = nice_ticks(low, high, 4)
    ends = (ticks[0], ticks[-1])
    for tick in ticks:
        y = _between(tick, ends, (BOTTOM, TOP))
        drawing.line((LEFT, y), (WIDTH - 16, y), "grid")
        drawing.text((LEFT - 10, y + 4), shown(tick), "end tick")
    moments = [s.at.timestamp() for s in standings]
    across = (LEFT + 24, WIDTH - 40)
    places = [_between(moment, (moments[0], moments[-1]), across) for moment in moments]
    values = [_between(s.value, ends, (BOTTOM, TOP)) for s in standings]
    drawing.path(list(zip(places, values, strict=True)), "curve")
    for standing, x, y in zip(standings, places, values, strict=True):
        reach = [(x, _between(end, ends, (BOTTOM, TOP))) for end in (standing.low, standing.high)]
        words = f"{standing.model}: {shown(standing.value)} ({shown(standing.low)} – {shown(standing.high)})"
        drawing.line(reach[0], reach[1], "whisker", words)
        drawing.dot((x, y), 5.5, "accepted" if standing.accepted else "value", words)
    drawing.text((across[0], BOTTOM + 28), day("fa", standings[0].at), "middle tick")
    if moments[-1] > moments[0]:
        drawing.text((across[1], BOTTOM + 28), day("fa", standings[-1].at), "middle tick")
    return drawing.markup()


def _between(value: float, ends: tuple[float, float], places: tuple[float, float]) -> float:
    """Where a value stands between two places, which belong to the two ends of a scale."""
    span = ends[1] - ends[0]
    part = (value - ends[0]) / span if span else 0.5
    return places[0] + part * (places[1] - places[0])
