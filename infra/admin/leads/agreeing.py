"""How far people agree, as the leads' page has it: all, by source, by person, and the pairs with most in common."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from infra.admin.language import number
from infra.admin.leads.drawings import interval
from infra.admin.leads.rendering import words as words_of
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
    """The coefficient in the language's digits; a dash where it is not defined, no interval of too few documents."""
    if figure.value is None:
        return Line(name, figure, "—", "—", None)
    value = _two(code, figure.value)
    if figure.low is None or figure.high is None:
        return Line(name, figure, value, f"{value} ({words_of(code)['review']['too_few']})", None)
    low, high = _two(code, figure.low), _two(code, figure.high)
    words = f"{value} ({low} … {high})"
    return Line(name, figure, value, words, interval(figure.low, figure.value, figure.high, words))


def _two(code: str, value: float) -> str:
    return number(code, f"{value:.2f}").replace("-", "−")


def _most(groups: dict[str, list[Unit]]) -> list[tuple[str, list[Unit]]]:
    return sorted(groups.items(), key=lambda item: -len(item[1]))[:SHOWN]
