"""Verdicts: what a recipe made of documents, and how many met which end.

A recipe judges in two phases. `save` serves the first, which looks at one document alone and runs in any number of
workers, see `storage.measurements`; `survivors`, `settle` and `set_states` serve the second, which compares them all.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from storage.db import as_json
from storage.documents import READ_BATCH
from storage.models import Decision, Document, Measurement, Outcome, Purpose, Recipe, Review, State, Verdict
from storage.quarantine import kept_apart
from storage.review.counting import counts

REVIEWS_WAIT = dt.timedelta(minutes=10)
BEFORE = "before"
"""Key in the measure of what the second phase found; holds the reason and measure of the first, or None."""


class Ruling(NamedTuple):
    """An outcome with its reason and measure; `cluster` is the document that stands for a group of repeats."""

    outcome: str
    reason: str | None = None
    measure: dict[str, Any] = {}
    cluster: uuid.UUID | None = None


class VerdictFields(NamedTuple):
    """What the first phase says of one content of a document, by its measurement."""

    document_id: uuid.UUID
    content_sha256: str
    measurement_id: int
    ruling: Ruling


class Survivor(NamedTuple):
    """A document that the first phase or a person let pass: what it ruled alone, and what stands since the second ran.

    `decision` is a person's about this content, `approved` the text it let pass, where that is not what was measured.
    """

    verdict_id: int
    document_id: uuid.UUID
    measurement_id: int
    sketch: bytes
    alone: Ruling
    stands: Ruling
    decision: str | None
    approved: dict[str, str] | None = None


def register(session: Session, recipe: Recipe) -> None:
    """Keep the recipe's whole text beside its verdicts, and that it is the one in use now."""
    row = {name: getattr(recipe, name) for name in ("sha256", "measures_sha256", "name", "text")}
    put = insert(Recipe).values(row)
    session.execute(
        put.on_conflict_do_update(
            index_elements=["sha256"],
            set_={"used_at": func.clock_timestamp(), "measures_sha256": recipe.measures_sha256},
        )
    )


def unjudged(session: Session, recipe_sha256: str) -> int:
    """How many documents wait for the recipe's first phase.

    Counted as all but those judged: a recipe that has just begun is not in the planner's statistics, and for "without a
    verdict" it would compare each document with each verdict.
    """
    every = select(func.count()).select_from(Document).where(~kept_apart())
    judged = every.join(Verdict, _current(recipe_sha256))
    return (session.scalar(every) or 0) - (session.scalar(judged) or 0)


def save(session: Session, recipe: Recipe, verdicts: Sequence[VerdictFields]) -> None:
    """Insert the first phase's verdicts of a recipe, or replace those on other content.

    A verdict on the same content stays as it is: whoever was first may have been settled since.
    """
    if not verdicts:
        return
    rulings = [verdict.ruling for verdict in verdicts]
    columns = {name: [getattr(verdict, name) for verdict in verdicts] for name in VerdictFields._fields[:-1]}
    named = {"recipe": recipe.name, "sha256": recipe.sha256}
    session.connection().exec_driver_sql(_SAVE, columns | _columns(rulings) | named)


def _columns(rulings: Sequence[Ruling]) -> dict[str, list[Any]]:
    """The columns of rulings that both phases write."""
    return {
        "outcome": [ruling.outcome for ruling in rulings],
        "reason": [ruling.reason for ruling in rulings],
        "measure": [as_json(ruling.measure) for ruling in rulings],
    }


def lock(session: Session, recipe_sha256: str, *, wait: bool) -> bool:
    """Take the recipe's second phase for this transaction; without `wait`, False where another has it."""
    key = {"key": int.from_bytes(bytes.fromhex(recipe_sha256)[:8], "big", signed=True)}
    if wait:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
    elif not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), key):
        return False
    session.execute(_WHOLE_TABLES)
    return True


def unsettled(session: Session, recipe_sha256: str) -> bool:
    """Whether a document was judged since the second phase last ran, or, REVIEWS_WAIT after that, a person decided.

    A decision moves what others are held against; its own document's state it has set already.
    """
    waiting = or_(Verdict.outcome == Outcome.PENDING, Document.state == State.NEW)
    query = select(Verdict.id).join(Document, _current(recipe_sha256)).where(waiting, ~kept_apart()).limit(1)
    if session.scalar(query) is not None:
        return True
    own = Recipe.sha256 == recipe_sha256
    newly = or_(Review.created_at > Recipe.settled_at, Review.undone_at > Recipe.settled_at)
    due = select(Review.id).join(Recipe, own).where(Review.purpose == Purpose.DECISION.value, newly)
    return session.scalar(due.where(Recipe.settled_at < func.now() - REVIEWS_WAIT).limit(1)) is not None


