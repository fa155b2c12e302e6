"""A base held in fewer bits: what bitsandbytes keeps for a weight."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BLOCK, OUTER_BLOCK = 64, 256  # bitsandbytes' NF4: weights under one constant, constants under one of the second kind


@dataclass(frozen=True)
class Quantised:
    """Bits of a weight of a linear layer; the constants of its blocks are quantised themselves, or not."""

    bits: int
    double: bool

    @property
    def bytes_a_weight(self) -> float:
        """Bytes with its block's constants (QLoRA, section 3): 0.5625 at 4 bits, 0.516 with these quantised too."""
        if self.bits == 8:
            return 1.0
        constants = 1 / BLOCK + 4 / (BLOCK * OUTER_BLOCK) if self.double else 4 / BLOCK
        return 0.5 + constants


def quantised(base: dict[str, Any]) -> Quantised | None:
    """What a recipe's `base` says in transformers' BitsAndBytesConfig keys, at whatever depth; None: as it is."""
    keys = dict(_scalars(base))
    if keys.get("load_in_4bit") is True:
        return Quantised(4, keys.get("bnb_4bit_use_double_quant") is True)
    return Quantised(8, False) if keys.get("load_in_8bit") is True else None


def _scalars(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _scalars(value)
        else:
            yield str(key), value
