"""The plan of one stage: sequences, slots, FLOPs, memory and time."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, cast

from transformers import TrainingArguments

from storage.errors import UsageError
from trainer.plan.activations import Formats, Micro
from trainer.plan.architecture import Architecture, Weights, weights
from trainer.plan.asked import Asked
from trainer.plan.batching import Batching, Slots, kind_of, slots, useful
from trainer.plan.figures import figure
from trainer.plan.flops import Flops, flops
from trainer.plan.lengths import Lengths, lengths
from trainer.plan.memory import Memory, Setting, memory
from trainer.plan.quantised import quantised
from trainer.recipe import Base, Recipe, Stage
from trainer.source import Frozen


@dataclass(frozen=True)
class Given:
    """What all stages of a plan share."""

    recipe: Recipe
    shape: Architecture
    snapshot: Frozen | None
    tokenizer: Any
    asked: Asked


@dataclass(frozen=True)
class StagePlan:
    """One stage over all its passes: `useful` and `needed` for real tokens, `filled` and `computed` for all slots."""

    stage: Stage
    given: Given
    weights: Weights
    lengths: Lengths
    batching: Batching
    setting: Setting
    passes: float
    accumulation: int
    useful: Slots
    filled: Slots

    @property
    def needed(self) -> Flops:
        """FLOPs of the real tokens."""
        return flops(self.weights, self.given.shape.config, self.useful, self.setting.micro.checkpointed)

    @property
    def computed(self) -> Flops:
        """FLOPs of all slots."""
        return flops(self.weights, self.given.shape.config, self.filled, self.setting.micro.checkpointed)

    @property
    def memory(self) -> Memory:
        """The most it holds."""
        return memory(self.setting)

    @property
    def slot_utilisation(self) -> float:
        """Share of the peak that all slots take; it follows from the share asked for, or is the batching's figure."""
        asked = self.given.asked.utilisation
        if asked is None:
            return float(self.utilisation_figure.value)
        return asked * self.computed.model / self.needed.model

    @property
    def utilisation_figure(self) -> Any:
        """The figure taken where none is asked for."""
        return figure("packed_utilisation" if self.batching.kind == "packed" else "padded_utilisation")

    @property
    def floor(self) -> float:
        """Seconds for the real tokens at the card's peak."""
        return self.needed.model / self.given.asked.gpu.peak

    @property
    def seconds(self) -> float:
        """Seconds at the utilisation."""
        return self.computed.model / (self.given.asked.gpu.peak * self.slot_utilisation)

    @property
    def busy(self) -> float:
        """Share of the peak with what is computed twice: above 1 no card can do it."""
        computed = self.computed
        share: float = (computed.model + computed.recomputed) / (self.given.asked.gpu.peak * self.seconds)
        return share

    @property
    def real_share(self) -> float:
        """Real tokens among all slots."""
        return self.useful.slots / self.filled.slots


def staged(stage: Stage, raw: dict[str, Any], given: Given) -> StagePlan:
    """The plan of `stage`, whose mapping in the recipe's file is `raw`."""
    base = given.recipe.content.base
    held_as = quantised(dict(given.recipe.data["base"]))
    counted = weights(given.shape, stage, base.dtype, held_as)
    found = lengths(stage, given.recipe, given.snapshot, given.tokenizer)
    values = _defaults() | stage.training
    batching = Batching(kind_of(raw), int(values["per_device_train_batch_size"]), stage.max_length)
    if batching.size < 1 or int(values["gradient_accumulation_steps"]) < 1:
        raise UsageError(f"stage {stage.name}: a batch of no sequence cannot be planned")
    filled = _filled(found, batching, given)
    passes = _passes(values, filled.rows / (batching.size * int(values["gradient_accumulation_steps"])))
    micro = Micro(
        batching.size, stage.max_length, values["activation_checkpointing"] is True, _predicted(found, batching)
    )
    optim = str(getattr(values["optim"], "value", values["optim"]))
    return StagePlan(
        stage=stage,
        given=given,
        weights=counted,
        lengths=found,
        batching=batching,
        setting=Setting(counted, given.shape.config, _formats(base, values), optim, micro),
        passes=passes,
        accumulation=int(values["gradient_accumulation_steps"]),
        useful=_times(useful(found), passes),
        filled=_times(filled, passes),
    )


def _filled(found: Lengths, batching: Batching, given: Given) -> Slots:
    """Slots by the lengths; by a stated share where there are none to pad."""
    share = given.asked.real_share
    if share is None and not found.measured and batching.kind != "packed":
        share = figure("padded_real_share").value
    if share is None:
        return slots(found, batching, given.recipe.content.seed)
    wide = found.total / share
    return Slots(wide, wide * batching.max_length, found.sequences)


def _predicted(found: Lengths, batching: Batching) -> float:
    """The largest share of a batch's places that has logits: packing asks for trained ones, padding for all."""
    if batching.kind != "packed":
        return 1.0
    return found.trained if found.trained == 1 else min(1.0, found.trained + figure("answer_spread").value)


def _passes(values: dict[str, Any], steps_a_pass: float) -> float:
    passes = float(values["num_train_epochs"])
    if int(values["max_steps"]) > 0:
        passes = int(values["max_steps"]) / steps_a_pass
    if not 0 < passes < math.inf:
        raise UsageError(f"a stage of {passes:g} passes over its data cannot be planned: see num_train_epochs")
    return passes


def _formats(base: Base, values: dict[str, Any]) -> Formats:
    weight = 2 if base.dtype == "bfloat16" else 4
    return Formats(weight, bool(values["bf16"] or values["fp16"]), attention=base.attn_implementation)


def _defaults() -> dict[str, Any]:
    """What TrainingArguments takes where a recipe says nothing."""
    return {field.name: field.default for field in dataclasses.fields(cast(Any, TrainingArguments))}


def _times(one: Slots, passes: float) -> Slots:
    return Slots(one.slots * passes, one.squares * passes, one.rows * passes)
