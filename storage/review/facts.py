"""What a decision depends on besides the document's row, read in one statement for any number of documents.

A decision a second from each of fifty people leaves a few milliseconds of processor time for each: what was a query
for every question about a record took most of them.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, Uuid, and_, bindparam, exists, select, true
from sqlalchemy.orm import Session

from storage.models import (
    Claim,
    Document,
    Gold,
    Measurement,
    Page,
    Purpose,
    Review,
    RoomSettings,
    User,
    Verdict,
)
from storage.review.counting import counts, judged_last, of_present_content, verdict_of_present_content
from storage.review.leases import DOCUMENTS, PERSON, within
from storage.review.words import LEADS, REVIEWERS


@dataclass(frozen=True)
class Facts:
    """About one document's present content, for one person.

    `others` says whether anybody else is there to decide, `opened` whether the person claimed it and did not give it
    back, `sent` whether a decision of the key asked for is stored. `question` is set where its answer is known and the
    person has not given one. `decision` is the review that counts, with its text and `decider`, `vote` the first blind
    one with its text; `cleaned` is the text as the last recipe cleaned it.
    """

    document: uuid.UUID
    active: bool
    others: bool
    quarantined: bool
    opened: bool
    sent: bool
    question: bool
    overlap_share: float | None
    decision: int | None
    decided: Mapping[str, Any] | None
    decider: int | None
    vote: str | None
    voted: Mapping[str, Any] | None
    cleaned: Mapping[str, Any] | None

    def asked(self, user: User) -> bool:
        """Whether a decision of this person would be an answer; a lead's only where it was given to them."""
        return self.question and (user.role not in LEADS or self.opened)

    def texts(self, asked: bool) -> tuple[int | None, Mapping[str, Any]]:
        """The decision that is shown to the person, if any, and the fields that differ from those read."""
        if asked or self.decision is None:
            return None, self.cleaned or {}
        return self.decision, {**(self.cleaned or {}), **(self.decided or {})}


def facts(
    session: Session, documents: Sequence[uuid.UUID], user_id: int, key: uuid.UUID | None = None
) -> dict[uuid.UUID, Facts]:
    """By document; of those that are there."""
    found = session.execute(_STATEMENT, {"documents": list(documents), "person": user_id, "key": key})
    return {row[0]: Facts(*row) for row in found}


def _statement() -> Select[Any]:
    own = and_(Claim.document_id == Document.id, Claim.user_id == PERSON)
    known = and_(Gold.document_id == Document.id, Gold.content_sha256 == Document.content_sha256)
    answered = and_(of_present_content(), Review.user_id == PERSON, Review.undone_at.is_(None))
    decision = _reviews(counts()).order_by(Review.id.desc()).limit(1).lateral("decision")
    blind = and_(Review.purpose == Purpose.BLIND.value, Review.undone_at.is_(None))
    vote = _reviews(blind).order_by(Review.id).limit(1).lateral("vote")
    cleaned = _cleaned().lateral("cleaned")
    columns = {
        "document": Document.id,
        "active": select(User.active).where(User.id == PERSON).scalar_subquery(),
        "others": exists().where(User.active, User.id != PERSON, User.role.in_(REVIEWERS)),
        "quarantined": select(Page.quarantined).where(Page.id == Document.page_id).scalar_subquery(),
        "opened": exists().where(own).correlate(Document),
        "sent": exists().where(Review.key == bindparam("key", type_=Uuid)),
        "question": and_(exists().where(known).correlate(Document), ~exists().where(answered).correlate(Document)),
        "overlap_share": select(RoomSettings.overlap_share).scalar_subquery(),
        "decision": decision.c.id,
        "decided": decision.c.text,
        "decider": decision.c.user_id,
        "vote": vote.c.decision,
        "voted": vote.c.text,
        "cleaned": cleaned.c.cleaned,
    }
    labelled: list[Any] = [columns[field.name].label(field.name) for field in fields(Facts)]
    query: Select[Any] = select(*labelled).select_from(Document)
    for part in (decision, vote, cleaned):
        query = query.outerjoin(part, true())
    return query.where(within(Document.id, DOCUMENTS))


def _reviews(which: Any) -> Select[Any]:
    query = select(Review.id, Review.decision, Review.text, Review.user_id).where(of_present_content(), which)
    return query.correlate(Document)


def _cleaned() -> Select[Any]:
    query = select(Measurement.cleaned).join(Verdict, Verdict.measurement_id == Measurement.id)
    return judged_last(query.where(verdict_of_present_content()).limit(1)).correlate(Document)


_STATEMENT = _statement()
