"""Where every document stands under a recipe, as one query: what `storage.selection` tells row by row, in SQL.

A decision about the present content outranks the verdict; what is quarantined is left out.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Session

from storage.documents import READ_BATCH
from storage.models import Decision, Document, Kind, Measurement, Outcome, Page, Review, State, Verdict
from storage.review.counting import counts
from storage.splits import Pair

KEPT = (State.KEPT.value, State.APPROVED.value)


def standings(recipe_sha256: str) -> Subquery:
    """One row a document: document_id, source, kind, outcome, reason, measure, cluster, measurement_id, edited.

    `outcome` is a `State` value or `pending`; `edited` is the text a person gave in its place, by field. Verdict and
    edit are NULL where there is none.
    """
    verdict_of = and_(
        Verdict.document_id == Document.id,
        Verdict.recipe_sha256 == recipe_sha256,
        Verdict.content_sha256 == Document.content_sha256,
    )
    decided = _newest_decisions()
    decision_of = and_(decided.c.document_id == Document.id, decided.c.content_sha256 == Document.content_sha256)
    rejected = decided.c.decision == Decision.REJECT.value
    approved = and_(decided.c.decision.is_not(None), or_(Verdict.id.is_not(None), decided.c.given))
    outcome = case(
        (rejected, State.REJECTED.value),
        (approved, State.APPROVED.value),
        else_=func.coalesce(Verdict.outcome, State.NEW.value),
    )
    reason = case((rejected, decided.c.reason), (approved, None), else_=Verdict.reason)
    return (
        select(
            Document.id.label("document_id"),
            Document.source,
            Document.kind,
            outcome.label("outcome"),
            reason.label("reason"),
            Verdict.measure,
            Verdict.cluster,
            Verdict.measurement_id,
            decided.c.text.label("edited"),
        )
        .join(Page, Page.id == Document.page_id)
        .outerjoin(Verdict, verdict_of)
        .outerjoin(decided, decision_of)
        .where(~Page.quarantined)
        .subquery("standing")
    )


def kept_pairs(session: Session, recipe_sha256: str) -> Iterator[Pair]:
    """What the recipe and the reviews keep, as `storage.splits.divide` takes it."""
    stands = standings(recipe_sha256)
    texts = _texts(stands, ("question", "answer"))
    query = _kept(stands, Kind.QA, stands.c.document_id, stands.c.source, *texts, stands.c.cluster)
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Pair(*row)


def kept_articles(session: Session, recipe_sha256: str) -> Iterator[str]:
    """Title and text of what is kept, one under the other."""
    stands = standings(recipe_sha256)
    query = _kept(stands, Kind.ARTICLE, *_texts(stands, ("title", "text")))
    for row in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield "\n".join(filter(None, row))


def _kept(stands: Subquery, kind: Kind, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(stands).join(Document, Document.id == stands.c.document_id)
    query = query.outerjoin(Measurement, Measurement.id == stands.c.measurement_id)
    query = query.where(stands.c.kind == kind.value, stands.c.outcome.in_(KEPT))
    return query.order_by(Document.source.collate("C"), Document.record.collate("C"), Document.ordinal)


def _texts(stands: Subquery, names: tuple[str, ...]) -> list[ColumnElement[str]]:
    """The text a person gave, else the cleaned one, else what the document says."""
    return [
        func.coalesce(stands.c.edited[name].astext, Measurement.cleaned[name].astext, getattr(Document, name))
        for name in names
    ]


def judged(session: Session, recipe_sha256: str) -> bool:
    """Whether the recipe has a settled verdict on anything."""
    query = select(Verdict.id).where(Verdict.recipe_sha256 == recipe_sha256, Verdict.outcome != Outcome.PENDING.value)
    return session.scalar(query.limit(1)) is not None


def _newest_decisions() -> Subquery:
    content = (Review.document_id, Review.content_sha256)
    given = and_(func.jsonb_typeof(Review.text) == "object", Review.text != cast({}, JSONB))
    columns = (*content, Review.decision, Review.reason, Review.text, given.label("given"))
    query = select(*columns).where(counts()).ext(distinct_on(*content))
    return query.order_by(*content, Review.id.desc()).subquery("decided")
