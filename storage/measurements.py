"""Measurements: documents claimed for a recipe with what is already measured of them, and new rows for the rest.

A measurement belongs to one content of one document and to what a recipe measures, not to its thresholds: recipes
that share the one share the other. Rows are only added.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, Uuid, and_, any_, cast, exists, func, literal, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from storage.db import as_json
from storage.documents import READ_BATCH
from storage.models import Document, Measurement
from storage.quarantine import kept_apart
from storage.verdicts import approved_otherwise, corpus_order, newest_decisions, on_content

FIRST = uuid.UUID(int=0)
TEXTS = ("title", "question", "answer", "text", "speciality")
BATCH = 250  # documents a transaction: a killed worker loses well under a second of work

_SIZE: ColumnElement[int] = sum(
    (func.coalesce(func.octet_length(getattr(Document, name)), 0) for name in TEXTS), literal(0)
)


@dataclass(frozen=True)
class Claimed:
    """A document that waits for a recipe's verdict; `measurement` and `figures` are None where nothing is measured.

    `size` is the bytes of its texts, known without reading them.
    """

    document_id: uuid.UUID
    content_sha256: str
    kind: str
    measurement: int | None
    figures: dict[str, Any] | None
    size: int


class Measured(NamedTuple):
    """A document with what was measured of its present content; `decision` and `approved` as `Survivor` has them."""

    document_id: uuid.UUID
    source: str
    measurement_id: int
    sketch: bytes
    figures: dict[str, Any]
    cleaned_md5: str
    decision: str | None
    approved: dict[str, str] | None


@dataclass(frozen=True)
class MeasurementFields:
    """What was measured of a claimed document; the columns of `Measurement`."""

    document_id: uuid.UUID
    content_sha256: str
    cleaned: dict[str, str]
    taken: dict[str, str]
    spans: dict[str, Any]
    figures: dict[str, Any]
    sketch: bytes


def claim(session: Session, measures_sha256: str, waiting: ColumnElement[bool], after: uuid.UUID) -> list[Claimed]:
    """Lock up to BATCH documents that are `waiting`, in the order of ids from `after` on.

    Another worker's claims are passed over; they are free again once its transaction ends, however it ends.
    """
    query = (
        select(Document.id, Document.content_sha256, Document.kind, Measurement.id, Measurement.figures, _SIZE)
        .outerjoin(Measurement, _of_now(measures_sha256))
        .where(Document.id > after, waiting)
        .order_by(Document.id)
        .limit(BATCH)
        .with_for_update(of=Document, skip_locked=True, key_share=True)
    )
    session.execute(_BY_INDEX)
    return [Claimed(*row) for row in session.execute(query)]


def texts(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, str | None]]:
    """What is measured of these documents: their fields as read, and the site's speciality."""
    query = select(Document.id, *(getattr(Document, name) for name in TEXTS))
    rows = session.execute(query.where(Document.id == any_(literal(list(ids), ARRAY(Uuid())))))
    return {row[0]: dict(zip(TEXTS, row[1:], strict=True)) for row in rows}


def unmeasured_by(measures_sha256: str) -> ColumnElement[bool]:
    """Of whose present content nothing is measured, among what is not kept apart."""
    return and_(~exists().where(_of_now(measures_sha256)).correlate(Document), ~kept_apart())


def all_measured(session: Session, measures_sha256: str) -> Iterator[Measured]:
    """Every document with its measurement, in the order of `storage.verdicts.survivors`."""
    decided = newest_decisions()
    columns = (Document.id, Document.source, Measurement.id, Measurement.sketch)
    digest = func.md5(cast(Measurement.cleaned, Text))
    query = (
        select(*columns, Measurement.figures, digest, decided.c.decision, approved_otherwise(decided))
        .join(Measurement, _of_now(measures_sha256))
        .outerjoin(decided, on_content(decided))
        .where(~kept_apart())
        .order_by(*corpus_order())
    )
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Measured(*row)


def save(session: Session, measures_sha256: str, rows: Sequence[MeasurementFields]) -> dict[uuid.UUID, int]:
    """Add measurements; returns the row's id for each document. One that another worker added meanwhile stays."""
    if not rows:
        return {}
    columns: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in MeasurementFields.__annotations__}
    written = {name: list(map(as_json, columns[name])) for name in ("cleaned", "taken", "spans", "figures")}
    given = columns | written | {"measures": measures_sha256}
    added = session.connection().exec_driver_sql(_ADD, given)
    return {document: number for document, number in added}  # noqa: C416  a row is no pair to mypy


def cleaned(session: Session, measurements: Collection[int]) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Id, kind of document and cleaned fields of these measurements, in any order."""
    # Not joined: for a thousand rows of a table it knows nothing of, the planner would read all documents.
    kind = select(Document.kind).where(Document.id == Measurement.document_id).scalar_subquery()
    wanted = Measurement.id == any_(literal(list(measurements), ARRAY(BigInteger())))
    yield from (tuple(row) for row in session.execute(select(Measurement.id, kind, Measurement.cleaned).where(wanted)))


def _of_now(measures_sha256: str) -> ColumnElement[bool]:
    """Joins a document to what is measured of the content it has now."""
    return and_(
        Measurement.document_id == Document.id,
        Measurement.content_sha256 == Document.content_sha256,
        Measurement.measures_sha256 == measures_sha256,
    )


# The planner takes tables that grow by thousands of rows a second for as small as they were at its last look, and would
# read them whole for every batch.
_BY_INDEX = sql("""
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material']) AS name
""")

# One parameter a column, in binary: one for each value takes longer to build than the texts to clean, and what is
# written as JSON need not be read as JSON again to find its columns.
_ADD = """
INSERT INTO measurements (document_id, measures_sha256, content_sha256, cleaned, taken, spans, figures, sketch)
SELECT document_id, %(measures)s, content_sha256, cleaned::jsonb, taken::jsonb, spans::jsonb, figures::jsonb, sketch
FROM unnest(
    %(document_id)b::uuid[], %(content_sha256)b::text[], %(cleaned)b::text[], %(taken)b::text[], %(spans)b::text[],
    %(figures)b::text[], %(sketch)b::bytea[]
) AS given (document_id, content_sha256, cleaned, taken, spans, figures, sketch)
ON CONFLICT (document_id, measures_sha256, content_sha256) DO UPDATE SET measures_sha256 = excluded.measures_sha256
RETURNING document_id, id
"""