def survivors(session: Session, recipe_sha256: str) -> Iterator[Survivor]:
    """Every current verdict that the first phase did not drop.

    Oldest published first, undated ones last, then by source, record (shorter names first, as numbers
    sort), answer and id: an order that depends on neither workers nor the crawl.
    """
    decided = newest_decisions()
    query = (
        select(
            Verdict.id,
            Verdict.document_id,
            Verdict.measurement_id,
            Measurement.sketch,
            Verdict.outcome,
            Verdict.reason,
            Verdict.measure,
            Verdict.cluster,
            decided.c.decision,
            approved_otherwise(decided),
        )
        .join(Document, _current(recipe_sha256))
        .join(Measurement, Measurement.id == Verdict.measurement_id)
        .outerjoin(decided, on_content(decided))
        .where(or_(Verdict.outcome != Outcome.DROPPED, Verdict.measure.has_key(BEFORE), _passed(decided)))
        .where(~kept_apart())
        .order_by(*corpus_order())
    )
    found = session.execute(query, execution_options={"yield_per": READ_BATCH})
    for verdict, document, measurement, sketch, *ruling, decision, approved in found:
        stands = Ruling(*ruling)
        yield Survivor(verdict, document, measurement, sketch, _alone(stands), stands, decision, approved)


def corpus_order() -> tuple[Any, ...]:
    """The order in which documents are held against those before them; see `survivors`."""
    record = (Document.source, func.length(Document.record), Document.record, Document.ordinal, Document.id)
    return (Document.published_at.nulls_last(), *record)


def newest_decisions() -> Subquery:
    """The newest decision about each content of each document, and the text it approved."""
    content = (Review.document_id, Review.content_sha256)
    approved = case((Review.decision.in_(PASSED), Review.text)).label("approved")
    query = select(*content, Review.decision, approved).where(counts()).ext(distinct_on(*content))
    return query.order_by(*content, Review.id.desc()).subquery("decided")


def approved_otherwise(decided: Subquery) -> ColumnElement[dict[str, str] | None]:
    """The approved text where the measured one does not say it all; joined to `Measurement`."""
    return case((~Measurement.cleaned.contains(decided.c.approved), decided.c.approved))


def on_content(decided: Subquery) -> ColumnElement[bool]:
    """Joins a document to the decision about its present content."""
    return and_(decided.c.document_id == Document.id, decided.c.content_sha256 == Document.content_sha256)


def _passed(decided: Subquery) -> ColumnElement[bool]:
    return func.coalesce(decided.c.decision.in_(PASSED), False)


def of(session: Session, recipe_sha256: str, document: Document) -> Verdict | None:
    """The recipe's verdict on the document's present content."""
    content = Verdict.content_sha256 == document.content_sha256
    return session.scalar(
        select(Verdict).where(Verdict.document_id == document.id, Verdict.recipe_sha256 == recipe_sha256, content)
    )


def second_measure(measure: dict[str, Any], alone: Ruling) -> dict[str, Any]:
    """The measure of a finding of the second phase, with what the first phase found kept in it."""
    before = {"reason": alone.reason, "measure": alone.measure} if alone.reason else None
    return measure | {BEFORE: before}


def settle(session: Session, changes: Sequence[tuple[Survivor, Ruling]]) -> None:
    """Write the second phase's rulings; a verdict replaced meanwhile keeps its newer content's."""
    session.execute(_ROW_BY_ROW)
    for first in range(0, len(changes), SETTLED_AT_ONCE):
        part = changes[first : first + SETTLED_AT_ONCE]
        rulings = [ruling for _, ruling in part]
        keys = {name: [getattr(survivor, name) for survivor, _ in part] for name in ("verdict_id", "measurement_id")}
        clusters = {"cluster": [ruling.cluster for ruling in rulings]}
        session.connection().exec_driver_sql(_SETTLE, keys | _columns(rulings) | clusters)
    session.execute(_WHOLE_TABLES)


