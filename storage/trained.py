"""Models trained here: what they learn from, and their rows and files."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import zstandard
from sqlalchemy import ScalarSelect, SQLColumnExpression, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, aliased

from storage import blobs
from storage.documents import READ_BATCH
from storage.models import Decision, Document, Measurement, Model, Review, State
from storage.quarantine import kept_apart
from storage.settings import settings


class Judged(NamedTuple):
    """A content that a person decided about: its cleaned fields, its figures by step, and the decision."""

    document_id: uuid.UUID
    cleaned: dict[str, str]
    figures: dict[str, Any]
    approved: bool


class Waiting(NamedTuple):
    """A document in the review queue, as cleaned and measured last."""

    document_id: uuid.UUID
    cleaned: dict[str, str]
    figures: dict[str, Any]
    priority: float


class Titled(NamedTuple):
    """A pair whose site says what speciality its doctor has."""

    question: str
    answer: str
    title: str


def judged(session: Session, kind: str) -> Iterator[Judged]:
    """Every document of a kind with the newest decision about it, on the content that was decided about.

    An edit is an approval. Documents whose decided content was never measured are left out.
    """
    newest = (
        select(Review).ext(distinct_on(Review.document_id)).order_by(Review.document_id, Review.id.desc()).subquery()
    )
    measured = _newest_measurement(newest.c.document_id, newest.c.content_sha256)
    query = (
        select(
            newest.c.document_id, Measurement.cleaned, Measurement.figures, newest.c.decision != Decision.REJECT.value
        )
        .join(Document, Document.id == newest.c.document_id)
        .join(Measurement, Measurement.id == measured)
        .where(Document.kind == kind, ~kept_apart())
        .order_by(newest.c.document_id)
    )
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Judged(*row)


def waiting(session: Session, kind: str) -> Iterator[Waiting]:
    """Every document of a kind that waits for a person, oldest first."""
    measured = _newest_measurement(Document.id, Document.content_sha256)
    query = (
        select(Document.id, Measurement.cleaned, Measurement.figures, Document.priority)
        .join(Measurement, Measurement.id == measured)
        .where(Document.kind == kind, Document.state == State.REVIEW.value, ~kept_apart())
        .order_by(Document.created_at, Document.id)
    )
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Waiting(*row)


def _newest_measurement(
    document_id: SQLColumnExpression[uuid.UUID], content: SQLColumnExpression[str]
) -> ScalarSelect[int]:
    """The id of what was measured last of a document's content."""
    inner = aliased(Measurement)
    return (
        select(func.max(inner.id))
        .where(inner.document_id == document_id, inner.content_sha256 == content)
        .scalar_subquery()
    )


def set_priorities(session: Session, priorities: Sequence[tuple[uuid.UUID, float]]) -> None:
    """Order the review queue: the higher, the sooner. Rows are locked in the order of their ids."""
    if not priorities:
        return
    statement = update(Document).where(Document.id == bindparam("of")).values(priority=bindparam("new"))
    statement = statement.values(updated_at=Document.updated_at)  # nothing about the document changed
    rows = [{"of": of, "new": new} for of, new in sorted(priorities, key=lambda one: one[0].bytes)]
    session.connection().execute(statement, rows)


def titled(session: Session) -> Iterator[Titled]:
    """Every pair with a speciality from its site, in the order of ids."""
    query = (
        select(Document.question, Document.answer, Document.speciality)
        .where(Document.kind == "qa", Document.speciality.is_not(None), ~kept_apart())
        .order_by(Document.id)
    )
    for question, answer, title in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Titled(question or "", answer or "", title or "")


def add(session: Session, row: Model, data: bytes) -> Model:
    """Keep a model's file and row; `blob` and `bytes` are set here. The row of the same version stays as it is."""
    row.blob, row.bytes = keep(data), len(data)
    columns = ("name", "version", "kind", "blob", "bytes", "metrics")
    put = insert(Model).values({column: getattr(row, column) for column in columns})
    session.execute(put.on_conflict_do_nothing(index_elements=["name", "version"]))
    return session.scalars(select(Model).where(Model.name == row.name, Model.version == row.version)).one()


def keep(data: bytes) -> str:
    """Store bytes among the blobs; returns their sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst"
    if not path.is_file():
        blobs.write_whole(path, zstandard.compress(data))
    return sha256


def newest(session: Session, name: str) -> Model | None:
    """The model of that name trained last."""
    return session.scalars(select(Model).where(Model.name == name).order_by(Model.id.desc()).limit(1)).first()


def listed(session: Session) -> list[Model]:
    """Every model, newest first."""
    return list(session.scalars(select(Model).order_by(Model.id.desc())))
