"""Bytes that a forward pass keeps for the backward one, for a decoder of Cohere's or Llama's kind.

What each operation of transformers' Cohere layer and of peft's LoRA layer saves was read off
torch.autograd.graph.saved_tensors_hooks on tiny models; the tests hold these sums against it.
"""

from dataclasses import dataclass
from typing import Any, Literal

from trainer.plan.architecture import Weights
from trainer.plan.flops import attention_width, head_width

FLOAT = 4
# Logits at their widest, bytes each: log-softmax, its gradient and the loss's, all in float32. Measured: 12.01.
LOGIT = 12
SHARED = 5  # projections of a layer that read its normalised input: query, key, value, gate, up


@dataclass(frozen=True)
class Formats:
    """Bytes of a base weight, whether products run under autocast to two bytes, and of a dropout mask's element."""

    weight: int
    autocast: bool
    mask: int = 1
    attention: Literal["flash_attention_2", "sdpa", "eager"] = "sdpa"

    @property
    def computed(self) -> int:
        """Bytes of what a base matrix gives."""
        return 2 if self.autocast else self.weight

    @property
    def adapted(self) -> int:
        """Bytes of what an adapter computes with: peft holds it in float32."""
        return 2 if self.autocast else FLOAT


@dataclass(frozen=True)
class Micro:
    """What a device computes at once: sequences, each so many places long, and the share of places with logits."""

    sequences: int
    length: int
    checkpointed: bool
    predicted: float = 1.0

    @property
    def places(self) -> int:
        """Tokens and padding."""
        return self.sequences * self.length


def logits(config: Any, micro: Micro) -> int:
    """Bytes of the logits when they take most."""
    return round(LOGIT * micro.places * micro.predicted * int(config.vocab_size))


def kept(weights: Weights, config: Any, formats: Formats, micro: Micro) -> int:
    """Bytes of all layers, logits left out: under checkpointing each layer's input only."""
    layers, hidden, places = int(config.num_hidden_layers), int(config.hidden_size), micro.places
    if micro.checkpointed:
        return (layers * formats.weight + _norm(weights)) * hidden * places
    body = layers * one_layer(weights, config, formats, micro) + _casts(weights, formats)
    if weights.frozen_base:  # the last norm is kept in place of the first, whose input needs no gradient; nor do these
        masks = formats.mask if weights.dropout > 0 else 0
        return int(body - masks * places * sum(m.inputs for m in weights.matrices if m.rank and m.spared))
    return int(body + (_norm(weights) + formats.computed) * hidden * places)


def one_layer(weights: Weights, config: Any, formats: Formats, micro: Micro) -> int:
    """Bytes that one layer keeps without checkpointing."""
    norm = _norm(weights) * int(config.hidden_size) + FLOAT
    gated = 3 * int(config.intermediate_size) * formats.computed
    return round((norm + gated + _attention(config, formats, micro) + _inputs(weights, config, formats)) * micro.places)


def _norm(weights: Weights) -> int:
    """Bytes a place and width: a norm counts in float32 and keeps two steps of it, for its own weights a third."""
    return (2 if weights.frozen_base else 3) * FLOAT


def _attention(config: Any, formats: Formats, micro: Micro) -> float:
    """Query, key, value, result and a sum for each head; the matrix of probabilities too where it is written out."""
    wide, heads = attention_width(config), int(config.num_attention_heads)
    if formats.attention != "eager":
        narrow = int(config.num_key_value_heads) * head_width(config)
        return (2 * wide + 2 * narrow) * formats.computed + heads * FLOAT
    copies = FLOAT if formats.computed == FLOAT else FLOAT + formats.computed
    return 3 * wide * formats.computed + heads * micro.length * copies


def _inputs(weights: Weights, config: Any, formats: Formats) -> float:
    """What the projections keep of their inputs, because weights that read them are trained."""
    hidden, inner = int(config.hidden_size), int(config.intermediate_size)
    result = attention_width(config) if formats.attention == "eager" else 0  # else it is kept by the kernel already
    if not weights.frozen_base:
        own = SHARED if formats.computed != formats.weight else 1
        return (own * hidden + inner + result) * formats.computed
    adapted, layers = [m for m in weights.matrices if m.rank], int(config.num_hidden_layers)
    ranks = sum(m.rank for m in adapted) * formats.adapted / layers
    if weights.dropout > 0:  # each adapter reads its own thinned copy
        return sum(m.inputs * (formats.adapted + formats.mask) for m in adapted) / layers + ranks
    if formats.computed != FLOAT:  # each adapter casts its input for itself
        return sum(m.inputs * formats.adapted for m in adapted) / layers + ranks
    return (hidden + inner + result) * FLOAT + ranks


def _casts(weights: Weights, formats: Formats) -> int:
    """Copies of wider weights that autocast makes and the backward pass needs."""
    if not formats.autocast:
        return 0
    adapters = sum(m.adapter for m in weights.matrices)
    wide = formats.weight > formats.computed
    base = sum(m.size for m in weights.matrices if wide and not (weights.frozen_base and m.spared))
    return formats.computed * (adapters + base)
