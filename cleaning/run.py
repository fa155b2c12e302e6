"""A recipe over the stored documents, in two phases.

1. Each worker claims batches of documents without a verdict of this recipe on their present content, measures those
   that no recipe of the same steps has measured, applies the thresholds, and commits verdicts: pending, dropped or
   review. A recipe that differs in thresholds alone reads no text.
2. One worker at a time, under an advisory lock, holds all survivors against one another in an order that
   depends on the documents alone, settles every pending verdict, and brings the documents' states in line.
   It reads sketches, and texts only of those that may repeat another: a new crawl joins the clusters there are.

Every worker ends with phase 2, so the last one to come sees everything: any number of workers, killed at
any point and run again, leave the same verdicts. A document changed or added later is claimed by the next run.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial

from sqlalchemy.orm import Session

from cleaning.batch import Judged, judge_all, pieces
from cleaning.corpus import CorpusPass, Final, Tier
from cleaning.judge import rule
from cleaning.processes import pool, uncollected
from cleaning.recipe import Recipe
from cleaning.record import Record, record
from cleaning.sketch import COMPARED, sketch_all, word_strings
from storage import db, measurements, models, verdicts
from storage.measurements import FIRST, Claimed, MeasurementFields
from storage.models import Decision, Outcome
from storage.verdicts import PASSED, Ruling, Survivor, VerdictFields

WORTH_PROCESSES = 2000  # documents; fewer are judged before another process has started
COUNTED_EVERY = 2.0  # seconds
GONE = {name: "" for names in COMPARED.values() for name in names}
"""The words of what was forgotten since its sketch was read: it repeats nothing, and its verdict is gone with it."""


def clean(recipe: Recipe, advance: Callable[[int], object] = lambda _: None, processes: int = 1) -> int:
    """Both phases, waiting for another worker's second phase; returns how many documents were judged here.

    `advance` is called with how many documents more are judged. Raises ServiceUnavailable, DiskFull.
    """
    many = processes > 1 and waiting(recipe) > WORTH_PROCESSES
    judged = _judge_in(processes, recipe, advance) if many else 0
    judged += judge_new(recipe, advance)
    settle(recipe, wait=True)
    return judged


def tick(recipe: Recipe) -> int:
    """What a worker does every minute: as `clean`, but the second phase only where it is due and free.

    Whoever has the second phase looks again at its end, so what another committed meanwhile is settled too.
    """
    judged = judge_new(recipe)
    while _due(recipe) and settle(recipe, wait=False):
        pass
    return judged


def waiting(recipe: Recipe) -> int:
    """How many documents the first phase has yet to judge."""
    with db.session() as session:
        return verdicts.unjudged(session, recipe.sha256)


def stored(recipe: Recipe) -> models.Recipe:
    """The recipe as its verdicts name it."""
    return models.Recipe(
        sha256=recipe.sha256, measures_sha256=recipe.measures_sha256, name=recipe.name, text=recipe.text
    )


def judge_new(recipe: Recipe, advance: Callable[[int], object] = lambda _: None) -> int:
    """Phase 1 until nothing is left to claim."""
    with db.session() as session:
        verdicts.register(session, stored(recipe))
    return _until_none(partial(_judge_batch, recipe), advance)


def settle(recipe: Recipe, *, wait: bool) -> bool:
    """Phase 2; without `wait` it is left to the worker that is at it, and False returned."""
    with db.session() as session:
        if not verdicts.lock(session, recipe.sha256, wait=wait):
            return False
        with uncollected():
            found = rulings(session, recipe, verdicts.survivors(session, recipe.sha256))
            verdicts.settle(session, [change for change in found if change[1] != change[0].stands])
        verdicts.set_states(session, recipe.sha256)
        verdicts.settled(session, recipe.sha256)
    return True


def rulings(session: Session, recipe: Recipe, found: Iterable[Survivor]) -> Iterator[tuple[Survivor, Ruling]]:
    """Every survivor with what the second phase makes of it."""
    survivors: list[Survivor] = []

    def texts(places: list[int]) -> Iterator[dict[str, str]]:
        asked = [survivors[place] for place in places]
        rows = measurements.cleaned(session, [one.measurement_id for one in asked if not one.approved])
        cleaned = {number: Record(kind, fields) for number, kind, fields in rows}
        records = [_approved(one) or cleaned.get(one.measurement_id) for one in asked]
        found = word_strings([record for record in records if record])
        return (next(found) if record else GONE for record in records)

    corpus = CorpusPass(recipe, texts)
    for survivor in found:
        if survivor.decision == Decision.REJECT:  # nothing is held against what a person took out
            yield survivor, _alone(survivor)
            continue
        approved = _approved(survivor)
        corpus.add(sketch_all([approved])[0] if approved else survivor.sketch, _tier(survivor))
        survivors.append(survivor._replace(sketch=b""))  # the pass holds them, packed
    for survivor, final in zip(survivors, corpus.finals(), strict=True):
        yield survivor, _ruling(survivor, final, survivors)


def measure_new(recipe: Recipe, advance: Callable[[int], object] = lambda _: None) -> None:
    """Measure what no recipe of the same steps has, without a verdict."""
    _until_none(partial(_measure_batch, recipe), advance)


def _judge_in(processes: int, recipe: Recipe, advance: Callable[[int], object]) -> int:
    """Phase 1 in several processes; what one leaves that dies is for whoever judges next."""
    judged, left = 0, waiting(recipe)
    with pool(processes) as workers:
        futures = [workers.submit(judge_new, recipe) for _ in range(processes)]
        while wait(futures, timeout=COUNTED_EVERY).not_done:
            before, left = left, waiting(recipe)
            advance(max(0, before - left))
        for future in futures:
            with suppress(BrokenProcessPool):
                judged += future.result()
    return judged


def _due(recipe: Recipe) -> bool:
    with db.session() as session:
        return verdicts.unsettled(session, recipe.sha256)


def _until_none(batch: Callable[[uuid.UUID], list[uuid.UUID]], advance: Callable[[int], object]) -> int:
    """Batches in the order of ids until none is left to claim; returns how many documents they had."""
    done, after = 0, FIRST
    while True:
        ids = batch(after)
        done += len(ids)
        advance(len(ids))
        if not ids and after == FIRST:
            return done
        # At the end of the ids begin again: documents were added below, or given back by a dead worker.
        after = ids[-1] if ids else FIRST


def _measure_batch(recipe: Recipe, after: uuid.UUID) -> list[uuid.UUID]:
    """As `_judge_batch`, without verdicts."""
    with db.session() as session:
        db.commit_lazily(session)
        waiting = measurements.unmeasured_by(recipe.measures_sha256)
        claimed = measurements.claim(session, recipe.measures_sha256, waiting, after)
        _measure(session, recipe, claimed)
        return [document.document_id for document in claimed]


def _judge_batch(recipe: Recipe, after: uuid.UUID) -> list[uuid.UUID]:
    """Claim, judge and commit one batch; returns its ids in order."""
    with db.session() as session:
        db.commit_lazily(session)
        claimed = measurements.claim(session, recipe.measures_sha256, verdicts.unjudged_by(recipe.sha256), after)
        verdicts.save(session, stored(recipe), _measured_before(recipe, claimed) + _measure(session, recipe, claimed))
        return [document.document_id for document in claimed]


def _measured_before(recipe: Recipe, claimed: list[Claimed]) -> list[VerdictFields]:
    return [
        VerdictFields(d.document_id, d.content_sha256, d.measurement, Ruling(*rule(recipe, d.figures or {})))
        for d in claimed
        if d.measurement is not None
    ]


def _measure(session: Session, recipe: Recipe, claimed: list[Claimed]) -> list[VerdictFields]:
    """Measure and save what is not measured, a piece of at most PIECE bytes at a time."""
    made = []
    for new in pieces((document for document in claimed if document.measurement is None), lambda d: d.size):
        texts = measurements.texts(session, [document.document_id for document in new])
        judged = judge_all(recipe, [record(document.kind, texts[document.document_id]) for document in new])
        rows = [_fields(document, found) for document, found in zip(new, judged, strict=True)]
        numbers = measurements.save(session, recipe.measures_sha256, rows)
        made += [
            VerdictFields(d.document_id, d.content_sha256, numbers[d.document_id], Ruling(*found.judgement))
            for d, found in zip(new, judged, strict=True)
        ]
    return made


def _fields(document: Claimed, found: Judged) -> MeasurementFields:
    measured = found.measurement
    texts = measured.fields, measured.taken, measured.spans
    return MeasurementFields(document.document_id, document.content_sha256, *texts, measured.figures, found.sketch)


def _approved(survivor: Survivor) -> Record | None:
    """What a person let pass, as they left it: that is what stays, so that is what others are held against."""
    if not survivor.approved:
        return None
    return record("qa" if "question" in survivor.approved else "article", survivor.approved)


def _tier(survivor: Survivor) -> Tier:
    if survivor.decision in PASSED:
        return Tier.APPROVED
    return Tier.REVIEW if survivor.alone.outcome == Outcome.REVIEW else Tier.PASSED


def _alone(survivor: Survivor, cluster: uuid.UUID | None = None) -> Ruling:
    """What the first phase ruled: passed alone is kept now."""
    if survivor.alone.outcome == Outcome.PENDING:
        return Ruling(Outcome.KEPT.value, cluster=cluster)
    return survivor.alone._replace(cluster=cluster)


def _ruling(survivor: Survivor, final: Final, survivors: list[Survivor]) -> Ruling:
    """The second phase's word where it has one, else the first's; what that dropped is here by a person's alone."""
    cluster = None if final.cluster is None else survivors[final.cluster].document_id
    if final.finding and survivor.alone.outcome != Outcome.DROPPED:
        reason, measure = final.finding
        return Ruling(final.outcome, reason, verdicts.second_measure(measure, survivor.alone), cluster)
    return _alone(survivor, cluster)
