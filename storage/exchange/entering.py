"""What becomes of decisions that a file brings: each is taken, there already, none, or wrong; nothing is guessed."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import audit
from storage.exchange.argilla import user_id
from storage.exchange.row import Line, Row
from storage.models import Claim, Decision, Document, Purpose, Review, User
from storage.review import decisions, showing
from storage.review.words import EDITABLE, REASONS

AT_ONCE = 500


class Fault(StrEnum):
    """Why a row that could be read is not taken."""

    NO_DOCUMENT = "there is no such document"
    OTHER_KIND = "the document is of another kind"
    STALE = "it is about a text that the document no longer has"
    UNKNOWN_PERSON = "nobody here has that name: --as USER says whose decisions these are"
    NO_REASON = "a rejection needs one of the reasons: " + ", ".join(REASONS)
    EMPTY = "an edit leaves a part empty"
    OUTRANKED = "another decision about it was made later"
    OPEN = "someone has it open now"
    FUTURE = "it was made in the future"


@dataclass
class Report:
    """What became of a file: decisions `taken`, the `same` that were there, records `undecided`, and what is wrong.

    `left_out` are the file's undone, blind and gold ones, which decide nothing.
    """

    taken: int = 0
    same: int = 0
    undecided: int = 0
    left_out: int = 0
    wrong: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Bringer:
    """Who brings a file in, by name, and the user whose decisions those of unknown people become, if any."""

    name: str
    stead: User | None = None


def enter(session: Session, lines: Iterable[Line], bringer: Bringer) -> Report:
    """Take every decision that can be taken, in the file's order; whoever calls rolls back where some are wrong.

    The audit trail names each decision's record and, once, who brought how many.
    """
    report, room = Report(), _Room(session, bringer)
    every = iter(lines)
    while part := list(islice(every, AT_ONCE)):
        room.look({line.row.document for line in part if line.row})
        for line in part:
            _count(report, line, room)
    counted = {name: getattr(report, name) for name in ("taken", "same", "undecided", "left_out")}
    audit.note(session, bringer.name, "decisions brought in", "reviews", **counted, wrong=len(report.wrong))
    return report


class _Room:
    """Who is known here, what time it is, and what is open now."""

    def __init__(self, session: Session, bringer: Bringer) -> None:
        users = session.scalars(select(User)).all()
        self.session, self.bringer = session, bringer
        self.now: dt.datetime = session.execute(select(func.now())).scalar_one()
        self.known = {user_id(user.name): user for user in users} | {user.name: user for user in users}
        self.open: set[uuid.UUID] = set()

    def look(self, documents: set[uuid.UUID]) -> None:
        """See which of these someone has open, before any is locked: nobody's decision waits for the file's end."""
        held = select(Claim.document_id).where(Claim.document_id.in_(documents), Claim.expires_at > func.now())
        self.open = set(self.session.scalars(held))

    def person(self, row: Row) -> User | None:
        return self.known.get(row.by or "", self.bringer.stead)


def _count(report: Report, line: Line, room: _Room) -> None:
    row = line.row
    if row is None:
        report.wrong.append(line)
    elif row.decision is None:
        report.undecided += 1
    elif row.purpose is not Purpose.DECISION or row.undone_at is not None:
        report.left_out += 1
    else:
        found = _decided(room, row)
        if isinstance(found, Fault):
            report.wrong.append(replace(line, row=None, wrong=found.value))
        else:
            report.taken += found
            report.same += not found


def _decided(room: _Room, row: Row) -> bool | Fault:
    """Whether the decision was taken, False where it is there already; or what is against it."""
    if row.document in room.open:
        return Fault.OPEN
    document = room.session.get(Document, row.document, with_for_update=True, populate_existing=True)
    if document is None:
        return Fault.NO_DOCUMENT
    row = row.model_copy(update={"reason": row.reason if row.decision is Decision.REJECT else None})
    shown = dict(showing.shown(room.session, document).text)
    if fault := _unfit(document, row, shown):
        return fault
    standing = showing.decision_of(room.session, document)
    if _is_there(room.session, row, standing):
        return False
    user = room.person(row)
    if user is None:
        return Fault.UNKNOWN_PERSON
    if fault := _untimely(room.now, row, standing) or _unfounded(row, shown):
        return fault
    _take(room, document, (row, user, shown))
    return True


def _unfit(document: Document, row: Row, shown: dict[str, str]) -> Fault | None:
    """What is wrong whoever decided and whenever."""
    if document.kind != row.kind:
        return Fault.OTHER_KIND
    current = row.shown == shown if row.content_sha256 is None else row.content_sha256 == document.content_sha256
    if not current:
        return Fault.STALE
    if row.decision is Decision.REJECT and row.reason not in REASONS:
        return Fault.NO_REASON
    if row.decision is Decision.EDIT:
        fields = row.text or {}
        whole = set(fields) == set(EDITABLE[document.kind]) and all(text.strip() for text in fields.values())
        return None if whole else Fault.EMPTY
    return None


def _is_there(session: Session, row: Row, standing: Review | None) -> bool:
    """Whether the same decision stands, or this very one was taken before, even if it was undone since."""
    if standing is not None and (standing.decision, standing.reason) == (row.decision, row.reason):
        same = row.decision is Decision.REJECT or row.text in (None, standing.text)
    else:
        same = False
    return same or session.scalar(select(Review.id).where(Review.key == row.key)) is not None


def _untimely(now: dt.datetime, row: Row, standing: Review | None) -> Fault | None:
    if row.at is not None and row.at > now:
        return Fault.FUTURE
    later = standing is None or (row.at is not None and row.at > standing.created_at)
    return None if later else Fault.OUTRANKED


def _unfounded(row: Row, shown: dict[str, str]) -> Fault | None:
    """An approval is of what would be shown now, or of nothing."""
    return Fault.STALE if row.decision is Decision.APPROVE and row.text not in (None, shown) else None


def _take(room: _Room, document: Document, made: tuple[Row, User, dict[str, str]]) -> None:
    row, user, shown = made
    text = {Decision.APPROVE: shown, Decision.EDIT: row.text}.get(row.decision or Decision.REJECT)
    review = Review(
        document_id=document.id,
        user_id=user.id,
        content_sha256=document.content_sha256,
        decision=str(row.decision),
        reason=row.reason,
        text=text,
        key=row.key,
        seconds=row.seconds,
        created_at=row.at or room.now,
    )
    decisions.bring(room.session, document, review)
    audit.note(room.session, room.bringer.name, "decision brought in", str(document.id), by=user.name)
