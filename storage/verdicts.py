"""Verdicts: documents claimed for a recipe, what it made of them, and how many met which end.

A recipe judges in two phases. `claim` and `save` serve the first, which looks at one document alone and runs
in any number of workers; `survivors`, `settle` and `set_states` serve the second, which compares them all.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, case, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.documents import READ_BATCH
from storage.models import Decision, Document, Outcome, Recipe, Review, State, Verdict
from storage.quarantine import kept_apart

FIRST = uuid.UUID(int=0)
BEFORE = "before"
"""Key in the measure of what the second phase found; holds the reason and measure of the first, or None."""


@dataclass(frozen=True)
class VerdictFields:
    """What the first phase says of one content of a document."""

    document_id: uuid.UUID
    content_sha256: str
    outcome: str
    reason: str | None = None
    measure: dict[str, Any] = field(default_factory=dict)
    cleaned: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """An outcome with its reason and measure; `cluster` is the document kept from a group of repeats."""

    outcome: str
    reason: str | None = None
    measure: dict[str, Any] = field(default_factory=dict)
    cluster: uuid.UUID | None = None


@dataclass(frozen=True)
class Survivor:
    """A document the first phase let pass: what it ruled alone, and what stands since the second phase last ran.

    `approved` tells whether a person passed this content.
    """

    verdict_id: int
    document_id: uuid.UUID
    content_sha256: str
    kind: str
    cleaned: dict[str, str]
    alone: Ruling
    stands: Ruling
    approved: bool


def register(session: Session, recipe: Recipe) -> None:
    """Keep the recipe's whole text beside its verdicts, and that it is the one in use now."""
    row = {"sha256": recipe.sha256, "name": recipe.name, "text": recipe.text}
    put = insert(Recipe).values(row)
    session.execute(put.on_conflict_do_update(index_elements=["sha256"], set_={"used_at": func.clock_timestamp()}))


def claim(session: Session, recipe_sha256: str, after: uuid.UUID, limit: int) -> Sequence[Document]:
    """Lock up to `limit` documents whose content the recipe has not judged, in the order of ids from `after` on.

    Another worker's claims are passed over; they are free again once its transaction ends, however it ends.
    """
    query = select(Document).where(Document.id > after, _unjudged(recipe_sha256)).order_by(Document.id).limit(limit)
    return session.scalars(query.with_for_update(of=Document, skip_locked=True, key_share=True)).all()


def unjudged(session: Session, recipe_sha256: str) -> int:
    """How many documents wait for the recipe's first phase."""
    return session.scalar(select(func.count()).select_from(Document).where(_unjudged(recipe_sha256))) or 0


def save(session: Session, recipe: tuple[str, str], verdicts: Sequence[VerdictFields]) -> None:
    """Insert the first phase's verdicts of a recipe (its name and sha256), or replace those on other content.

    A verdict on the same content stays as it is: whoever was first may have been settled since.
    """
    if not verdicts:
        return
    name, sha256 = recipe
    rows = [asdict(verdict) | {"recipe": name, "recipe_sha256": sha256, "cluster": None} for verdict in verdicts]
    put = insert(Verdict).values(rows)
    changed = {column: put.excluded[column] for column in rows[0] if column not in ("document_id", "recipe_sha256")}
    put = put.on_conflict_do_update(
        index_elements=["document_id", "recipe_sha256"],
        set_=changed | {"created_at": func.now()},
        where=Verdict.content_sha256 != put.excluded.content_sha256,
    )
    session.execute(put)


def lock(session: Session, recipe_sha256: str, *, wait: bool) -> bool:
    """Take the recipe's second phase for this transaction; without `wait`, False where another has it."""
    key = {"key": int.from_bytes(bytes.fromhex(recipe_sha256)[:8], "big", signed=True)}
    if wait:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), key))


def unsettled(session: Session, recipe_sha256: str) -> bool:
    """Whether a document was judged since the second phase last ran."""
    waiting = or_(Verdict.outcome == Outcome.PENDING, Document.state == State.NEW)
    query = select(Verdict.id).join(Document, _current(recipe_sha256)).where(waiting, ~kept_apart()).limit(1)
    return session.scalar(query) is not None


