"""What a recipe and the people reviewing it keep: the one query that exports and counts share.

An approval or an edit keeps a document, a rejection drops it, whatever the verdict said; a decision
counts only for the content it was made on. `pending` and `new` documents are not yet decided.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from storage.documents import READ_BATCH
from storage.errors import UsageError, unknown
from storage.models import Decision, Document, Measurement, Outcome, Page, Recipe, Review, State, Verdict
from storage.review.counting import counts, of_present_content


@dataclass(frozen=True)
class Selected:
    """A document with what was decided about it; `outcome` is a `State` value, `fields` the cleaned text.

    `cluster` is the document kept of its group of repeats, if the recipe found it in one. `cleaned` is what the recipe
    made of the text, whatever a person made of it then; empty where the recipe never saw it.
    """

    document: Document
    page_sha256: str
    outcome: str
    reason: str | None
    fields: dict[str, str]
    cluster: uuid.UUID | None = None
    cleaned: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The cleaned text where there is one, else what the document says."""
        text: str | None = self.fields.get(name, getattr(self.document, name))
        return text


def recipe_named(session: Session, name: str) -> str:
    """The sha256 of the recipe's version that judged last. Raises UsageError listing the recipes that did."""
    versions = {row.name: row.sha256 for row in session.scalars(select(Recipe).order_by(Recipe.used_at))}
    if not versions:
        raise UsageError("nothing is cleaned yet: run `cleaning run` first")
    if name not in versions:
        raise unknown("recipe with verdicts", name, versions)
    return versions[name]


def selected(session: Session, recipe_sha256: str, *filters: ColumnElement[bool]) -> Iterator[Selected]:
    """Every document with its outcome under the recipe, by source, kind, record and answer; flat in memory."""
    query = _query(recipe_sha256).where(*filters)
    for document, page_sha256, verdict, cleaned, review in session.execute(
        query, execution_options={"yield_per": READ_BATCH}
    ):
        outcome, reason, fields = _decided(verdict, cleaned, review)
        cluster = verdict.cluster if verdict else None
        yield Selected(document, page_sha256, outcome, reason, fields, cluster, cleaned or {})
        for row in filter(None, (document, verdict, review)):  # all at once would take the next batch's as well
            session.expunge(row)


def _query(recipe_sha256: str) -> Select[Document, str, Verdict | None, dict[str, str] | None, Review | None]:
    newest = select(func.max(Review.id)).where(of_present_content(), counts()).correlate(Document).scalar_subquery()
    review = aliased(Review)
    verdict_of = and_(
        Verdict.document_id == Document.id,
        Verdict.recipe_sha256 == recipe_sha256,
        Verdict.content_sha256 == Document.content_sha256,
    )
    return (
        select(Document, Page.sha256, Verdict, Measurement.cleaned, review)
        .join(Page, Document.page_id == Page.id)
        .where(~Page.quarantined)
        .outerjoin(Verdict, verdict_of)
        .outerjoin(Measurement, Measurement.id == Verdict.measurement_id)
        .outerjoin(review, review.id == newest)
        .order_by(Document.source.collate("C"), Document.kind, Document.record.collate("C"), Document.ordinal)
    )


def _decided(
    verdict: Verdict | None, cleaned: dict[str, str] | None, review: Review | None
) -> tuple[str, str | None, dict[str, str]]:
    fields = cleaned or {}
    if review is not None and review.decision == Decision.REJECT:
        return State.REJECTED.value, review.reason, fields
    if review is not None and (verdict or review.text):
        return State.APPROVED.value, None, fields | (review.text or {})
    if verdict is None:
        return State.NEW.value, None, fields
    return verdict.outcome, verdict.reason, fields


KEPT = frozenset({Outcome.KEPT.value, State.APPROVED.value})
UNDECIDED = frozenset({State.NEW.value, Outcome.PENDING.value})


class Outcomes:
    """Counts of documents by source, kind, outcome and reason."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str, str]] = Counter()

    def add(self, item: Selected) -> None:
        """Count one document."""
        self.counts[item.document.source, item.document.kind, item.outcome, item.reason or ""] += 1

    def rows(self) -> list[dict[str, Any]]:
        """One row a count: source, kind, outcome, reason, documents."""
        names = ("source", "kind", "outcome", "reason")
        return [dict(zip(names, key, strict=True), documents=n) for key, n in sorted(self.counts.items())]

    def undecided(self) -> int:
        """How many documents wait for the recipe."""
        return sum(n for (_, _, outcome, _), n in self.counts.items() if outcome in UNDECIDED)
