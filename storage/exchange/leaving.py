"""Which decisions go out, read by the thousand, so that a file of any length takes little memory."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from storage.exchange.row import Row
from storage.models import Document, Review, State, User
from storage.quarantine import kept_apart
from storage.review import showing
from storage.review.counting import counts

AT_ONCE = 1000


@dataclass(frozen=True)
class Wanted:
    """What goes out besides the decisions that count.

    `every` adds those that do not: outranked, undone, blind, gold, of an earlier content. `waiting` adds the records in
    review about which nobody decided, for other tools to ask people about.
    """

    every: bool = False
    waiting: bool = False


def rows(session: Session, wanted: Wanted) -> Iterator[Row]:
    """Decisions, oldest first, then what waits, in the order of ids; nothing of pages that are kept apart."""
    chosen = [] if wanted.every else [counts(), Review.content_sha256 == Document.content_sha256, ~_outranked()]
    query = select(Review, Document, User.name).join(Document, Document.id == Review.document_id)
    query = query.join(User, User.id == Review.user_id).where(~kept_apart(), *chosen).order_by(Review.id).limit(AT_ONCE)
    last = 0
    while page := session.execute(query.where(Review.id > last)).all():
        last = page[-1][0].id
        shown = showing.texts(session, [document for _, document, _ in page])
        yield from (_row(document, shown[document.id], (review, name)) for review, document, name in page)
    if wanted.waiting:
        yield from _waiting(session)


def _waiting(session: Session) -> Iterator[Row]:
    query = select(Document).where(Document.state == State.REVIEW.value, ~kept_apart())
    query, last = query.order_by(Document.id).limit(AT_ONCE), uuid.UUID(int=0)
    while page := session.scalars(query.where(Document.id > last)).all():
        last = page[-1].id
        shown = showing.texts(session, page)
        yield from (_row(document, shown[document.id]) for document in page)


def _outranked() -> ColumnElement[bool]:
    """Whether a newer decision about the same content counts, for a query of reviews."""
    newer = aliased(Review)
    same = (newer.document_id == Review.document_id, newer.content_sha256 == Review.content_sha256)
    return exists().where(*same, newer.id > Review.id, counts(newer)).correlate(Review)


def _row(document: Document, shown: Mapping[str, str], made: tuple[Review, str] | None = None) -> Row:
    about = {"document": document.id, "kind": document.kind, "source": document.source, "url": document.url}
    if made is None:
        return Row.model_validate(about | {"content_sha256": document.content_sha256, "shown": shown})
    review, name = made
    names = ("content_sha256", "decision", "reason", "text", "seconds", "purpose", "undone_at")
    decided = {each: getattr(review, each) for each in names} | {"by": name, "at": review.created_at}
    # What was shown of an earlier content is not kept anywhere.
    seen = {"shown": shown} if review.content_sha256 == document.content_sha256 else {}
    return Row.model_validate(about | decided | seen)
