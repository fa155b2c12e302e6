"""How far people agree, as the leads' page has it: all, by source, by person, and the pairs with most in common."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from infra.admin.language import number
from infra.admin.leads.drawings import interval
from storage import db
from storage.review import agreement
from storage.review.agreement import Figure, Unit, alpha_of

PAIRS = 12
SHOWN = 20  # sources and people


@dataclass(frozen=True)
class Line:
    """A coefficient with its interval, written and drawn."""

    name: str
    figure: Figure
    value: str
    words: str
    bar: Markup | None


@dataclass(frozen=True)
class Agreeing:
    """`alpha` is of all `units` documents."""

    units: int
    at: dt.datetime
    alpha: Figure
    sources: Sequence[tuple[str, Figure]]
    people: Sequence[tuple[str, Figure]]
    pairs: Sequence[tuple[str, Figure]]


def figured() -> Agreeing:
    """From all blind decisions that stand; some seconds of work where there are many."""
    with db.session() as session:
        units = agreement.units(session)
    groups = agreement.grouped(units)
    common = sorted(groups.pairs.items(), key=lambda item: -len(item[1]))[:PAIRS]
    return Agreeing(
        len(units),
        dt.datetime.now(dt.UTC),
        alpha_of(units),
        [(name, alpha_of(own)) for name, own in _most(groups.sources)],
        [(name, alpha_of(own)) for name, own in _most(groups.people)],
        [(f"{one} – {other}", agreement.kappa(said)) for (one, other), said in common],
    )


def line(code: str, name: str, figure: Figure) -> Line:
    """The coefficient in the language's digits; a dash where it is not defined."""
    if figure.value is None or figure.low is None or figure.high is None:
        return Line(name, figure, "—", "—", None)
    value, low, high = (number(code, f"{each:.2f}").replace("-", "−") for each in _values(figure))
    words = f"{value} ({low} … {high})"
    return Line(name, figure, value, words, interval(figure.low, figure.value, figure.high, words))


def _values(figure: Figure) -> tuple[float, float, float]:
    return figure.value or 0.0, figure.low or 0.0, figure.high or 0.0


def _most(groups: dict[str, list[Unit]]) -> list[tuple[str, list[Unit]]]:
    return sorted(groups.items(), key=lambda item: -len(item[1]))[:SHOWN]
