"""What a reader of a plan should not miss: what cannot be, and what does not fit."""

from trainer.plan.memory import changes
from trainer.plan.staged import StagePlan

ALIKE = 1.001  # what rounding does


def notes(plan: StagePlan) -> list[str]:
    """What a reader should not miss."""
    lines, gpu = [], plan.given.asked.gpu
    if plan.setting.formats.computed > 2:
        lines.append(f"{plan.stage.name}: computes in float32, for which no card has the bfloat16 peak used here")
    if plan.busy > 1:
        lines.append(
            f"{plan.stage.name}: this utilisation cannot be had with {plan.real_share:.0%} real tokens: with "
            f"padding and recomputation it is {plan.busy:.0%} of the card's peak"
        )
    if gpu.without == "bfloat16" and plan.setting.formats.computed == 2:
        lines.append(f"{plan.stage.name}: {gpu.name} has no bfloat16; train in float16 there, or take another card")
    if plan.memory.total > gpu.memory:
        needs = plan.memory.total / 2**30
        lines.append(
            f"{plan.stage.name}: needs {needs:.1f} GiB, the card has {gpu.memory / 2**30:.1f}; {_advice(plan)}"
        )
    if plan.sharing.cut_up and plan.sending > plan.computing:
        lines.append(
            f"{plan.stage.name}: the GPUs send for longer than they compute; cards with NVLink do not, nor do "
            "ones that hold all of the model (packed)"
        )
    if plan.filled.slots > plan.most_slots * ALIKE:
        lines.append(
            f"{plan.stage.name}: {plan.real_share:.0%} real tokens is a share of the whole training, spread evenly "
            f"over its stages; this one has at least {plan.useful.slots / plan.most_slots:.0%} by the lengths assumed"
        )
    return lines


def _advice(plan: StagePlan) -> str:
    room = plan.given.asked.gpu.memory
    if plan.memory.whole_model > room:
        return "each has the whole model at the ends of a stage: take more GPUs, or larger ones"
    ways = changes(plan.setting, room)
    if not ways or ways[-1][1] > room:
        return "no change of the recipe makes it fit: take a larger card"
    return "it fits with " + "; and ".join(f"{words} ({need / 2**30:.1f} GiB)" for words, need in ways)
