"""What leads look at: how much was decided, by whom, of what, for which reasons, and what waits.

Each figure is bounded: by days, by the newest so many decisions, or counted up to a number, so that a page of them is
quick over a million records. Days are UTC's.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from storage.browsing import patiently
from storage.models import AsideKind, Claim, Decision, Document, Purpose, Review, SetAside, State, User
from storage.models.documents import OPEN
from storage.review.filters import Filters, matching, waiting
from storage.review.gold import Accuracy, accuracies
from storage.review.skips import SKIPPED_FOR

DAYS = 30
MOST_BY_SOURCE = 10_000
"""Newest decisions that are counted by source: each is looked up."""
COUNTED = 20_000
"""What waits is counted up to so many of each age."""
PREVIEWED = 2_000
"""What filters find is counted up to so many: each is looked at."""
AGES = (("under_day", 1), ("under_week", 7), ("under_month", 30), ("older", None))


@dataclass
class Person:
    """One person's decisions of the period; `seconds` is the median time a record was in front."""

    name: str
    decided: Counter[str] = field(default_factory=Counter)
    undone: int = 0
    seconds: float | None = None
    last: dt.datetime | None = None
    gold: Accuracy | None = None


@dataclass(frozen=True)
class Age:
    """How many wait of an age; `more` where they are at least so many."""

    name: str
    count: int
    more: bool


@dataclass(frozen=True)
class Period:
    """Decisions that were not undone: by day (oldest first, all days) and decision, by reason, by person.

    Answers to questions with a known answer are none. What was decided in bulk is `bulk` alone: nobody read it.
    """

    days: Sequence[tuple[dt.date, Counter[str]]]
    reasons: Counter[str]
    people: Sequence[Person]
    bulk: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(sum(decided.values()) for _, decided in self.days)


def period(session: Session, days: int = DAYS) -> Period:
    """The last so many days, today included."""
    today = session.scalar(select(func.timezone("UTC", func.now())))
    first = (today or dt.datetime.now(dt.UTC)).date() - dt.timedelta(days=days - 1)
    day = func.date(func.timezone("UTC", Review.created_at)).label("day")
    undone = Review.undone_at.is_not(None).label("undone")
    groups = (day, Review.user_id, Review.decision, Review.reason, undone)
    query = select(*groups, func.count().label("times"), func.max(Review.created_at).label("last"))
    since = Review.created_at >= dt.datetime.combine(first, dt.time(), dt.UTC)
    query = query.where(since, *_own()).group_by(*groups)
    found: dict[dt.date, Counter[str]] = {first + dt.timedelta(days=n): Counter() for n in range(days)}
    reasons, people = Counter[str](), dict[int, Person]()
    names = {number: name for number, name in session.execute(select(User.id, User.name))}  # noqa: C416
    for row in session.execute(query):
        person = people.setdefault(row.user_id, Person(names[row.user_id]))
        person.last = max(filter(None, (person.last, row.last)))
        if row.undone:
            person.undone += row.times
            continue
        person.decided[row.decision] += row.times
        found.setdefault(row.day, Counter())[row.decision] += row.times
        if row.reason and row.decision == Decision.REJECT.value:
            reasons[row.reason] += row.times
    _pace(session, people, first)
    _gold(session, people)
    ranked = sorted(people.values(), key=lambda each: (-each.decided.total(), each.name))
    bulk = select(func.count()).where(since, Review.bulk_id.is_not(None), Review.undone_at.is_(None))
    return Period(sorted(found.items()), reasons, ranked, session.scalar(bulk) or 0)


def _own() -> tuple[ColumnElement[bool], ...]:
    """Decisions about one record that a person read, undone ones too."""
    return Review.purpose != Purpose.GOLD.value, Review.bulk_id.is_(None)


def _pace(session: Session, people: dict[int, Person], first: dt.date) -> None:
    middle = func.percentile_cont(0.5).within_group(Review.seconds)
    since = Review.created_at >= dt.datetime.combine(first, dt.time(), dt.UTC), Review.seconds.is_not(None)
    query = select(Review.user_id, middle).where(*since, *_own(), Review.undone_at.is_(None))
    for number, seconds in session.execute(query.group_by(Review.user_id)):
        people[number].seconds = seconds


def _gold(session: Session, people: dict[int, Person]) -> None:
    for number, accuracy in accuracies(session).items():
        if number in people:
            people[number].gold = accuracy


