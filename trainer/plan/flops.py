"""Floating-point operations of a stage, a multiplication and an addition counted as two.

A product of T rows with a matrix of N weights is 2·N·T. Forward it happens once; backward once more for the gradient
of its input, and once more for that of its weights where these are trained. So 4·N·T under a frozen base, 6 under an
adapter or where all weights are trained. Attention over a sequence of S places is two products of S·S·width: 4·S²·width
a layer forward, twice that backward; causal kernels compute half of it.
"""

from dataclasses import dataclass
from typing import Any

from trainer.plan.architecture import Weights
from trainer.plan.batching import Slots

CAUSAL = 0.5


@dataclass(frozen=True)
class Flops:
    """Of forward and backward: base, adapter, attention. `recomputed` is what activation checkpointing adds."""

    base: float
    adapter: float
    attention: float
    recomputed: float

    @property
    def model(self) -> float:
        """What the arithmetic of the model needs, recomputation left out."""
        return self.base + self.adapter + self.attention

    def times(self, factor: float) -> "Flops":
        """The same for `factor` times the work."""
        return Flops(self.base * factor, self.adapter * factor, self.attention * factor, self.recomputed * factor)


def flops(weights: Weights, config: Any, work: Slots, checkpointed: bool) -> Flops:
    """FLOPs for `work`, whose `squares` sum S² over its sequences."""
    size = sum(m.size for m in weights.matrices)
    adapter = sum(m.adapter for m in weights.matrices)
    spared = 0 if checkpointed or not weights.frozen_base else sum(m.size for m in weights.matrices if m.spared)
    spared_adapter = sum(m.inputs * m.rank for m in weights.matrices if m.spared) if spared else 0
    attention = 4 * work.squares * attention_width(config) * config.num_hidden_layers * CAUSAL
    layers = size - sum(m.size for m in weights.matrices if m.head)
    return Flops(
        base=((4 if weights.frozen_base else 6) * size - 2 * spared) * work.slots,
        adapter=(6 * adapter - 2 * spared_adapter) * work.slots,
        attention=3 * attention,
        recomputed=2 * (layers + adapter) * work.slots + attention if checkpointed else 0.0,
    )


def attention_width(config: Any) -> int:
    """Width of all query heads together."""
    return int(config.num_attention_heads * head_width(config))


def head_width(config: Any) -> int:
    """Width of one head."""
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
