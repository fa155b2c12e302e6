"""One record through the steps that look at it alone."""

import logging

from cleaning.recipe import Recipe, Step
from cleaning.record import Fields, Finding, Judgement, Record
from cleaning.steps import Sort

log = logging.getLogger(__name__)


def judge(recipe: Recipe, record: Record) -> Judgement:
    """The first finding that drops ends it; else the first that asks for a review; else it is pending.

    A step that fails on a record sends that record to review, so that one record never stops a crawl's worth.
    """
    review: Finding | None = None
    for step in recipe.of(Sort.TRANSFORM, Sort.DOCUMENT):
        try:
            record, finding = _apply(step, record)
        except Exception as error:  # noqa: BLE001 - whatever a step stumbles over, the run goes on
            log.warning("step %s failed on a record: %s", step.kind.name, type(error).__name__)
            finding = Finding("step_failed", {"step": step.kind.name, "error": type(error).__name__})
            return Judgement("review", record.fields, *finding)
        if finding and step.then == "drop":
            return Judgement("dropped", record.fields, *finding)
        review = review or finding
    if review:
        return Judgement("review", record.fields, *review)
    return Judgement("pending", record.fields)


def respell(recipe: Recipe, text: str) -> str:
    """The text after the recipe's spelling transforms alone."""
    for step in recipe.steps:
        if step.kind.spelling:
            text = step.kind.function(text, **step.parameters)
    return text


def _apply(step: Step, record: Record) -> tuple[Record, Finding | None]:
    if step.kind.sort == Sort.DOCUMENT:
        return record, step.kind.function(record, **step.parameters)
    fields: Fields = {
        name: step.kind.function(text, **step.parameters) if name in step.fields else text
        for name, text in record.fields.items()
    }
    return Record(record.kind, fields), None
