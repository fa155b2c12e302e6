"""The report's plots. Each takes figures and returns a drawing; none knows where its figures come from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from storage.report.svg import LETTER, WIDTH, Drawing

ROW, BAR, GAP = 34, 20, 16
LABEL = 110  # room for the names at the left of a bar
END = 120  # room for the figure at its right


@dataclass(frozen=True)
class Segment:
    """A part of a bar: its size, its look, and what the pointer is told."""

    value: float
    look: str
    tip: str


@dataclass(frozen=True)
class Bar:
    """One row: a name at the left, its parts, a figure at the right."""

    name: str
    parts: Sequence[Segment]
    figure: str


def bars(title: str, rows: Sequence[Bar], full: float | None = None, label: int = LABEL) -> Markup:
    """Horizontal bars. `full` is the value of the whole width; without it every bar fills its row.

    `label` is the room for the names.
    """
    drawing = Drawing(ROW * len(rows) + 4, title)
    room = WIDTH - label - END
    for n, row in enumerate(rows):
        top, x = n * ROW + 7.0, float(label)
        drawing.text((label - 12, top + BAR - 5), _shortened(row.name, label - 12), "end name")
        drawing.rect((label, top, room, BAR), "track")
        whole = full if full is not None else sum(part.value for part in row.parts)
        for part in row.parts:
            width = room * part.value / whole if whole else 0.0
            drawing.rect((x, top, width, BAR), f"part {part.look}", part.tip)
            x += width
        drawing.text((WIDTH - END + 12, top + BAR - 5), row.figure, "figure")
    return drawing.markup()


@dataclass(frozen=True)
class Histogram:
    """Counts in equal bins from 0; the last bin holds everything beyond. `median` is where half lies below."""

    name: str
    look: str
    counts: Sequence[int]
    median: float


def histogram(title: str, layers: Sequence[Histogram], width: int) -> Markup:
    """Layers one over the other, `width` units a bin, the first one behind."""
    height, bottom, left = 250, 210.0, 56.0
    drawing = Drawing(height, title)
    bins = max(len(layer.counts) for layer in layers)
    top = max((max(layer.counts) for layer in layers), default=0) or 1
    step = (WIDTH - left - 16) / bins
    ticks = nice_ticks(0, top, 4)
    scale = (bottom - 38) / ticks[-1]
    for tick in ticks:
        drawing.line((left, bottom - tick * scale), (WIDTH - 16, bottom - tick * scale), "grid")
        drawing.text((left - 8, bottom - tick * scale + 4), f"{tick:,.0f}", "end tick")
    for layer in layers:
        for n, count in enumerate(layer.counts):
            span = f"{n * width} or more" if n == bins - 1 else f"{n * width}–{(n + 1) * width - 1}"
            tip = f"{layer.name}: {count:,} answers of {span} words"
            drawing.rect((left + n * step + 0.8, bottom - count * scale, step - 1.6, count * scale), layer.look, tip)
    for n in range(0, bins - 1, 5):
        drawing.text((left + n * step, bottom + 18), f"{n * width}", "middle tick")
    drawing.text((WIDTH - 16, bottom + 18), f"{(bins - 1) * width}+", "end tick")
    drawing.text((left + (WIDTH - left) / 2, height - 4), "words in the answer", "middle tick")
    for n, layer in enumerate(layers):
        x, y = left + min(layer.median / width, bins) * step, 14.0 + 15 * n
        drawing.line((x, y - 10), (x, bottom), f"median {layer.look}")
        drawing.text((x + 6, y), f"{layer.name}: median {layer.median:.0f}", "small")
    return drawing.markup()


@dataclass(frozen=True)
class Curve:
    """A panel's line: (step, loss) pairs, and what was measured on held-out pairs as (step, loss)."""

    name: str
    look: str
    points: Sequence[tuple[float, float]]
    measured: Sequence[tuple[float, float]] = field(default_factory=tuple)


def panels(title: str, curves: Sequence[Curve], unit: str) -> Markup:
    """One panel a curve, side by side on one vertical scale."""
    height, bottom, left = 268, 218.0, 50.0
    drawing = Drawing(height, title)
    values = [y for curve in curves for _, y in [*curve.points, *curve.measured] if math.isfinite(y)]
    ticks = nice_ticks(min(values), max(values), 5)
    low, high = ticks[0], ticks[-1]
    room = (WIDTH - left - 12 - GAP * (len(curves) - 1)) / len(curves)

    def y_of(value: float) -> float:
        return bottom - (bottom - 30) * (value - low) / ((high - low) or 1)

    for tick in ticks:
        drawing.text((left - 8, y_of(tick) + 4), f"{tick:g}", "end tick")
    for n, curve in enumerate(curves):
        start = left + n * (room + GAP)
        last = max((x for x, _ in [*curve.points, *curve.measured]), default=1) or 1
        for tick in ticks:
            drawing.line((start, y_of(tick)), (start + room, y_of(tick)), "grid")
        places = [(start + room * x / last, y_of(y)) for x, y in curve.points if math.isfinite(y)]
        if places:
            drawing.path(places, f"curve {curve.look}")
        for place, (x, y) in zip(places, curve.points, strict=False):
            drawing.dot(place, 2.6, curve.look, f"step {x:g}: {y:.3f} {unit}")
        for x, y in curve.measured:
            drawing.dot((start + room * x / last, y_of(y)), 5, "ring", f"held-out pairs, step {x:g}: {y:.3f} {unit}")
        drawing.text((start + room / 2, 16), curve.name, "middle name")
        drawing.text((start, bottom + 18), "0", "tick")
        drawing.text((start + room, bottom + 18), f"{last:g} steps", "end tick")
    drawing.text((left, height - 6), unit, "tick")
    return drawing.markup()


