"""A model computing in float32 whatever format its weights are kept in: a layer at a time, so that it needs no room.

Two computations of one model in bfloat16 part at about one greedy token in a hundred. What adapter and merged model
have to do with each other is seen in float32 alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer

FLASH = "flash_attention_2"  # its kernels take two bytes a number


@contextmanager
def in_float32(model: Any, merge: bool = False) -> Iterator[None]:
    """Within it every layer computes in float32, on its weights as they are; on no gradient, and not in 4 bits.

    With `merge` each adapter is merged into the weights under it while its layer computes, which are not rounded.
    """
    layers = _Layers(merge)
    hooks = []
    for module in model.modules():
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
        if kernel == FLASH:
            model.set_attn_implementation(kernel)


class _Layers:
    """The weights as they were of the layers that compute at the moment."""

    def __init__(self, merge: bool) -> None:
        self.merge = merge
        self.kept: dict[torch.nn.Module, list[tuple[torch.nn.Parameter, torch.Tensor]]] = {}

    def widen(self, module: torch.nn.Module, _read: Any) -> None:
        """torch's hook before a layer computes."""
        merged = self.merge and isinstance(module, BaseTunerLayer)
        own = module.get_base_layer() if merged else module
        weights = [w for w in own.parameters(recurse=False) if w.is_floating_point()]
        self.kept[module] = [(w, w.data) for w in weights if merged or w.dtype != torch.float32]
        for parameter, as_it_was in self.kept[module]:
            parameter.data = as_it_was.float()
        if merged:
            module.merge(safe_merge=True)  # into a copy

    def narrow(self, module: torch.nn.Module, _read: Any, _given: Any) -> None:
        """torch's hook after it."""
        kept = self.kept.pop(module, [])
        for parameter, as_it_was in kept:
            parameter.data = as_it_was
        if self.merge and isinstance(module, BaseTunerLayer):
            module.merged_adapters.clear()
