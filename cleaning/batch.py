"""Records through the first phase, many at a time: what one process, a Celery worker and a Ray task have in common."""

from collections.abc import Sequence
from typing import NamedTuple

from cleaning.judge import measure_all, rule
from cleaning.recipe import Recipe
from cleaning.record import Judgement, Measurement, Record
from cleaning.sketch import sketch_all


class Judged(NamedTuple):
    """A record measured and judged alone, with the sketch its repeats are found by."""

    measurement: Measurement
    judgement: Judgement
    sketch: bytes


def judge_all(recipe: Recipe, records: Sequence[Record]) -> list[Judged]:
    """Each record's measurement, judgement and sketch, in order; the batch's size changes nothing but the speed."""
    measured = measure_all(recipe, records)
    sketches = sketch_all([Record(m.kind, m.fields) for m in measured])
    return [Judged(m, rule(recipe, m.figures), sketch) for m, sketch in zip(measured, sketches, strict=True)]
