"""Records through the first phase, many at a time: what one process, a Celery worker and a Ray task have in common."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from cleaning.judge import measure_all, rule
from cleaning.recipe import Recipe
from cleaning.record import Judgement, Measurement, Record
from cleaning.sketch import sketch_all

PIECE = 1 << 24  # bytes of texts that are judged, or sent, at once
Item = TypeVar("Item")


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


def pieces(items: Iterable[Item], size: Callable[[Item], int], most: int | None = None) -> Iterator[list[Item]]:
    """The items in order in lists of at most PIECE bytes and `most` items; a larger item is a list of its own."""
    held: list[Item] = []
    taken = 0
    for item in items:
        own = size(item)
        if held and (taken + own > PIECE or len(held) == most):
            yield held
            held, taken = [], 0
        held.append(item)
        taken += own
    if held:
        yield held
