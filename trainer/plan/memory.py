"""What a stage holds on its card when it holds most, part by part, and what to change where that is too much."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from trainer.plan import activations
from trainer.plan.activations import Formats, Micro
from trainer.plan.architecture import Weights
from trainer.plan.figures import figure
from trainer.plan.quantised import Quantised
from trainer.plan.sharing import Sharing, held, whole

ADAM_8BIT = 2 / 8  # of AdamW's two float32 numbers a weight
WORTH = 0.05  # of the base's bytes: an optimizer with less than that is not where to save
STATES = {"sgd": 0.0, "adafactor": 0.02}  # of the trained weights' bytes; AdamW's two moments: 2


@dataclass(frozen=True)
class Setting:
    """A stage's weights, configuration, number formats, optimizer's name, micro-batch and GPUs."""

    weights: Weights
    config: Any
    formats: Formats
    optim: str
    micro: Micro
    sharing: Sharing = field(default_factory=Sharing)


@dataclass(frozen=True)
class Memory:
    """Bytes on each GPU at the fullest moment; `activations` as the recipe has them.

    `gathered` is what several GPUs hold of one another; `whole_model` is all of another moment, at the ends of a stage.
    """

    base: int
    adapter: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    recomputed_layer: int
    gathered: int
    whole_model: int
    cuda_context: int
    margin: int

    @property
    def training(self) -> int:
        """While it trains; logits and the layer that is recomputed are never there together."""
        return int(sum(asdict(self).values())) - self.whole_model - min(self.logits, self.recomputed_layer)

    @property
    def total(self) -> int:
        """The most it ever holds."""
        return max(self.training, self.whole_model)


def memory(setting: Setting) -> Memory:
    """The parts, of the model or of the share that FSDP gives each card."""
    weights, micro = setting.weights, setting.micro
    shares = held(weights, setting.formats, setting.sharing)
    whole_model = whole(weights, setting.formats, setting.sharing)
    context = int(figure("cuda_context_mib").value) << 20
    of_model = (weights, setting.config, setting.formats, micro)
    kept, logits = activations.kept(*of_model), activations.logits(setting.config, micro)
    layer = activations.one_layer(*of_model) if micro.checkpointed else 0
    return Memory(
        base=shares.base if weights.frozen_base else shares.base + shares.trained,
        adapter=shares.trained if weights.frozen_base else 0,
        gradients=shares.gradients,
        optimizer=round(_states(setting.optim) * shares.trained),
        activations=kept,
        logits=logits,
        recomputed_layer=layer,
        gathered=shares.gathered,
        whole_model=whole_model + context if whole_model else 0,
        cuda_context=context,
        margin=round(figure("fragmentation").value * (kept + max(logits, layer))),
    )


def changes(setting: Setting, room: int) -> list[tuple[str, int]]:
    """What to change, one after another, until it fits in `room` bytes: words and the bytes then needed."""
    told: list[tuple[str, int]] = []
    for words, changed in _ways(setting):
        total = memory(changed).total
        told.append((words, total))
        if total <= room:
            break
    return told


def _ways(setting: Setting) -> Iterator[tuple[str, Setting]]:
    """Each on top of the ones before; those that train the same model come first."""
    micro = setting.micro
    if not micro.checkpointed:
        micro = replace(micro, checkpointed=True)
        yield "activation_checkpointing: true", replace(setting, micro=micro)
    if micro.sequences > 1:
        words = f"per_device_train_batch_size: 1, gradient_accumulation_steps {micro.sequences} times as many"
        micro = replace(micro, sequences=1)
        yield words, replace(setting, micro=micro)
    states = _states(setting.optim) * setting.weights.trained_bytes
    if "8bit" not in setting.optim and states > WORTH * setting.weights.base_bytes:
        setting = replace(setting, optim="adamw_bnb_8bit")
        yield "optim: adamw_bnb_8bit", replace(setting, micro=micro)
    if setting.sharing.gpus > 1 and not setting.sharing.cut_up:
        setting = replace(setting, sharing=replace(setting.sharing, cut_up=True))
        yield "fsdp: true, as in recipe fsdp", replace(setting, micro=micro)
    can_quantise = setting.weights.frozen_base and not setting.sharing.cut_up
    if can_quantise and setting.weights.base_bytes > setting.weights.base:
        setting = replace(setting, weights=_in_four_bits(setting.weights, setting.formats))
        yield "the base in 4 bits (QLoRA: load_in_4bit, bnb_4bit_use_double_quant)", replace(setting, micro=micro)
    while micro.length > 128:
        micro = replace(micro, length=micro.length // 2)
        yield f"max_length: {micro.length}, which changes what is trained on", replace(setting, micro=micro)


def _in_four_bits(weights: Weights, formats: Formats) -> Weights:
    linear = sum(m.size for m in weights.matrices if not m.head)
    saved = linear * (formats.weight - Quantised(4, double=True).bytes_a_weight)
    return replace(weights, base_bytes=round(weights.base_bytes - saved))


def _states(optim: str) -> float:
    if "8bit" in optim:
        return 2 * ADAM_8BIT
    return next((states for name, states in STATES.items() if optim.startswith(name)), 2.0)