@dataclass(frozen=True)
class Interval:
    """One row: a value with its interval."""

    name: str
    value: float
    low: float
    high: float
    look: str
    figure: str


@dataclass(frozen=True)
class Mark:
    """A dashed line down the whole plot."""

    name: str
    value: float


def intervals(title: str, rows: Sequence[Interval], marks: Sequence[Mark], percent: bool = True) -> Markup:
    """Values as dots with their intervals as lines, over the marks that need no model."""
    head = 8.0 + 16 * len(marks)
    bottom = head + ROW * len(rows) + 6
    drawing = Drawing(bottom + 26, title)
    low = min([*(row.low for row in rows), *(mark.value for mark in marks)])
    high = max([*(row.high for row in rows), *(mark.value for mark in marks)])
    ticks = nice_ticks(max(0.0, low - (high - low) / 8), high, 6)
    left, room = LABEL + 50.0, WIDTH - LABEL - 50.0 - END - 40

    def x_of(value: float) -> float:
        return left + room * (value - ticks[0]) / ((ticks[-1] - ticks[0]) or 1)

    for tick in ticks:
        drawing.line((x_of(tick), head), (x_of(tick), bottom), "grid")
        drawing.text((x_of(tick), bottom + 18), f"{100 * tick:g} %" if percent else f"{tick:g}", "middle tick")
    for n, mark in enumerate(sorted(marks, key=lambda m: m.value)):
        x, y = x_of(mark.value), 14.0 + 16 * n
        drawing.line((x, y - 8), (x, bottom), "mark")
        words = f"{mark.name} {100 * mark.value:.1f} %"
        fits = x + 6 + len(words) * LETTER < WIDTH
        drawing.text((x + 6 if fits else x - 6, y), words, "small" if fits else "end small")
    for n, row in enumerate(rows):
        y = head + n * ROW + ROW / 2
        drawing.text((left - 14, y + 4), _shortened(row.name, int(left) - 14), "end name")
        drawing.line((x_of(row.low), y), (x_of(row.high), y), f"whisker {row.look}", row.figure)
        drawing.dot((x_of(row.value), y), 5.5, row.look, row.figure)
        drawing.text((left + room + 14, y + 4), row.figure, "figure")
    return drawing.markup()


@dataclass(frozen=True)
class Size:
    """One row: a value above nothing, its look, and its figure."""

    name: str
    value: float
    look: str
    figure: str


def sizes(title: str, rows: Sequence[Size], label: int = LABEL) -> Markup:
    """Values that differ by powers of ten, as dots on a scale of these."""
    bottom = ROW * len(rows) + 6.0
    drawing = Drawing(bottom + 26, title)
    logs = [math.log10(row.value) for row in rows]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    left, room = float(label), WIDTH - label - END

    def x_of(log: float) -> float:
        return left + room * (log - low) / ((high - low) or 1)

    for power in range(low, high + 1):
        drawing.line((x_of(power), 0), (x_of(power), bottom), "grid")
        drawing.text((x_of(power), bottom + 18), short(10**power), "middle tick")
    for n, (row, log) in enumerate(zip(rows, logs, strict=True)):
        y = n * ROW + ROW / 2
        drawing.text((left - 12, y + 4), _shortened(row.name, label - 12), "end name")
        drawing.line((left, y), (x_of(log), y), f"whisker {row.look}")
        drawing.dot((x_of(log), y), 5.5, row.look, f"{row.name}: {row.figure}")
        drawing.text((WIDTH - END + 12, y + 4), row.figure, "figure")
    return drawing.markup()


def short(number: float) -> str:
    """A large number as it is said: 160 K, 3.66 M, 1.1 B."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:g}"


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers, at most `most` steps apart, that hold everything from low to high."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if span / (power * factor) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, max(last, first + 1) + 1)]


def _shortened(name: str, room: int) -> str:
    most = int(room / LETTER)
    return name if len(name) <= most else f"{name[: most - 1]}…"
