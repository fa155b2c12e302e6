"""The plan of one stage: sequences, slots, FLOPs, memory and time."""

import dataclasses
from dataclasses import dataclass
from typing import Any, cast

from transformers import TrainingArguments

from storage.errors import UsageError
from trainer.halving import ACCUMULATED, ROWS, MicroBatch, shared
from trainer.plan.activations import Formats, Micro
from trainer.plan.architecture import Architecture, Weights, weights
from trainer.plan.asked import Asked
from trainer.plan.batching import Batching, Slots, kind_of, slots, useful
from trainer.plan.figures import figure
from trainer.plan.flops import Flops, flops
from trainer.plan.lengths import Lengths, lengths
from trainer.plan.memory import Memory, Setting, memory
from trainer.plan.quantised import quantised
from trainer.plan.sharing import Sharing, exchanged
from trainer.plan.steps import Steps
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

    @property
    def gpus(self) -> int:
        """As many as were asked for, or the fewest that the recipe can do with."""
        made = self.recipe.content.base.make
        stages = (*((made.warm_start,) if made else ()), *self.recipe.content.stages)
        fewest = 2 if any(stage.training.get("fsdp") for stage in stages) else 1
        if self.asked.gpus is None:
            return fewest
        if self.asked.gpus < fewest:
            raise UsageError(f"recipe {self.recipe.name} cuts the model up among GPUs (fsdp): give --gpus 2 or more")
        return self.asked.gpus


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
    steps: int  # of the optimizer
    accumulation: int  # of all GPUs together
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
    def sharing(self) -> Sharing:
        """The GPUs it is divided among."""
        return self.setting.sharing

    @property
    def peak(self) -> float:
        """FLOP/s of all GPUs together."""
        return self.given.asked.gpu.peak * self.sharing.gpus

    @property
    def sent(self) -> float:
        """Bytes that each GPU sends in a step."""
        return exchanged(self.weights, self.setting.formats, self.sharing).sent(self.sharing.gpus)

    @property
    def floor(self) -> float:
        """Seconds for the real tokens at the cards' peak."""
        return self.needed.model / self.peak

    @property
    def computing(self) -> float:
        """Seconds at the utilisation."""
        return self.computed.model / (self.peak * self.slot_utilisation)

    @property
    def sending(self) -> float:
        """Seconds in which the GPUs wait for one another's bytes, if nothing is computed meanwhile."""
        return self.steps * self.sending_a_step

    @property
    def sending_a_step(self) -> float:
        """Of that, seconds of one step."""
        return self.sent / (self.given.asked.gpu.link * figure("link_share").value)

    @property
    def seconds(self) -> float:
        """Seconds at the most: first computed, then sent."""
        return self.computing + self.sending

    @property
    def overlapped(self) -> float:
        """Seconds at the least: all that can be is sent while it computes."""
        return max(self.computing, self.sending)

    @property
    def busy(self) -> float:
        """Share of the peak with what is computed twice: above 1 no card can do it."""
        computed = self.computed
        share: float = (computed.model + computed.recomputed) / (self.peak * self.computing)
        return share

    @property
    def most_slots(self) -> float:
        """Slots with every sequence padded to max_length."""
        return self.passes * self.lengths.sequences * self.batching.max_length

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
    batch, sharing = _shared(stage, values, given)
    batching = Batching(kind_of(raw), batch.rows, stage.max_length)
    filled = _filled(found, batching, given)
    steps = Steps.of(values, filled.rows, batch.rows, batch.accumulated)
    micro = Micro(batching.size, stage.max_length, _checkpointed(values), _predicted(found, batching))
    optim = str(getattr(values["optim"], "value", values["optim"]))
    return StagePlan(
        stage=stage,
        given=given,
        weights=counted,
        lengths=found,
        batching=batching,
        setting=Setting(counted, given.shape.config, _formats(base, values), optim, micro, sharing),
        passes=steps.passes,
        steps=steps.count,
        accumulation=batch.accumulated,
        useful=_times(useful(found), steps.passes),
        filled=_times(filled, steps.passes),
    )


def _shared(stage: Stage, values: dict[str, Any], given: Given) -> tuple[MicroBatch, Sharing]:
    """What a GPU computes at once, and how the GPUs share a step; UsageError where they cannot."""
    recipes = MicroBatch(int(values[ROWS]), int(values[ACCUMULATED]))
    if recipes.rows < 1 or recipes.accumulated < 1:
        raise UsageError(f"stage {stage.name}: a batch of no sequence cannot be planned")
    gpus, rows = given.gpus, recipes.rows * recipes.accumulated
    if rows % gpus:
        raise UsageError(f"stage {stage.name}: {gpus} GPUs cannot share the {rows} rows of a step evenly")
    batch = shared(recipes, gpus)
    reshards = fsdp_config(values).get("reshard_after_forward", True) is not False
    return batch, Sharing(gpus, bool(values["fsdp"]) and gpus > 1, reshards, batch.accumulated // gpus)


def fsdp_config(values: dict[str, Any]) -> dict[str, Any]:
    """What a stage that is cut up says of it."""
    config = values["fsdp_config"]
    return config if values["fsdp"] and isinstance(config, dict) else {}


def _checkpointed(values: dict[str, Any]) -> bool:
    """FSDP has a key of its own for it."""
    return values["activation_checkpointing"] is True or fsdp_config(values).get("activation_checkpointing") is True


def _filled(found: Lengths, batching: Batching, given: Given) -> Slots:
    """Slots by the lengths; by a stated share where there are none to pad."""
    share = given.asked.real_share
    if share is None and not found.measured and batching.kind != "packed":
        share = figure("padded_real_share").value
    if share is None:
        return slots(found, batching, given.recipe.content.seed)
    wide = found.total / share
    if batching.kind == "packed":  # documents attend within themselves, whatever share of a row they take
        full = slots(found, batching, given.recipe.content.seed)
        return _times(full, wide / full.slots)
    return Slots(wide, wide * batching.max_length, found.sequences)


def _predicted(found: Lengths, batching: Batching) -> float:
    """The largest share of a batch's places that has logits: packing asks for trained ones, padding for all."""
    if batching.kind != "packed":
        return 1.0
    return found.trained if found.trained == 1 else min(1.0, found.trained + figure("answer_spread").value)


def _formats(base: Base, values: dict[str, Any]) -> Formats:
    weight = 2 if base.dtype == "bfloat16" else 4
    return Formats(weight, bool(values["bf16"] or values["fp16"]), attention=base.attn_implementation)


def _defaults() -> dict[str, Any]:
    """What TrainingArguments takes where a recipe says nothing."""
    return {field.name: field.default for field in dataclasses.fields(cast(Any, TrainingArguments))}


def _times(one: Slots, passes: float) -> Slots:
    return Slots(one.slots * passes, one.squares * passes, one.rows * passes)
