"""Which decision about a document counts, and which verdict: the newest of its present content; readers ask here."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_
from sqlalchemy.orm.util import AliasedClass

from storage.models import Document, Purpose, Recipe, Review, Verdict

Query = TypeVar("Query", bound=Select[Any])


def counts(review: type[Review] | AliasedClass[Review] = Review) -> ColumnElement[bool]:
    """Whether a review is a decision that stands: no blind one that waits, no gold answer, none that was undone."""
    return and_(review.purpose == Purpose.DECISION.value, review.undone_at.is_(None))


def of_present_content(review: type[Review] | AliasedClass[Review] = Review) -> ColumnElement[bool]:
    """Joins a review to its document, if it is about the content the document has now."""
    return and_(review.document_id == Document.id, review.content_sha256 == Document.content_sha256)


def verdict_of_present_content() -> ColumnElement[bool]:
    """Joins a verdict to its document, if it is about the content the document has now."""
    return and_(Verdict.document_id == Document.id, Verdict.content_sha256 == Document.content_sha256)


def judged_last(verdicts: Query) -> Query:
    """A query of verdicts, behind what it is ordered by those of the recipe that judged last first."""
    joined = verdicts.join(Recipe, Recipe.sha256 == Verdict.recipe_sha256)
    return joined.order_by(Recipe.used_at.desc(), Verdict.id.desc())
