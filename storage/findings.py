"""What a recipe found in the stored documents, for a report: samples, groups of repeats, what was masked.

Everything is counted in the database; texts come out cleaned, never as crawled, and only their beginnings.
"""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Subquery, Text, case, cast, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, distinct_on
from sqlalchemy.orm import Session

from storage.models import Kind, Measurement, Outcome, State, Verdict
from storage.standings import KEPT, standings

BEGINNING = 4000
"""Characters of a text that are read."""
FIELDS = {Kind.QA.value: ("question", "answer"), Kind.ARTICLE.value: ("title", "text")}
STOPPED = (Outcome.DROPPED.value, Outcome.REVIEW.value, State.REJECTED.value)


class Sample(NamedTuple):
    """A document as the recipe left it: the beginnings of its cleaned fields, and how many characters each has."""

    document_id: uuid.UUID
    source: str
    kind: str
    texts: dict[str, str]
    lengths: dict[str, int]


class Stopped(NamedTuple):
    """Documents that one reason stopped: how many there are, and some with the measures that decided."""

    outcome: str
    reason: str | None
    documents: int
    samples: list[tuple[Sample, dict[str, Any]]]


class Cluster(NamedTuple):
    """A group of repeats: its documents by source, what was found against how many, and the one that copies repeat.

    `outcome` is where that one stands; both are None where its content has changed since.
    """

    cluster: uuid.UUID
    documents: int
    sources: dict[str, int]
    reasons: dict[str, int]
    first: Sample | None
    outcome: str | None


class Clusters(NamedTuple):
    """All groups of repeats of two or more.

    `sizes` counts groups by their number of documents, `across` groups and their documents by the sources they
    stand in, for those in more than one; both whole. `largest` are the first few by size.
    """

    sizes: dict[int, int]
    across: list[tuple[tuple[str, ...], int, int]]
    largest: list[Cluster]


class Spans(NamedTuple):
    """What was cut out of one source's texts: pieces of a kind, and documents with any; `kept` if it is in a field."""

    source: str
    kind: str
    kept: bool
    pieces: int
    documents: int


def stopped(session: Session, recipe_sha256: str, samples: int, seed: int) -> list[Stopped]:
    """Every outcome and reason that keeps documents out, the most frequent first; the same seed draws the same samples.

    A rejection by a person is one reason, whatever they gave.
    """
    stands = standings(recipe_sha256)
    rejected = stands.c.outcome == State.REJECTED.value
    reason = func.nullif(func.coalesce(stands.c.reason, ""), "")
    group = (stands.c.outcome, case((rejected, None), else_=reason).label("group_reason"))
    place = func.md5(func.concat(cast(stands.c.document_id, Text), literal(str(seed))))
    ranked = select(
        *group,
        stands.c.document_id,
        stands.c.source,
        stands.c.kind,
        stands.c.measure,
        stands.c.measurement_id,
        func.row_number().over(partition_by=group, order_by=(place, stands.c.document_id)).label("rank"),
        func.count().over(partition_by=group).label("documents"),
    ).where(stands.c.outcome.in_(STOPPED))
    chosen = ranked.subquery("chosen")
    query = (
        select(chosen, *_beginnings())
        .outerjoin(Measurement, Measurement.id == chosen.c.measurement_id)
        .where(chosen.c.rank <= max(samples, 1))
        .order_by(chosen.c.documents.desc(), chosen.c.outcome, chosen.c.group_reason, chosen.c.rank)
    )
    found: dict[tuple[str, str | None], Stopped] = {}
    for row in session.execute(query):
        own = found.setdefault(
            (row.outcome, row.group_reason), Stopped(row.outcome, row.group_reason, row.documents, [])
        )
        if row.rank <= samples and row.measurement_id is not None:
            own.samples.append((_sample(row), row.measure or {}))
    return list(found.values())


def clusters(session: Session, recipe_sha256: str, largest: int) -> Clusters:
    """The groups of repeats, the largest with the beginning of what stays of them."""
    stands = standings(recipe_sha256)
    members = select(stands.c.cluster, stands.c.source, stands.c.reason).where(stands.c.cluster.is_not(None)).cte("m")
    size = func.count().label("size")
    groups = (
        select(members.c.cluster, size, func.array_agg(members.c.source.distinct()).label("sources"))
        .group_by(members.c.cluster)
        .having(func.count() > 1)
        .cte("groups")
    )
    sizes = session.execute(select(groups.c.size, func.count()).group_by(groups.c.size).order_by(groups.c.size))
    width = func.cardinality(groups.c.sources)
    across = session.execute(
        select(groups.c.sources, func.count().label("clusters"), func.sum(groups.c.size))
        .where(width > 1)
        .group_by(groups.c.sources)
        .order_by(func.count().desc(), groups.c.sources)
    )
    first = select(groups.c.cluster).order_by(groups.c.size.desc(), groups.c.cluster).limit(largest)
    ids = list(session.scalars(first))
    return Clusters(
        {size: count for size, count in sizes},  # noqa: C416  a row is no pair to mypy
        [(tuple(sources), count, int(documents)) for sources, count, documents in across],
        _members(session, stands, ids),
    )


