"""Models trained here: what they learn from, and their rows and files."""

import hashlib
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import zstandard
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from storage import blobs
from storage.documents import READ_BATCH
from storage.models import Decision, Document, Measurement, Model, Recipe, Review, State
from storage.quarantine import kept_apart
from storage.review.counting import counts
from storage.selection import recipe_named
from storage.settings import settings


class Judged(NamedTuple):
    """A content that a person decided about: its cleaned fields, its figures by step, and the decision."""

    document_id: uuid.UUID
    cleaned: dict[str, str]
    figures: dict[str, Any]
    approved: bool


class Waiting(NamedTuple):
    """A document in the review queue, as one recipe cleaned and measured it."""

    document_id: uuid.UUID
    cleaned: dict[str, str]
    figures: dict[str, Any]
    priority: float


class Titled(NamedTuple):
    """A pair whose site says what speciality its doctor has."""

    question: str
    answer: str
    title: str


def measured_by(session: Session, recipe: str) -> str:
    """The sha256 of what the recipe of that name measures, in its version that judged last.

    Raises UsageError listing the recipes that judged where none has the name.
    """
    return session.get_one(Recipe, recipe_named(session, recipe)).measures_sha256


def judged(session: Session, kind: str, measures_sha256: str) -> Iterator[Judged]:
    """Every document of a kind with the newest decision about it, on the content that was decided about.

    Texts and figures are those of one measure alone: recipes differ in what they mask. An edit is an approval.
    Documents whose decided content was never measured so are left out.
    """
    newest = (
        select(Review)
        .where(counts())
        .ext(distinct_on(Review.document_id))
        .order_by(Review.document_id, Review.id.desc())
        .subquery()
    )
    query = (
        select(
            newest.c.document_id, Measurement.cleaned, Measurement.figures, newest.c.decision != Decision.REJECT.value
        )
        .join(Document, Document.id == newest.c.document_id)
        .join(Measurement, _of(newest.c.document_id, newest.c.content_sha256, measures_sha256))
        .where(Document.kind == kind, ~kept_apart())
        .order_by(newest.c.document_id)
    )
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Judged(*row)


def waiting(session: Session, kind: str, measures_sha256: str) -> Iterator[Waiting]:
    """Every document of a kind that waits for a person and is measured so, oldest first."""
    query = (
        select(Document.id, Measurement.cleaned, Measurement.figures, Document.priority)
        .join(Measurement, _of(Document.id, Document.content_sha256, measures_sha256))
        .where(Document.kind == kind, Document.state == State.REVIEW.value, ~kept_apart())
        .order_by(Document.created_at, Document.id)
    )
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Waiting(*row)


def _of(
    document_id: SQLColumnExpression[uuid.UUID], content: SQLColumnExpression[str], measures_sha256: str
) -> ColumnElement[bool]:
    """Whether a measurement is the one of a document's content by a measure."""
    return and_(
        Measurement.document_id == document_id,
        Measurement.content_sha256 == content,
        Measurement.measures_sha256 == measures_sha256,
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
    values = {column: getattr(row, column) for column in columns}
    values["created_at"] = func.clock_timestamp()  # later than all it was trained on: `may_hold` compares them
    put = insert(Model).values(values)
    session.execute(put.on_conflict_do_nothing(index_elements=["name", "version"]))
    return session.scalars(select(Model).where(Model.name == row.name, Model.version == row.version)).one()


def keep(data: bytes) -> str:
    """Store bytes among the blobs; returns their sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst"
    if not path.is_file():
        blobs.write_whole(path, zstandard.compress(data))
    return sha256


def newest(session: Session, name: str, measures_sha256: str | None = None) -> Model | None:
    """The model of that name trained last; the last that learned from what a measure found, if there is one."""
    return session.scalars(_NEWEST, {"name": name, "measures": measures_sha256}).first()


def _newest() -> Select[Model]:
    """Built once: a page of the review room asks it for every claim."""
    own = Model.metrics["measures_sha256"].astext == bindparam("measures", type_=String)
    query = select(Model).where(Model.name == bindparam("name"))
    return query.order_by(func.coalesce(own, False).desc(), Model.id.desc()).limit(1)


_NEWEST = _newest()


def may_hold(session: Session, ids: Collection[uuid.UUID]) -> list[Model]:
    """The models that may have learned from one of the documents, oldest first.

    A quality model may from the first decision about one of them on, a speciality model from when a pair was stored.
    """
    among = any_(literal(list(ids), ARRAY(Uuid)))
    decided = select(func.min(Review.created_at)).where(Review.document_id == among).scalar_subquery()
    stored = select(func.min(Document.created_at)).where(Document.id == among, Document.kind == "qa").scalar_subquery()
    since = case((Model.kind == "quality", decided), else_=stored)
    return list(session.scalars(select(Model).where(Model.created_at >= since).order_by(Model.id)))


def listed(session: Session) -> list[Model]:
    """Every model, newest first."""
    return list(session.scalars(select(Model).order_by(Model.id.desc())))
