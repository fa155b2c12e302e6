"""Which decision about a document counts: the newest of its present content that `counts`. Every reader asks here."""

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm.util import AliasedClass

from storage.models import Document, Purpose, Review


def counts(review: type[Review] | AliasedClass[Review] = Review) -> ColumnElement[bool]:
    """Whether a review is a decision that stands: no blind one that waits, no gold answer, none that was undone."""
    return and_(review.purpose == Purpose.DECISION.value, review.undone_at.is_(None))


def of_present_content(review: type[Review] | AliasedClass[Review] = Review) -> ColumnElement[bool]:
    """Joins a review to its document, if it is about the content the document has now."""
    return and_(review.document_id == Document.id, review.content_sha256 == Document.content_sha256)
