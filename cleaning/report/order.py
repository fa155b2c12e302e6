"""In what order a recipe's steps stopped documents: a verdict names its reason, and its figures tell the step."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from cleaning.judge import finding
from cleaning.recipe import Recipe, Step, read
from cleaning.steps import Sort
from storage import models
from storage.errors import UsageError
from storage.models import Measurement, Outcome
from storage.standings import standings

THEN = {Outcome.DROPPED.value: "drop", Outcome.REVIEW.value: "review"}

LAST = 1 << 30  # no recipe has so many steps

Order = dict[str, list[tuple[str, str]]]
"""For each kind of document what stopped any, as (outcome, reason), the first step's first."""


def order(session: Session, recipe_sha256: str) -> Order:
    """By one document of each outcome and reason; empty where the recipe's text is not stored or is none any more."""
    row = session.get(models.Recipe, recipe_sha256)
    try:
        recipe = row and read(row.name, row.text)
    except UsageError:
        recipe = None
    if not recipe:
        return {}
    stands = standings(recipe_sha256)
    group = (stands.c.kind, stands.c.outcome, stands.c.reason)
    query = (
        select(*group, Measurement.figures)
        .join(Measurement, Measurement.id == stands.c.measurement_id)
        .where(stands.c.outcome.in_(THEN))
        .ext(distinct_on(*group))
        .order_by(*group, stands.c.document_id)
    )
    found: dict[str, list[tuple[int, str, str]]] = {}
    for kind, outcome, reason, figures in session.execute(query):
        told = (outcome, reason or "")
        found.setdefault(kind, []).append((_place(_steps(recipe, kind, outcome), told[1], figures), *told))
    return {kind: [(outcome, reason) for _, outcome, reason in sorted(places)] for kind, places in found.items()}


def _steps(recipe: Recipe, kind: str, outcome: str) -> list[tuple[int, Step]]:
    """The filters, with their places in the recipe, that may bring such a document to this end."""
    steps = {step.key for step in recipe.measuring(kind).values()}
    return [
        (place, step)
        for place, step in enumerate(recipe.steps)
        if step.then == THEN[outcome] and (step.kind.sort == Sort.CORPUS or step.key in steps)
    ]


def _place(steps: list[tuple[int, Step]], reason: str, figures: dict[str, Any]) -> int:
    """The place of the first step that can say the reason, whichever said it here; of none known, behind all."""
    saying = {_saying(step) for _, step in steps if _says(step, reason, figures)}
    return min((place for place, step in steps if _saying(step) in saying), default=LAST)


def _saying(step: Step) -> tuple[str, ...]:
    """What a step's reasons depend on but for the figures: words among its rule's parameters, never numbers."""
    if step.corpus_reason:
        return (step.corpus_reason,)
    words = (value for name, value in step.parameters.items() if name in step.kind.ruling and isinstance(value, str))
    return (step.kind.name, *words)


def _says(step: Step, reason: str, figures: dict[str, Any]) -> bool:
    if step.kind.sort == Sort.CORPUS:
        return step.corpus_reason == reason
    if step.key not in figures:
        return False
    try:
        found = finding(step, figures[step.key])
    except (KeyError, TypeError):  # measured by a version of the step that told other figures
        return False
    return found is not None and found.reason == reason