def survivors(session: Session, recipe_sha256: str) -> Iterator[Survivor]:
    """Every current verdict that the first phase did not drop.

    Oldest published first, undated ones last, then by source, record (shorter names first, as numbers
    sort), answer and id: an order that depends on neither workers nor the crawl.
    """
    order = (Document.published_at.nulls_last(), Document.source, func.length(Document.record), Document.record)
    query = (
        select(Verdict, Document.kind, _newest_decision().label("decision"))
        .join(Document, _current(recipe_sha256))
        .where(or_(Verdict.outcome != Outcome.DROPPED, Verdict.measure.has_key(BEFORE)), ~kept_apart())
        .order_by(*order, Document.ordinal, Document.id)
    )
    for verdict, kind, decision in session.execute(query, execution_options={"yield_per": READ_BATCH}):
        yield Survivor(
            verdict_id=verdict.id,
            document_id=verdict.document_id,
            content_sha256=verdict.content_sha256,
            kind=kind,
            cleaned=verdict.cleaned,
            alone=_alone(verdict),
            stands=Ruling(verdict.outcome, verdict.reason, verdict.measure, verdict.cluster),
            approved=decision in (Decision.APPROVE, Decision.EDIT),
        )
        session.expunge(verdict)


def second_measure(measure: dict[str, Any], alone: Ruling) -> dict[str, Any]:
    """The measure of a finding of the second phase, with what the first phase found kept in it."""
    before = {"reason": alone.reason, "measure": alone.measure} if alone.reason else None
    return measure | {BEFORE: before}


def settle(session: Session, changes: Sequence[tuple[Survivor, Ruling]]) -> None:
    """Write the second phase's rulings; a verdict replaced meanwhile keeps its newer content's."""
    if not changes:
        return
    named = ("outcome", "reason", "measure", "cluster")
    statement = (
        update(Verdict)
        .where(Verdict.id == bindparam("verdict"), Verdict.content_sha256 == bindparam("content"))
        .values({name: bindparam(f"new_{name}") for name in named})
    )
    rows = [
        {"verdict": survivor.verdict_id, "content": survivor.content_sha256}
        | {f"new_{name}": getattr(ruling, name) for name in named}
        for survivor, ruling in changes
    ]
    session.connection().execute(statement, rows)


def set_states(session: Session, recipe_sha256: str) -> None:
    """Bring documents' states in line with the recipe's verdicts, and with the reviews that outrank them.

    A decision counts for the content it was made on. Rows are locked in the order of their ids.
    """
    decision = _newest_decision()
    state = case(
        (decision == Decision.REJECT, State.REJECTED.value),
        (decision.is_not(None), State.APPROVED.value),
        else_=Verdict.outcome,
    )
    due = (
        select(Document.id, state.label("state"))
        .join(Verdict, _current(recipe_sha256))
        .where(Verdict.outcome != Outcome.PENDING, Document.state != state)
        .order_by(Document.id)
        .with_for_update(of=Document, key_share=True)
        .cte("due")
    )
    session.execute(
        update(Document)
        .where(Document.id == due.c.id, or_(Document.state.not_in(REVIEWED), due.c.state.in_(REVIEWED)))
        .values(state=due.c.state, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )


def funnel(session: Session, recipe_sha256: str) -> list[dict[str, Any]]:
    """How many documents of each source and kind met which outcome for which reason, `new` for those not judged.

    Rows: source, kind, outcome, reason (None where kept), count. Verdicts alone; reviews are not looked at.
    """
    outcome = func.coalesce(Verdict.outcome, State.NEW.value).label("outcome")
    columns = (Document.source, Document.kind, outcome, Verdict.reason)
    query = select(*columns, func.count().label("count")).outerjoin(Verdict, _current(recipe_sha256))
    rows = session.execute(query.group_by(*columns).order_by(*columns)).mappings()
    return [dict(row) for row in rows]


REVIEWED = (State.APPROVED.value, State.REJECTED.value)


def _current(recipe_sha256: str) -> ColumnElement[bool]:
    """Joins a document to the recipe's verdict on the content it has now."""
    return and_(
        Verdict.document_id == Document.id,
        Verdict.content_sha256 == Document.content_sha256,
        Verdict.recipe_sha256 == recipe_sha256,
    )


def _unjudged(recipe_sha256: str) -> ColumnElement[bool]:
    """Without a verdict on the present content, and not read by a reader that is taken for broken."""
    return and_(~exists().where(_current(recipe_sha256)).correlate(Document), ~kept_apart())


def _newest_decision() -> ScalarSelect[str]:
    """The newest decision on the document's present content; NULL without one."""
    return (
        select(Review.decision)
        .where(Review.document_id == Document.id, Review.content_sha256 == Document.content_sha256)
        .order_by(Review.id.desc())
        .limit(1)
        .correlate(Document)
        .scalar_subquery()
    )


def _alone(verdict: Verdict) -> Ruling:
    if BEFORE in verdict.measure:
        before = verdict.measure[BEFORE]
        return Ruling(Outcome.REVIEW.value, **before) if before else Ruling(Outcome.PENDING.value)
    if verdict.outcome == Outcome.REVIEW:
        return Ruling(verdict.outcome, verdict.reason, verdict.measure)
    return Ruling(Outcome.PENDING.value)
