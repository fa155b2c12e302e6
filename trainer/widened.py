"""A model computing in float32 whatever format its weights are kept in: a layer at a time, so that it needs no room.

Two computations of one model in bfloat16 part at about one greedy token in a hundred. What adapter and merged model
have to do with each other is seen in float32 alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch.nn.functional import linear

BLOCK = 8_192  # rows of the head in float32 at a time: 128 MiB of the 8-billion model
FLASH = "flash_attention_2"  # its kernels take two bytes a number


@contextmanager
def in_float32(model: Any, merge: bool = False) -> Iterator[None]:
    """Within it every layer computes in float32, on its weights as they are; on no gradient, and not in 4 bits.

    With `merge` each adapter is merged into the weights under it while its layer computes, which are not rounded.
    """
    layers, head = _Layers(merge), _head(model)
    hooks = []
    if head:
        head.forward = _in_blocks(head)
    for module in model.modules():
        if module is head:
            continue
        hooks += [
            module.register_forward_pre_hook(layers.widen),
            module.register_forward_hook(layers.narrow, always_call=True),
        ]
    kernel = str(model.config._attn_implementation)
    if kernel == FLASH:
        model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        if head:
            del head.forward
        if kernel == FLASH:
            model.set_attn_implementation(kernel)


def _head(model: Any) -> Any:
    """The layer of the logits, by far the largest: in float32 it alone would take 4 GiB of the 8-billion model."""
    found = model.get_output_embeddings()
    return found if type(found) is torch.nn.Linear and found.weight.dtype != torch.float32 else None


def _in_blocks(head: torch.nn.Linear) -> Callable[[torch.Tensor], torch.Tensor]:
    """Its computation in float32, some rows of its weights at a time."""

    def forward(read: torch.Tensor) -> torch.Tensor:
        rows = range(0, head.out_features, BLOCK)
        bias = [None if head.bias is None else head.bias[n : n + BLOCK].float() for n in rows]
        parts = [linear(read.float(), head.weight[n : n + BLOCK].float(), b) for n, b in zip(rows, bias, strict=True)]
        return torch.cat(parts, dim=-1)

    return forward


class _Layers:
    """The weights as they were of the layers that compute at the moment."""

    def __init__(self, merge: bool) -> None:
        self.merge = merge
        self.kept: dict[torch.nn.Module, list[tuple[torch.nn.Parameter, torch.Tensor]]] = {}

    def widen(self, module: torch.nn.Module, _read: Any) -> None:
        """torch's hook before a layer computes."""
        if isinstance(module, torch.nn.Embedding):  # what it gives is widened: looking up rounds nothing
            return
        merged = self.merge and isinstance(module, BaseTunerLayer)
        own = module.get_base_layer() if merged else module
        weights = [w for w in own.parameters(recurse=False) if w.is_floating_point()]
        self.kept[module] = [(w, w.data) for w in weights if merged or w.dtype != torch.float32]
        for parameter, as_it_was in self.kept[module]:
            parameter.data = as_it_was.float()
        if merged:
            module.merge(safe_merge=True)  # into a copy

    def narrow(self, module: torch.nn.Module, _read: Any, given: Any) -> Any:
        """torch's hook after it."""
        if isinstance(module, torch.nn.Embedding):
            return given.float()
        kept = self.kept.pop(module, [])
        for parameter, as_it_was in kept:
            parameter.data = as_it_was
        if self.merge and isinstance(module, BaseTunerLayer):
            module.merged_adapters.clear()
        return None
