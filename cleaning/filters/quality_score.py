"""What annotators would decide, where a model of their decisions is sure enough."""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cleaning.quality.model import Model, item, of_blob
from cleaning.record import Figures, Finding, Record
from cleaning.steps import Share, measured
from storage.errors import TabibError

REASONS = {"low": "low_quality", "high": "high_quality"}


def _usable(blob: str) -> str:
    try:
        model = _model(blob)
    except TabibError as error:
        raise ValueError(str(error)) from None
    if model.figures:
        raise ValueError(
            "this model leans on other filters' figures, which a step does not see: train one --texts-only"
        )
    return blob


ModelFile = Annotated[str, Field(pattern="^[0-9a-f]{64}$"), AfterValidator(_usable)]
"""The sha256 of a model's file, as `cleaning models` prints it."""


@measured
def quality_score(record: Record, *, field: Literal["pair", "text"], model: ModelFile) -> Figures | None:
    """Annotators would reject it (`side: low`) or approve it (`side: high`), with this certainty.

    The certainty is the lower bound (95 %) of the share of held-out decisions scored like this or further out that
    went the same way; below 60 of them it is 0. `cleaning quality train --texts-only` makes the model and prints what
    each certainty reaches and of which records it is: of those in the review queue, where 60 decisions are about its
    random share (one record in ten, mixed in by `cleaning quality order`), else of those that people were shown.
    Of records that no filter sends to review it says nothing: before this step drops those, review a random sample of
    what it would drop. The bound is of models of four fifths of the decisions; the one that scores learned from all.
    Reason `low_quality` or `high_quality`; measure: the probability of approval, both certainties, the share of words
    that decided records lack, and the certainty asked for.   Precision: for those records the certainty, measured at
    each training; for others not known.
    """
    if record.text(field) is None:
        return None
    scores = _model(model).score([item(record.kind, record.fields, {})])
    return {name: round(float(getattr(scores, name)[0]), 4) for name in ("p", "low", "high", "rarity")}


@quality_score.rule
def _(found: Figures, *, side: Literal["low", "high"], certainty: Share) -> Finding | None:
    return Finding(REASONS[side], found | {"certainty": certainty}) if found[side] >= certainty else None


@lru_cache(maxsize=4)
def _model(blob: str) -> Model:
    return of_blob(blob)
