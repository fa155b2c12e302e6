"""Narrowing and ordering what waits for review: the same for one person's queue and for what leads do to a set."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, and_, func, literal, select

from storage.errors import UsageError
from storage.models import Document, Kind, State, Verdict
from storage.quarantine import kept_apart
from storage.review.counting import judged_last, verdict_of_present_content
from storage.review.gold import is_gold

Order = Literal["uncertain", "oldest", "newest", "shortest"]
LENGTH: ColumnElement[int] = (
    func.coalesce(func.length(Document.question), 0)
    + func.coalesce(func.length(Document.answer), 0)
    + func.coalesce(func.length(Document.text), 0)
)
"""As the index has it."""
_ORDERS: dict[str, tuple[Any, ...]] = {
    "uncertain": (Document.urgency.desc(), Document.priority.desc(), Document.created_at, Document.id),
    "oldest": (Document.created_at, Document.id),
    "newest": (Document.created_at.desc(), Document.id.desc()),
    "shortest": (LENGTH, Document.id),
}


@dataclass(frozen=True)
class Filters:
    """Which records, and in which order. What is empty or None filters nothing.

    `reasons` are those of the verdict that sent a record here, `since` and `until` days of its publication, both
    included; lengths are letters of the text as read. Only "uncertain" heeds what leads call urgent.
    """

    sources: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    specialities: tuple[str, ...] = ()
    longer_than: int | None = None
    shorter_than: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    order: Order = "uncertain"

    def __post_init__(self) -> None:
        """Raises UsageError for an order or kind that does not exist."""
        if self.order not in get_args(Order) or set(self.kinds) - {kind.value for kind in Kind}:
            raise UsageError("چنین ترتیب یا نوعی نیست.")

    def as_json(self) -> dict[str, Any]:
        """What is filtered by, as a row or the audit trail keeps it."""
        given = {name: value for name, value in asdict(self).items() if value not in ((), None)}
        return {name: str(value) if isinstance(value, dt.date) else value for name, value in given.items()}


def ordered(filters: Filters) -> tuple[Any, ...]:
    """The columns to order by; each order has its index."""
    return _ORDERS[filters.order]


def matching(filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask, for a query of documents."""
    among = (
        (Document.source, filters.sources),
        (Document.kind, filters.kinds),
        (Document.speciality, filters.specialities),
        (_reason(), filters.reasons),
    )
    return [column.in_(wanted) for column, wanted in among if wanted] + list(_between(filters))


def _between(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.longer_than is not None:
        yield filters.longer_than < LENGTH
    if filters.shorter_than is not None:
        yield filters.shorter_than > LENGTH
    if filters.since is not None:
        yield Document.published_at >= filters.since
    if filters.until is not None:
        yield Document.published_at <= filters.until


def _reason() -> Any:
    """The reason of the verdict on the present content by the recipe that judged last."""
    query = select(Verdict.reason).where(verdict_of_present_content()).limit(1)
    return judged_last(query).correlate(Document).scalar_subquery()


def waiting() -> ColumnElement[bool]:
    """Whether a document waits for anybody: no lead's turn, no question with a known answer, not kept apart."""
    led = and_(~Document.disputed, ~Document.flagged)
    return and_(in_review(), led, ~is_gold(), ~kept_apart())


def in_review() -> ColumnElement[bool]:
    """Whether a document's state is `review`; written out, so that the planner sees the indexes' condition."""
    return Document.state == literal(State.REVIEW.value, literal_execute=True)
