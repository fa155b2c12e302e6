"""Figures as they are read, the same in HTML, LaTeX and pictures."""

from evaluator.asking.speed import Speed
from evaluator.judge.winrates import Rate
from evaluator.statistics import Estimate

ONE_LINE = 60  # characters of a name
JOINERS = "\u200c\u200d"
"""Signs without width that Persian words are written with."""


def name(text: str) -> str:
    """A name on one line: what cannot be printed is blank, and what is too long for a head is cut."""
    line = " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in text).split())
    return line if len(line) <= ONE_LINE else f"{line[: ONE_LINE - 1]}…"


def value(share: float) -> str:
    """A share in per cent, as the paper has it."""
    return f"{100 * share:.2f}"


def reach(found: Estimate | Rate) -> str:
    """The interval, in per cent."""
    return f"{100 * found.low:.1f}–{100 * found.high:.1f}"


def size(parameters: int | None) -> str:
    """A number of weights: 8b, 7.6b, 60k."""
    if parameters is None:
        return "–"
    for unit, letter in ((1e9, "b"), (1e6, "m"), (1e3, "k")):
        if parameters >= unit:
            return f"{float(f'{parameters / unit:.2g}'):g}{letter}"
    return str(parameters)


def seconds(speed: Speed | None) -> str:
    """The median time of one reply."""
    return "–" if speed is None else f"{float(f'{speed.median_latency:.2g}'):g} s"
