"""Benchmarks' items in what is trained on: a model that has read them is measured by nothing."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured
from storage import benchmarks

REGISTERED = "registered"
TOLD = 5  # items named in a measure; all are counted


def _known(name: str) -> str:
    """The hash of what is registered, for the figures and the recipe's identity depend on it."""
    found = benchmarks.index().sha256
    if name not in (REGISTERED, found):
        raise ValueError(f"the benchmarks registered here are {found}, not {name}: see `evaluator register`")
    return found


Index = Annotated[str, Field(validate_default=True), AfterValidator(_known)]


@measured
def contamination(record: Record, *, field: FieldName, index: Index = REGISTERED) -> Figures | None:
    """The field shares a run of 13 words with an item of a registered benchmark, or holds a shorter item whole.

    Items of 8 to 12 words count whole; those of fewer are not looked for (Brown et al. 2020, appendix C). Benchmarks
    are registered by files (`evaluator register`), so no database is asked; `index` is the hash of all of them, and
    a recipe that gives it runs nowhere else. Reason `contamination`; measure: the runs shared, how many items share
    them, and of the foremost items the benchmark, the item, its runs and the longest stretch of words.
    A prefix or ending counts with its word, whichever of the two texts has them tied.
    Of 13,130 published pairs none shares one with nine benchmarks of 3,168 items; of the 201 that are K-QA's, all do,
    and of the 1,740 questions of 13 words or more, cleaned by the default recipe and alone, 1,738.
    """
    text = record.text(field)
    known = benchmarks.index() if index == REGISTERED else benchmarks.index_of(index)
    overlaps = known.find(text) if text else []
    if not overlaps:
        return None
    return {
        "runs": sum(overlap.runs for overlap in overlaps),
        "items": len(overlaps),
        "found": [overlap._asdict() for overlap in overlaps[:TOLD]],
    }


@contamination.many
def _(records: Sequence[Record], *, field: FieldName, index: Index = REGISTERED) -> list[Figures | None]:
    known = benchmarks.index() if index == REGISTERED else benchmarks.index_of(index)
    likely = set(known.likely([record.text(field) or "" for record in records]))
    return [contamination(r, field=field, index=index) if n in likely else None for n, r in enumerate(records)]


@contamination.rule
def _(found: Figures, *, runs: Count) -> Finding | None:
    return Finding("contamination", found | {"limit": runs}) if found["runs"] >= runs else None