def spans(session: Session, recipe_sha256: str) -> list[Spans]:
    """What the recipe's extracts found in the documents as they are now, by source and kind."""
    stands = standings(recipe_sha256)
    field = func.jsonb_each(Measurement.spans).table_valued("key", "value", name="field").render_derived()
    pieces = (
        select(stands.c.document_id, stands.c.source, Measurement.taken, field.c.key)
        .add_columns(func.jsonb_array_elements(cast(field.c.value, JSONB), type_=JSONB).label("piece"))
        .select_from(stands)
        .join(Measurement, Measurement.id == stands.c.measurement_id)
        .join(field, literal(True))
        .where(Measurement.spans != cast({}, JSONB))
        .subquery("pieces")
    )
    kind = pieces.c.piece[0].astext.label("kind")
    kept = pieces.c.taken.has_key(func.concat(pieces.c.key, "_", pieces.c.piece[0].astext)).label("kept")
    group = (pieces.c.source, kind, kept)
    counts = func.count(), func.count(pieces.c.document_id.distinct())
    return sorted(Spans(*row) for row in session.execute(select(*group, *counts).group_by("source", "kind", "kept")))


PATHS = {
    "speciality": '$.keyvalue() ? (@.key starts with "speciality").value',  # the key names the model too
    "drugs": "$.mentions.drugs",
    "diseases": "$.mentions.diseases",
}
"""Where figures tell what a record is about."""


def _told(figures: Any, what: str) -> Any:
    return type_coerce(func.jsonb_path_query_first(figures, cast(PATHS[what], JSONPATH)), JSONB)


def measured(session: Session, recipe_sha256: str, keys: Sequence[str]) -> set[str]:
    """Which of these, by their names in PATHS, the documents' figures tell."""
    of_recipe = select(Measurement.figures).join(Verdict, Verdict.measurement_id == Measurement.id)
    figures = of_recipe.where(Verdict.recipe_sha256 == recipe_sha256).subquery("f").c.figures
    there = (func.coalesce(func.bool_or(_told(figures, key).is_not(None)), False) for key in keys)
    row = session.execute(select(*there)).one()
    return {key for key, found in zip(keys, row, strict=True) if found}


def specialities(session: Session, recipe_sha256: str) -> list[tuple[str, str, int, int]]:
    """For each speciality and who says so, the documents, and those of them that are kept; empty where none is told."""
    stands = standings(recipe_sha256)
    told = _told(Measurement.figures, "speciality")
    group = (told["name"].astext.label("name"), func.coalesce(told["by"].astext, "").label("by"))
    kept = func.count().filter(stands.c.outcome.in_(KEPT))
    query = select(*group, func.count(), kept).select_from(stands)
    query = query.join(Measurement, Measurement.id == stands.c.measurement_id).where(told["name"].astext.is_not(None))
    rows = [tuple(row) for row in session.execute(query.group_by("name", "by"))]
    return sorted(rows, key=lambda row: (-row[2], row))


def terms(session: Session, recipe_sha256: str, kind: str, most: int) -> tuple[int, list[tuple[str, int]]]:
    """How many kept documents name any drug (`kind` "drugs") or disease ("diseases"), and the most frequent ones."""
    stands = standings(recipe_sha256)
    told = _told(Measurement.figures, kind)
    kept = select(stands.c.document_id, told.label("told")).select_from(stands)
    kept = kept.join(Measurement, Measurement.id == stands.c.measurement_id)
    kept = kept.where(func.jsonb_typeof(told) == "object", told != cast({}, JSONB), stands.c.outcome.in_(KEPT))
    found = kept.cte("found")
    name = func.jsonb_object_keys(found.c.told).label("name")
    query = select(name, func.count()).group_by("name").order_by(func.count().desc(), name).limit(most)
    documents = session.scalar(select(func.count()).select_from(found)) or 0
    return documents, [(row[0], row[1]) for row in session.execute(query)]


def _members(session: Session, stands: Subquery, ids: list[uuid.UUID]) -> list[Cluster]:
    """These clusters, in this order."""
    if not ids:
        return []
    query = select(stands.c.cluster, stands.c.source, stands.c.reason, func.count()).where(stands.c.cluster.in_(ids))
    sources: dict[uuid.UUID, dict[str, int]] = {id_: {} for id_ in ids}
    reasons: dict[uuid.UUID, dict[str, int]] = {id_: {} for id_ in ids}
    for id_, source, reason, count in session.execute(query.group_by(*query.selected_columns[:3])):
        sources[id_][source] = sources[id_].get(source, 0) + count
        if reason:
            reasons[id_][reason] = reasons[id_].get(reason, 0) + count
    first = _first(session, stands, ids)
    return [
        Cluster(id_, sum(sources[id_].values()), sources[id_], reasons[id_], *first.get(id_, (None, None)))
        for id_ in ids
    ]


def _first(session: Session, stands: Subquery, ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[Sample, str]]:
    """What stays of each cluster, else the document that gave it its name."""
    columns = (stands.c.cluster, stands.c.document_id, stands.c.source, stands.c.kind, stands.c.outcome)
    query = (
        select(*columns, *_beginnings())
        .join(Measurement, Measurement.id == stands.c.measurement_id)
        .where(stands.c.cluster.in_(ids))
        .ext(distinct_on(stands.c.cluster))
        .order_by(
            stands.c.cluster,
            stands.c.outcome.in_(KEPT).desc(),
            (stands.c.cluster == stands.c.document_id).desc(),
            stands.c.document_id,
        )
    )
    return {row.cluster: (_sample(row), row.outcome) for row in session.execute(query)}


def _beginnings() -> list[ColumnElement[Any]]:
    columns: list[ColumnElement[Any]] = []
    for name in sorted({name for names in FIELDS.values() for name in names}):
        text = Measurement.cleaned[name].astext
        columns += [func.left(text, BEGINNING).label(name), func.char_length(text).label(f"{name}_length")]
    return columns


def _sample(row: Row[Any]) -> Sample:
    values = row._mapping
    names = [name for name in FIELDS[row.kind] if values[name] is not None]
    lengths = {name: values[f"{name}_length"] for name in names}
    return Sample(row.document_id, row.source, row.kind, {name: values[name] for name in names}, lengths)
