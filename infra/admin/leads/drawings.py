"""Charts of the leads' pages, whose looks are classes of the style sheet and whose words are written as the page's."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

from markupsafe import Markup

from infra.admin.language import day, number
from storage.report.charts import nice_ticks
from storage.report.svg import WIDTH, Drawing

TALL, TOP, BOTTOM, LEFT, RIGHT = 240.0, 16.0, 200.0, 56.0, 10.0
LAYERS = ("approve", "edit", "reject")  # from the ground up
LABELS = 5  # days that are named
THIN = 60.0  # height of a bar in a table's cell, drawn a seventh as large


def days(title: str, counts: Sequence[tuple[dt.date, Counter[str]]], code: str, said: Callable[[str], str]) -> Markup:
    """Decisions of each day as a stack, the first day at the left."""
    drawing = Drawing(TALL, title)
    top = max((sum(each[layer] for layer in LAYERS) for _, each in counts), default=0) or 1
    ticks = [tick for tick in nice_ticks(0, top, 4) if tick == int(tick)]
    scale = (BOTTOM - TOP) / ticks[-1]
    for tick in ticks:
        y = BOTTOM - tick * scale
        drawing.line((LEFT, y), (WIDTH - RIGHT, y), "grid")
        drawing.text((LEFT - 8, y + 4), number(code, int(tick)), "end tick")
    step = (WIDTH - LEFT - RIGHT) / max(len(counts), 1)
    for n, (when, each) in enumerate(counts):
        x, y = LEFT + n * step, BOTTOM
        for layer in LAYERS:
            height = each[layer] * scale
            words = f"{day(code, when)} · {said(layer)}: {number(code, each[layer])}"
            y -= height
            drawing.rect((x + step * 0.14, y, step * 0.72, height), layer, words)
        if n % max(1, len(counts) // LABELS) == 0:
            drawing.text((x + step / 2, BOTTOM + 20), day(code, when), "middle tick")
    return drawing.markup()


def bar(share: float, look: str, words: str) -> Markup:
    """A share of 1 as a bar of a table's cell."""
    drawing = Drawing(THIN, words)
    drawing.line((0, THIN / 2), (WIDTH, THIN / 2), "track")
    drawing.rect((0, THIN / 4, WIDTH * min(max(share, 0), 1), THIN / 2), look, words)
    return drawing.markup()


def split(counts: Counter[str], words: str) -> Markup:
    """How decisions divide, as one bar of a table's cell."""
    drawing, x = Drawing(THIN, words), 0.0
    total = sum(counts[layer] for layer in LAYERS) or 1
    for layer in LAYERS:
        width = WIDTH * counts[layer] / total
        drawing.rect((x, THIN / 4, width, THIN / 2), layer, words)
        x += width
    return drawing.markup()


def interval(low: float, value: float, high: float, words: str) -> Markup:
    """A value between 0 and 1 with its interval; what is below 0 is drawn at 0."""
    drawing, middle, edge = Drawing(THIN, words), THIN / 2, 20.0
    places = [edge + (WIDTH - 2 * edge) * min(max(each, 0), 1) for each in (low, value, high)]
    drawing.line((edge, middle), (WIDTH - edge, middle), "track")
    drawing.line((places[0], middle), (places[2], middle), "whisker", words)
    drawing.dot((places[1], middle), 16, "value", words)
    return drawing.markup()


def swatch(look: str) -> Markup:
    """The colour of a layer, for a legend."""
    drawing = Drawing(float(WIDTH), look)
    drawing.rect((0, 0, WIDTH, WIDTH), look)
    return drawing.markup()
