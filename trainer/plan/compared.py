"""The same recipe under each way of batching: what packing saves."""

from dataclasses import dataclass, replace
from typing import Any

from trainer.plan.batching import TOLD, Kind, slots
from trainer.plan.figures import figure
from trainer.plan.flops import flops
from trainer.plan.staged import StagePlan
from trainer.plan.steps import steps_a_pass

KINDS: tuple[Kind, ...] = ("max_length", "longest", "packed")


@dataclass(frozen=True)
class _Under:
    """Of all passes: slots, model FLOPs, and seconds in which several GPUs send."""

    slots: float
    flops: float
    sending: float


def compared(stages: list[StagePlan]) -> list[dict[str, Any]]:
    """Hours under the recipe's own batching, under each other one with slots as fast, and packed at the stated share.

    Where no lengths were measured, the recipe's padding is a stated share and only packing is set beside it.
    """
    own = sum(stage.seconds for stage in stages)
    measured = all(stage.lengths.measured for stage in stages)
    others = [kind for kind in KINDS if measured or kind == "packed"]
    rows = [_row("as the recipe says", sum(stage.filled.slots for stage in stages), own, stages)]
    for kind in others:
        found = [_under(stage, kind) for stage in stages]
        filled, work = sum(one.slots for one in found), [one.flops for one in found]
        sending = sum(one.sending for one in found)
        paced = zip(work, stages, strict=True)
        seconds = sum(each / (stage.peak * stage.slot_utilisation) for each, stage in paced) + sending
        rows.append(_row(f"{TOLD[kind]}, as fast", filled, seconds, stages))
        if kind == "packed":
            share = figure("packed_utilisation").value
            seconds = sum(work) / (stages[0].peak * share) + sending
            rows.append(_row(f"packed, at {share:.0%} of the peak", filled, seconds, stages))
    for row in rows:
        row["saves"] = 1 - row["hours"] / (own / 3600)
    return rows


def _under(stage: StagePlan, kind: Kind) -> _Under:
    seed = stage.given.recipe.content.seed
    one = slots(stage.lengths, replace(stage.batching, kind=kind), seed)
    passes = stage.useful.slots / stage.lengths.total
    work = flops(stage.weights, stage.given.shape.config, one, stage.setting.micro.checkpointed)
    steps = passes * steps_a_pass(one.rows, stage.batching.size, stage.accumulation)
    return _Under(one.slots * passes, work.model * passes, steps * stage.sending_a_step)


def _row(words: str, filled: float, seconds: float, stages: list[StagePlan]) -> dict[str, Any]:
    real = sum(stage.useful.slots for stage in stages)
    return {"words": words, "real_share": real / filled, "slots": round(filled), "hours": seconds / 3600}
