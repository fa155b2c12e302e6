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
    each certainty reaches.
    Reason `low_quality` or `high_quality`; measure: the probability of approval, both certainties, the share of words
    that decided records lack, and the certainty asked for.   Precision: the certainty, measured at each training.
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
