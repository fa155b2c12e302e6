"""The plan of a stage as JSON holds it: units in the names, a source beside each group."""

from dataclasses import asdict, replace
from typing import Any

from trainer.plan.batching import TOLD
from trainer.plan.figures import figure
from trainer.plan.memory import memory
from trainer.plan.sharing import exchanged
from trainer.plan.staged import StagePlan


def told(plan: StagePlan) -> dict[str, Any]:
    """As JSON holds it: units in the names, a source beside each group."""
    needed, computed = plan.needed, plan.computed
    return {
        "name": plan.stage.name,
        "parameters": {
            "base": plan.weights.base,
            "trainable": plan.weights.trained,
            "source": "peft on the meta device" if plan.weights.frozen_base else "all weights are trained",
        },
        "data": {
            "rows": plan.lengths.rows,
            "sequences": round(plan.useful.rows),
            "tokens": round(plan.useful.slots),
            "passes": plan.passes,
            "mean_length": plan.lengths.total / plan.lengths.sequences,
            "measured": plan.lengths.measured,
            "source": plan.lengths.source,
        },
        "batching": {
            "kind": plan.batching.kind,
            "words": TOLD[plan.batching.kind],
            "slots": round(plan.filled.slots),
            "real_share": plan.real_share,
            "padding_share": 1 - plan.real_share,
            "rows_filled": plan.useful.slots / (plan.filled.rows * plan.batching.max_length),
            "optimizer_steps": plan.steps,
            "source": _share_source(plan),
        },
        "flops": {
            **asdict(needed),
            "model": needed.model,
            "of_slots": computed.model,
            "recomputed": computed.recomputed,
            "source": "arithmetic: 4·N a token under a frozen base, 6·N of an adapter, causal attention",
        },
        "memory": _memory(plan),
        "time": {
            "seconds": plan.seconds,
            "seconds_overlapped": plan.overlapped,
            "computing_seconds": plan.computing,
            "sending_seconds": plan.sending,
            "floor_seconds": plan.floor,
            "utilisation": plan.floor / plan.seconds,
            "utilisation_of_slots": plan.slot_utilisation,
            "utilisation_with_recomputation": plan.busy,
            "source": _utilisation_source(plan),
        },
        **({"sharing": _sharing(plan)} if plan.sharing.gpus > 1 else {}),
    }


def _sharing(plan: StagePlan) -> dict[str, Any]:
    """Among several GPUs; bytes are those of a step."""
    share = figure("link_share")
    return {
        "gpus": plan.sharing.gpus,
        "fsdp": plan.sharing.cut_up,
        "rows_at_once": plan.batching.size,
        "micro_batches": plan.sharing.accumulated,
        **asdict(exchanged(plan.weights, plan.setting.formats, plan.sharing)),
        "sent": round(plan.sent),
        "source": f"arithmetic, tested against what two processes send; {share.value:.0%} of the link {share.source}",
    }


def _memory(plan: StagePlan) -> dict[str, Any]:
    other = replace(plan.setting.micro, checkpointed=not plan.setting.micro.checkpointed)
    found, flipped = plan.memory, memory(replace(plan.setting, micro=other))
    with_, without = (found, flipped) if plan.setting.micro.checkpointed else (flipped, found)
    return {
        **asdict(found),
        "total": found.total,
        "fits": found.total <= plan.given.asked.gpu.memory,
        "activation_checkpointing": plan.setting.micro.checkpointed,
        "with_checkpointing": {"activations": with_.activations, "total": with_.total},
        "without_checkpointing": {"activations": without.activations, "total": without.total},
        "source": "arithmetic, tested against what torch saves; CUDA context and margin assumed"
        + (", and layers gathered at once" if plan.sharing.cut_up else ""),
    }


def _share_source(plan: StagePlan) -> str:
    if plan.given.asked.real_share is not None:
        return "--real-share"
    if not plan.lengths.measured and plan.batching.kind != "packed":
        return figure("padded_real_share").source
    return f"computed from the lengths, {TOLD[plan.batching.kind]}"


def _utilisation_source(plan: StagePlan) -> str:
    return "--utilisation" if plan.given.asked.utilisation is not None else str(plan.utilisation_figure.source)