def settled(session: Session, recipe_sha256: str) -> None:
    """Note that the second phase ran, as of the beginning of this transaction."""
    session.execute(update(Recipe).where(Recipe.sha256 == recipe_sha256).values(settled_at=func.now()))


def set_states(session: Session, recipe_sha256: str) -> None:
    """Bring documents' states in line with the recipe's verdicts, and with the reviews that outrank them.

    A decision counts for the content it was made on. What a lead recalled waits for a person, whatever the verdict.
    Rows are locked in the order of their ids.
    """
    decided = newest_decisions()
    state = case(
        (decided.c.decision == Decision.REJECT, State.REJECTED.value),
        (decided.c.decision.is_not(None), State.APPROVED.value),
        else_=Verdict.outcome,
    )
    due = (
        select(Document.id, state.label("state"))
        .join(Verdict, _current(recipe_sha256))
        .outerjoin(decided, on_content(decided))
        .where(Verdict.outcome != Outcome.PENDING, Document.state != state)
        .where(or_(~Document.recalled, decided.c.decision.is_not(None)))
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


PASSED = (Decision.APPROVE.value, Decision.EDIT.value)
REVIEWED = (State.APPROVED.value, State.REJECTED.value)


def _current(recipe_sha256: str) -> ColumnElement[bool]:
    """Joins a document to the recipe's verdict on the content it has now."""
    return and_(
        Verdict.document_id == Document.id,
        Verdict.content_sha256 == Document.content_sha256,
        Verdict.recipe_sha256 == recipe_sha256,
    )


def unjudged_by(recipe_sha256: str) -> ColumnElement[bool]:
    """Without a verdict on the present content, and not read by a reader that is taken for broken."""
    return and_(~exists().where(_current(recipe_sha256)).correlate(Document), ~kept_apart())


def _alone(stands: Ruling) -> Ruling:
    if BEFORE in stands.measure:
        before = stands.measure[BEFORE]
        return Ruling(Outcome.REVIEW.value, **before) if before else _PENDING
    if stands.outcome in (Outcome.REVIEW, Outcome.DROPPED):
        return Ruling(stands.outcome, stands.reason, stands.measure)
    return _PENDING


_PENDING = Ruling(Outcome.PENDING.value)
SETTLED_AT_ONCE = 10_000

# The second phase joins whole tables. The planner takes them for as small as they were at its last look, and would go
# through all reviews again for each document.
_WHOLE_TABLES = text("""
SELECT set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true),
    set_config('enable_mergejoin', 'on', true), set_config('work_mem', '64MB', true)
""")
_ROW_BY_ROW = text("""
SELECT set_config('enable_nestloop', 'on', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)
""")

# One parameter a column: one for each value takes longer to build than the statement to run.
_SAVE = """
INSERT INTO verdicts (recipe, recipe_sha256, document_id, content_sha256, measurement_id, outcome, reason, measure)
SELECT %(recipe)s, %(sha256)s, document_id, content_sha256, measurement_id, outcome, reason, measure::jsonb
FROM unnest(
    %(document_id)b::uuid[], %(content_sha256)b::text[], %(measurement_id)b::bigint[], %(outcome)b::text[],
    %(reason)b::text[], %(measure)b::text[]
) AS given (document_id, content_sha256, measurement_id, outcome, reason, measure)
ON CONFLICT (document_id, recipe_sha256) DO UPDATE SET
    content_sha256 = excluded.content_sha256, measurement_id = excluded.measurement_id, outcome = excluded.outcome,
    reason = excluded.reason, measure = excluded.measure, cluster = NULL, created_at = now()
WHERE verdicts.content_sha256 <> excluded.content_sha256
"""
_SETTLE = """
UPDATE verdicts
SET outcome = given.outcome, reason = given.reason, measure = given.measure::jsonb, cluster = given.cluster
FROM unnest(
    %(verdict_id)b::bigint[], %(measurement_id)b::bigint[], %(outcome)b::text[], %(reason)b::text[],
    %(measure)b::text[], %(cluster)b::uuid[]
) AS given (id, measurement_id, outcome, reason, measure, cluster)
WHERE verdicts.id = given.id AND verdicts.measurement_id = given.measurement_id
"""
