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
BEGIN = {"exact_repeats": "repeated", "near_repeats": "near", "canned_replies": "canned"}
"""How the reason of a corpus filter begins; its field ends it."""

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
        found.setdefault(kind, []).append((_place(recipe, outcome, reason or "", figures), outcome, reason or ""))
    return {kind: [(outcome, reason) for _, outcome, reason in sorted(places)] for kind, places in found.items()}


def _place(recipe: Recipe, outcome: str, reason: str, figures: dict[str, Any]) -> int:
    """The number of the step that found it; of none that is known, behind all."""
    steps = (n for n, step in enumerate(recipe.steps) if step.then == THEN[outcome] and _says(step, reason, figures))
    return next(steps, len(recipe.steps))


def _says(step: Step, reason: str, figures: dict[str, Any]) -> bool:
    if step.kind.sort == Sort.CORPUS:
        return f"{BEGIN[step.kind.name]}_{step.parameters['field']}" == reason
    if step.key not in figures:
        return False
    try:
        found = finding(step, figures[step.key])
    except (KeyError, TypeError):  # measured by a version of the step that told other figures
        return False
    return found is not None and found.reason == reason
