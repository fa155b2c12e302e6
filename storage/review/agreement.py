"""How far people agree where two decided without seeing each other: Cohen's kappa and Krippendorff's alpha.

Units are contents of documents with blind decisions of two or more people, those included that a lead sent back; a
value is what they decided: approve, reject or edit, and edits of one unit with different texts are different values.
Intervals are bootstrap percentiles over units, so that a document's decisions stay together.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from storage.models import Decision, Document, Review, User

DRAWS = 2000
SEED = 20_260_101
FEW = 20
"""Fewer units have no interval: those few drawn anew are too alike, and the interval would be far too narrow."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A coefficient with its 95 % interval over `units` documents, `agreed` of them without dissent.

    None where it is not defined: no unit with two values, or nobody ever said another thing than the others. The
    interval is also None where units are fewer than FEW.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    agreed: int


@dataclass(frozen=True)
class Unit:
    """One content of a document: its source, and each person's decision."""

    source: str
    said: dict[str, str]


@dataclass(frozen=True)
class Groups:
    """Units by source and by person, and what each pair of people said about the units of both."""

    sources: dict[str, list[Unit]]
    people: dict[str, list[Unit]]
    pairs: dict[tuple[str, str], list[tuple[str, str]]]


def grouped(found: Sequence[Unit]) -> Groups:
    """The units each source, person and pair of people has."""
    groups = Groups(defaultdict(list), defaultdict(list), defaultdict(list))
    for unit in found:
        groups.sources[unit.source].append(unit)
        for name in unit.said:
            groups.people[name].append(unit)
        for one, other in combinations(sorted(unit.said), 2):
            groups.pairs[one, other].append((unit.said[one], unit.said[other]))
    return groups


def units(session: Session) -> list[Unit]:
    """Contents that two or more people decided about without seeing each other."""
    words = case((Review.decision == Decision.EDIT.value, Review.text))
    columns = (Review.document_id, Review.content_sha256, Review.decision, words, Document.source, User.name)
    query = select(*columns).join(Document, Document.id == Review.document_id).join(User, User.id == Review.user_id)
    found: dict[tuple[uuid.UUID, str], Unit] = {}
    texts: dict[tuple[uuid.UUID, str], list[Any]] = defaultdict(list)
    for document, content, decision, text, source, name in session.execute(
        query.where(Review.blind).order_by(Review.id)
    ):
        unit = found.setdefault((document, content), Unit(source, {}))
        unit.said.setdefault(name, decision if text is None else _edit(texts[document, content], text))
    return [unit for unit in found.values() if len(unit.said) > 1]


def _edit(texts: list[Any], text: Any) -> str:
    """The name of an edit among those of its unit: the same for the same text."""
    if text not in texts:
        texts.append(text)
    place = texts.index(text)
    return Decision.EDIT.value if not place else f"{Decision.EDIT.value} {place + 1}"


def kappa(pairs: Iterable[tuple[str, str]]) -> Figure:
    """Cohen's kappa (1960, Educational and Psychological Measurement 20: 37-46) of two people, each unit a pair."""
    found = Counter(pairs)
    names = sorted({value for pair in found for value in pair})
    tables = np.zeros((len(found), len(names), len(names)))
    for place, (one, other) in enumerate(found):
        tables[place, names.index(one), names.index(other)] = 1
    return _figure(tables, np.array(list(found.values())), [one == other for one, other in found], _kappa)


def alpha(ratings: Iterable[Sequence[str]]) -> Figure:
    """Krippendorff's alpha for names (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability), by unit.

    Units with fewer than two values say nothing and are not counted.
    """
    found = Counter(tuple(sorted(values)) for values in ratings if len(values) > 1)
    names = sorted({value for values in found for value in values})
    tables = np.zeros((len(found), len(names), len(names)))
    for place, values in enumerate(found):
        counts = np.array([values.count(name) for name in names], dtype=float)
        tables[place] = (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)
    return _figure(tables, np.array(list(found.values())), [len(set(values)) == 1 for values in found], _alpha)


def alpha_of(found: Iterable[Unit]) -> Figure:
    """Alpha of units."""
    return alpha([list(unit.said.values()) for unit in found])


def _figure(
    tables: Floats, times: NDArray[np.int64], agreed: Sequence[bool], coefficient: Callable[[Floats], Floats]
) -> Figure:
    """A coefficient of summed tables with its interval.

    Units of the same table are one row with a number of times: drawing units with replacement is drawing those numbers
    from a multinomial distribution.
    """
    total = int(times.sum()) if len(times) else 0
    if not total:
        return Figure(None, None, None, 0, 0)
    value = float(coefficient(np.einsum("p,pij->ij", times, tables)[None])[0])
    alike = int(times[np.array(agreed)].sum())
    if total < FEW:
        return Figure(_told(value), None, None, total, alike)
    drawn = np.random.default_rng(SEED).multinomial(total, times / total, size=DRAWS)
    spread = coefficient(np.einsum("dp,pij->dij", drawn, tables))
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, (2.5, 97.5)) if len(spread) else (np.nan, np.nan)
    return Figure(_told(value), _told(low), _told(high), total, alike)


def _told(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _kappa(tables: Floats) -> Floats:
    """Of each table of how often the one said this and the other that."""
    total = tables.sum((1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / total
    chance = (tables.sum(1) * tables.sum(2)).sum(1) / total**2
    return _over(seen - chance, 1 - chance)


def _alpha(tables: Floats) -> Floats:
    """Of each table of coincidences."""
    each = tables.sum(1)
    total = each.sum(1)
    apart = total - np.trace(tables, axis1=1, axis2=2)
    return 1 - _over((total - 1) * apart, total**2 - (each**2).sum(1))


def _over(above: Floats, below: Floats) -> Floats:
    """The quotient; none where everybody always says the same, which tells nothing."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 1e-12)
