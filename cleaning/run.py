"""A recipe over the stored documents, in two phases.

1. Each worker claims batches of documents without a verdict of this recipe on their present content, runs
   the steps that look at one document alone, and commits verdicts: pending, dropped or review.
2. One worker at a time, under an advisory lock, holds all survivors against one another in an order that
   depends on the documents alone, settles every pending verdict, and brings the documents' states in line.

Every worker ends with phase 2, so the last one to come sees everything: any number of workers, killed at
any point and run again, leave the same verdicts. A document changed or added later is claimed by the next run.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

from cleaning.corpus import CorpusPass, Final, Tier
from cleaning.judge import judge
from cleaning.recipe import Recipe
from cleaning.record import FIELDS, Record, record
from storage import db, models, verdicts
from storage.models import Document, Outcome
from storage.verdicts import FIRST, Ruling, Survivor, VerdictFields

BATCH = 200  # documents a transaction: a killed worker loses well under a second of work


def clean(recipe: Recipe, advance: Callable[[int], object] = lambda _: None) -> int:
    """Both phases, waiting for another worker's second phase; returns how many documents this one judged.

    `advance` is called with the size of every committed batch. Raises ServiceUnavailable, DiskFull.
    """
    judged = judge_new(recipe, advance)
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


def judge_new(recipe: Recipe, advance: Callable[[int], object] = lambda _: None) -> int:
    """Phase 1 until nothing is left to claim."""
    with db.session() as session:
        verdicts.register(session, models.Recipe(sha256=recipe.sha256, name=recipe.name, text=recipe.text))
    judged, after = 0, FIRST
    while True:
        ids = _judge_batch(recipe, after)
        judged += len(ids)
        advance(len(ids))
        if not ids and after == FIRST:
            return judged
        # At the end of the ids begin again: documents were added below, or given back by a dead worker.
        after = ids[-1] if ids else FIRST


def settle(recipe: Recipe, *, wait: bool) -> bool:
    """Phase 2; without `wait` it is left to the worker that is at it, and False returned."""
    with db.session() as session:
        if not verdicts.lock(session, recipe.sha256, wait=wait):
            return False
        corpus, survivors = CorpusPass(recipe), list[Survivor]()
        for survivor in verdicts.survivors(session, recipe.sha256):
            corpus.add(Record(survivor.kind, survivor.cleaned), _tier(survivor))
            survivors.append(replace(survivor, cleaned={}))  # the texts of a whole corpus are not held in memory
        rulings = (
            _ruling(survivor, final, survivors) for survivor, final in zip(survivors, corpus.finals(), strict=True)
        )
        changes = [(s, ruling) for s, ruling in zip(survivors, rulings, strict=True) if ruling != s.stands]
        verdicts.settle(session, changes)
        verdicts.set_states(session, recipe.sha256)
    return True


def _due(recipe: Recipe) -> bool:
    with db.session() as session:
        return verdicts.unsettled(session, recipe.sha256)


def _judge_batch(recipe: Recipe, after: uuid.UUID) -> list[uuid.UUID]:
    """Claim, judge and commit one batch; returns its ids in order."""
    with db.session() as session:
        documents = verdicts.claim(session, recipe.sha256, after, BATCH)
        verdicts.save(session, (recipe.name, recipe.sha256), [_verdict(recipe, document) for document in documents])
        return [document.id for document in documents]


def _verdict(recipe: Recipe, document: Document) -> VerdictFields:
    read = record(document.kind, {name: getattr(document, name) for name in FIELDS[document.kind]})
    found = judge(recipe, read)
    return VerdictFields(
        document.id, document.content_sha256, found.outcome, found.reason, found.measure, cleaned=found.fields
    )


def _tier(survivor: Survivor) -> Tier:
    if survivor.approved:
        return Tier.APPROVED
    return Tier.REVIEW if survivor.alone.outcome == Outcome.REVIEW else Tier.PASSED


def _ruling(survivor: Survivor, final: Final, survivors: list[Survivor]) -> Ruling:
    """The second phase's word where it has one, else the first's; passed alone is kept now."""
    cluster = None if final.root is None else survivors[final.root].document_id
    if final.finding:
        reason, measure = final.finding
        return Ruling(final.outcome, reason, verdicts.second_measure(measure, survivor.alone), cluster)
    if survivor.alone.outcome == Outcome.REVIEW:
        return replace(survivor.alone, cluster=cluster)
    return Ruling(Outcome.KEPT.value, cluster=cluster)