def by_source(session: Session) -> tuple[int, dict[str, Counter[str]]]:
    """The newest MOST_BY_SOURCE decisions by their documents' source: how many they are, and decisions of each."""
    newest = select(Review.document_id, Review.decision).where(Review.undone_at.is_(None))
    newest = newest.where(*_own()).order_by(Review.created_at.desc())
    due = newest.limit(MOST_BY_SOURCE).subquery()
    query = select(Document.source, due.c.decision, func.count()).join(due, due.c.document_id == Document.id)
    made: dict[str, Counter[str]] = {}
    for source, decision, count in session.execute(query.group_by(Document.source, due.c.decision)):
        made.setdefault(source, Counter())[decision] += count
    ranked = sorted(made.items(), key=lambda item: -item[1].total())
    return sum(counts.total() for counts in made.values()), dict(ranked)


def backlog(session: Session) -> tuple[Sequence[Age], dt.datetime | None]:
    """What anybody may be given, by age, each age counted up to COUNTED; and when the oldest was found."""
    now, open_ = func.now(), text(OPEN)
    made, newer = [], 0
    for name, days in AGES:
        since: list[ColumnElement[bool]] = [] if days is None else [Document.created_at > now - dt.timedelta(days=days)]
        until = [Document.created_at <= now - dt.timedelta(days=newer)] if newer else []
        found = select(Document.id).where(open_, *since, *until).order_by(Document.created_at.desc())
        few = found.limit(COUNTED + 1).subquery()
        count = session.scalar(select(func.count()).select_from(few)) or 0
        made.append(Age(name, min(count, COUNTED), count > COUNTED))
        newer = days or newer
    oldest = session.scalar(select(Document.created_at).where(open_).order_by(Document.created_at).limit(1))
    return made, oldest


def skipped(session: Session, most: int = 20) -> list[tuple[Document, int]]:
    """What most people skipped within a day, with how many did."""
    lately = SetAside.at > func.now() - SKIPPED_FOR, SetAside.resolved_at.is_(None)
    times = select(SetAside.document_id, func.count().label("times")).where(SetAside.kind == AsideKind.SKIP.value)
    due = times.where(*lately).group_by(SetAside.document_id).order_by(func.count().desc()).limit(most).subquery()
    query = select(Document, due.c.times).join(due, due.c.document_id == Document.id)
    rows = session.execute(query.where(Document.state == State.REVIEW.value).order_by(due.c.times.desc(), Document.id))
    return [(document, count) for document, count in rows]


@dataclass(frozen=True)
class Holding:
    """A person with what is theirs now: records open and given to them, decisions of today, and the last one's time."""

    name: str
    role: str
    open: int
    assigned: int
    today: int
    last: dt.datetime | None


def holdings(session: Session) -> list[Holding]:
    """Everybody who may log in, by name; what is given to a person is counted up to COUNTED."""
    held = select(Claim.user_id, func.count()).where(Claim.expires_at > func.now()).group_by(Claim.user_id)
    open_ = {number: count for number, count in session.execute(held)}  # noqa: C416
    given = select(Document.assignee_id).where(text("state = 'review' AND assignee_id IS NOT NULL")).limit(COUNTED)
    some = given.subquery()
    assigned = select(some.c.assignee_id, func.count()).group_by(some.c.assignee_id)
    theirs = {number: count for number, count in session.execute(assigned)}  # noqa: C416
    midnight = func.date_trunc("day", func.now(), "UTC")
    made = select(Review.user_id, func.count()).where(Review.created_at >= midnight, *_own())
    made = made.where(Review.undone_at.is_(None))
    today = {number: count for number, count in session.execute(made.group_by(Review.user_id))}  # noqa: C416
    newest = select(Review.created_at).where(Review.user_id == User.id).order_by(Review.id.desc()).limit(1)
    people = select(User, newest.correlate(User).scalar_subquery()).where(User.active).order_by(User.name)
    return [
        Holding(p.name, p.role, open_.get(p.id, 0), theirs.get(p.id, 0), today.get(p.id, 0), last)
        for p, last in session.execute(people)
    ]


def waiting_like(session: Session, filters: Filters, few: int = 5) -> tuple[int, Sequence[Document]]:
    """How many wait that the filters find, counted up to one more than PREVIEWED, and some of them.

    Raises UsageError, in Persian, where that takes too long.
    """
    query = select(Document).where(waiting(), *matching(filters))
    ids = select(Document.id).where(waiting(), *matching(filters)).limit(PREVIEWED + 1).subquery()
    [row] = patiently(session, select(func.count().label("found")).select_from(ids))
    sample = session.scalars(query.limit(few)).all()  # in order they would all be sorted first
    return row["found"], sample
