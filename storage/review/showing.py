"""What a person sees of a document, and the token that ties a decision to it."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload

from storage.models import Document, Measurement, Purpose, Review, State, User, Verdict
from storage.review.counting import Query, counts, judged_last, verdict_of_present_content
from storage.review.facts import Facts, facts
from storage.review.leases import DOCUMENTS, within
from storage.review.words import EDITABLE, Shown


def shown(session: Session, document: Document) -> Shown:
    """What is shown of a document now, its newest decision included."""
    return _shown(session, document, decision_of(session, document))


def shown_to(session: Session, document: Document, user: User) -> Shown:
    """What one person is shown: of a question with a known answer, what it was before anybody decided."""
    return shown_to_all(session, [document], user)[document.id]


def shown_to_all(session: Session, documents: Sequence[Document], user: User) -> dict[uuid.UUID, Shown]:
    """The same of many documents, in one query."""
    known = facts(session, [document.id for document in documents], user.id)
    return {each.id: shown_as(each, known[each.id], known[each.id].asked(user)) for each in documents}


def shown_as(document: Document, known: Facts, asked: bool) -> Shown:
    """The same of a document about which the rest is known already."""
    review, fields = known.texts(asked)
    text = _text(document, fields)
    return Shown(text, _token(document, text, review))


def _token(document: Document, text: Mapping[str, str], review: int | None) -> str:
    said = [document.content_sha256, text, review]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _shown(session: Session, document: Document, review: Review | None) -> Shown:
    verdict = verdict_of(session, document)
    fields = (verdict.measurement.cleaned if verdict else {}) | ((review.text or {}) if review else {})
    text = _text(document, fields)
    return Shown(text, _token(document, text, review.id if review else None))


def texts(session: Session, documents: Sequence[Document]) -> dict[uuid.UUID, dict[str, str]]:
    """What is shown of documents that nobody decided about, by id."""
    query = select(Verdict.document_id, Measurement.cleaned).join(Document, verdict_of_present_content())
    query = query.join(Measurement, Measurement.id == Verdict.measurement_id)
    found = session.execute(_one_each(query), {"documents": [each.id for each in documents]})
    cleaned = {row[0]: row[1] for row in found}
    return {document.id: _text(document, cleaned.get(document.id, {})) for document in documents}


def _text(document: Document, fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fields.get(name) or getattr(document, name) or "") for name in EDITABLE[document.kind]}


def decision_of(session: Session, document: Document) -> Review | None:
    """The decision about a document's present content that counts."""
    query = select(Review).where(Review.document_id == document.id, counts())
    query = query.where(Review.content_sha256 == document.content_sha256).order_by(Review.id.desc()).limit(1)
    return session.scalars(query).first()


def history(session: Session, document_id: uuid.UUID) -> list[tuple[Review, str]]:
    """Every decision about a document with its author's name, newest first, also those undone.

    Gold answers are not among them, and blind ones only once a decision ended the waiting: whoever is to decide must
    not learn from them.
    """
    query = select(Review, User.name).join(User, User.id == Review.user_id).where(Review.document_id == document_id)
    query = query.where(Review.purpose != Purpose.GOLD.value).order_by(Review.id.desc())
    found = [(review, name) for review, name in session.execute(query)]
    settled = {review.content_sha256 for review, _ in found if _counts(review)}
    return [
        (review, name)
        for review, name in found
        if review.purpose == Purpose.DECISION or review.content_sha256 in settled
    ]


def _counts(review: Review) -> bool:
    return review.purpose == Purpose.DECISION and review.undone_at is None


def verdicts_of(session: Session, documents: Sequence[Document]) -> dict[uuid.UUID, Verdict]:
    """`verdict_of` many documents, in one query; those without one are left out."""
    found = session.scalars(_VERDICTS, {"documents": [each.id for each in documents]})
    return {each.document_id: each for each in found}


def verdict_of(session: Session, document: Document) -> Verdict | None:
    """The verdict about the document's present content by the recipe that judged last."""
    return verdicts_of(session, [document]).get(document.id)


def _one_each(verdicts: Query) -> Query:
    """The verdict by the recipe that judged last, of each of DOCUMENTS."""
    own = verdicts.where(within(Document.id, DOCUMENTS)).order_by(Verdict.document_id)
    return judged_last(own).ext(distinct_on(Verdict.document_id))


_VERDICTS = _one_each(
    select(Verdict).join(Document, verdict_of_present_content()).options(joinedload(Verdict.measurement))
)


def states(session: Session) -> dict[str, int]:
    """Documents by state."""
    query = select(Document.state, func.count()).group_by(Document.state)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {state.value: found.get(state.value, 0) for state in State}
