"""Records through the steps that look at each alone: measured first, judged by the figures then."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from cleaning.recipe import Recipe, Step
from cleaning.record import Figures, Finding, Judgement, Measurement, Record, Taken
from cleaning.steps import Sort
from cleaning.wording import remember

log = logging.getLogger(__name__)
FAILED = "failed"
"""Key of the figures of a step that stumbled over a record; holds the error's name."""


def measure(recipe: Recipe, record: Record) -> Measurement:
    """One record; see `measure_all`."""
    return measure_all(recipe, [record])[0]


def measure_all(recipe: Recipe, records: Sequence[Record]) -> list[Measurement]:
    """Each record cleaned, and every filter's figures.

    A step that fails on a record leaves the text as it was and is told in the figures, so that one record never stops
    a crawl's worth.
    """
    changed = [_change(recipe, record) for record in records]
    now = [replace(record, fields=found.fields) for record, found in zip(records, changed, strict=True)]
    remember([text for record in now for text in record.fields.values()])
    steps = {key: step for kind in {record.kind for record in now} for key, step in recipe.measuring(kind).items()}
    together = {key: many for key, step in steps.items() if step.kind.many and (many := _together(step, now))}
    for number, (record, found) in enumerate(zip(now, changed, strict=True)):
        for key, step in recipe.measuring(record.kind).items():
            figures = together[key][number] if key in together else _alone(step, record)
            if figures is not None:
                found.figures[key] = figures
    return changed


def rule(recipe: Recipe, figures: dict[str, Figures]) -> Judgement:
    """The first finding that drops ends it; else the first that asks for a review; else it is pending.

    A finding that passes takes back the reviews asked for before it. Where a step failed that
    can find anything, a person looks: what it would have found is not known.
    """
    failed: Finding | None = None
    review: Finding | None = None
    for step, found in findings(recipe, figures):
        if found is None:
            continue
        if found.reason == STEP_FAILED:
            failed = failed or (found if step.deciding else None)
        elif step.then == "drop":
            return Judgement("dropped", *found)
        else:
            review = None if step.then == "pass" else review or found
    told = failed or review
    return Judgement("review", *told) if told else Judgement("pending")


STEP_FAILED = "step_failed"


def findings(recipe: Recipe, figures: dict[str, Figures]) -> Iterator[tuple[Step, Finding | None]]:
    """What each step that left figures says of them, in the recipe's order."""
    for step in recipe.of(Sort.TRANSFORM, Sort.EXTRACT, Sort.DOCUMENT):
        if (found := figures.get(step.key)) is not None:
            yield step, finding(step, found)


def finding(step: Step, found: Figures) -> Finding | None:
    """What a step's figures come to under the recipe's thresholds."""
    if FAILED in found:
        return Finding(STEP_FAILED, {"step": step.kind.name, "error": found[FAILED]})
    return step.rule(found)


def _change(recipe: Recipe, record: Record) -> Measurement:
    """The record after the steps that change texts, without any filter's figures."""
    found = Measurement(record.kind, dict(record.fields))
    for step, change in recipe.changes:
        try:
            after = {name: change(text) for name, text in found.fields.items() if name in step.fields}
        except Exception as error:  # noqa: BLE001 - whatever a step stumbles over, the run goes on
            found.figures[step.key] = _failure(step, error)
            if step.kind.private:  # what it would have masked must not be read, exported or approved
                found.fields.update(dict.fromkeys(found.fields.keys() & step.fields, ""))
            continue
        for name, text in after.items():
            if isinstance(text, Taken):
                _note(found, step, name, text)
            found.fields[name] = text if isinstance(text, str) else text.text
        if step.kind.private:
            _mask_taken(found, step, change)
    return found


def _mask_taken(found: Measurement, step: Step, change: Callable[[str], str | Taken]) -> None:
    """What was cut out of a field before is masked as the field is."""
    for kept, piece in found.taken.items():
        if kept.rpartition("_")[0] in step.fields:
            masked = change(piece)
            found.taken[kept] = masked if isinstance(masked, str) else masked.text


def _note(found: Measurement, step: Step, name: str, cut: Taken) -> None:
    """Keep where something was taken out of a field, and what, unless it is private."""
    for span in cut.spans:
        found.spans.setdefault(name, []).append(span)
        if not step.kind.private:
            kept, piece = f"{name}_{span.kind}", found.fields[name][span.start : span.end]
            found.taken[kept] = f"{found.taken[kept]}\n{piece}" if kept in found.taken else piece


def _together(step: Step, records: Sequence[Record]) -> Sequence[Figures | None]:
    try:
        return step.measure_all(records)
    except Exception:  # noqa: BLE001 - one of them is at fault, which shows when each is measured alone
        return [_alone(step, record) for record in records]


def _alone(step: Step, record: Record) -> Figures | None:
    try:
        return step.measure(record)
    except Exception as error:  # noqa: BLE001 - whatever a step stumbles over, the run goes on
        return _failure(step, error)


def _failure(step: Step, error: Exception) -> Figures:
    log.warning("step %s failed on a record: %s", step.kind.name, type(error).__name__)
    return {FAILED: type(error).__name__}
