"""A part of the report, as the page lays it out: a sentence first, then a plot, then the figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; the columns named in `numeric` stand under one another by their last digit."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    caption: str = ""


@dataclass(frozen=True)
class Figures:
    """A plot with its legend as (look, name)."""

    plot: Markup
    legend: Sequence[tuple[str, str]] = ()
    caption: str = ""


@dataclass(frozen=True)
class Link:
    """One step of the way from a score back to the bytes it came from."""

    name: str
    figure: str
    detail: str
    hash: str = ""


@dataclass(frozen=True)
class Choice:
    """One benchmark item beside what both models chose; options as (letter, text, looks)."""

    item: str
    topic: str
    question: str
    options: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Sample:
    """A document to read: what is said about it, its id, and its texts by field, right to left."""

    about: Sequence[str]
    id: str
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Samples:
    """Documents that have something in common."""

    title: str
    tally: str
    samples: Sequence[Sample]


@dataclass
class Section:
    """`says` is what the figures mean in a sentence, `missing` why there are none and how to get them."""

    id: str
    title: str
    says: str = ""
    figures: list[Figures] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    chain: list[Link] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    samples: list[Samples] = field(default_factory=list)
    missing: str = ""


def count(number: float) -> str:
    """A whole number as it is read."""
    return f"{number:,.0f}"


def share(part: float, whole: float) -> str:
    """A percentage with one digit; a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def percent(value: float) -> str:
    """A share as a percentage with one digit."""
    return f"{100 * value:.1f} %"


def points(value: float) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * value:+.1f}".replace("-", "−")
