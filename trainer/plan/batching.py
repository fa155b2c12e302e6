"""How many slots a stage's sequences fill: packed, padded to the longest of a batch, or padded to max_length."""

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from trainer.plan.lengths import Lengths

Kind = Literal["packed", "longest", "max_length"]
TOLD: dict[str, str] = {
    "packed": "packed, documents kept apart, no padding",
    "longest": "padded to the longest of a batch",
    "max_length": "padded to max_length",
}


@dataclass(frozen=True)
class Batching:
    """How sequences become batches; `size` of them make one on a device."""

    kind: Kind
    size: int
    max_length: int


@dataclass(frozen=True)
class Slots:
    """Places computed for, S² summed over what attends to itself, and rows of the batches (packs or sequences)."""

    slots: float
    squares: float
    rows: float


def kind_of(stage: dict[str, Any]) -> Kind:
    """What a stage of a recipe says: `packing: true` or `padding: max_length`, in itself or a library's block of it."""
    said = dict(stage)
    for block in stage.values():
        said |= block if isinstance(block, dict) else {}
    if said.get("packing") not in (None, False, "none"):
        return "packed"
    return "max_length" if said.get("padding") == "max_length" else "longest"


def slots(found: Lengths, batching: Batching, seed: int) -> Slots:
    """The slots that one pass over `found` fills.

    Packed documents attend within themselves only, and a pack that is not full is not padded: the packs of a batch are
    laid end to end.
    """
    tokens = np.minimum(found.tokens, batching.max_length)
    if batching.kind == "packed":
        packs = packed_bins(tokens, batching.max_length) * found.each
        return Slots(float(tokens.sum()) * found.each, _squares(tokens) * found.each, packs)
    if batching.kind == "max_length":
        wide = np.full(len(tokens), batching.max_length, dtype=np.int64)
    else:
        wide = _to_longest(tokens, batching.size, seed)
    return Slots(float(wide.sum()) * found.each, _squares(wide) * found.each, found.sequences)


def useful(found: Lengths) -> Slots:
    """The same with not one slot lost: what has to be computed."""
    return Slots(found.total, _squares(found.tokens) * found.each, found.sequences)


def packed_bins(tokens: np.ndarray, capacity: int) -> int:
    """Rows of `capacity` that best-fit-decreasing packing needs, which is TRL's `bfd`."""
    left: list[int] = []  # sorted: what is free in each row that is not full
    bins = 0
    for length in np.sort(tokens)[::-1].tolist():
        place = bisect_left(left, length)
        if place < len(left):
            free = left.pop(place) - length
        else:
            bins, free = bins + 1, capacity - length
        if free > 0:
            insort(left, free)
    return bins


def _to_longest(tokens: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Each sequence as wide as the longest of the batch that a random order puts it in."""
    mixed = np.random.default_rng(seed).permutation(tokens)
    starts = np.arange(0, len(mixed), size)
    widest = np.maximum.reduceat(mixed, starts)
    counts = np.diff(np.append(starts, len(mixed)))
    repeated: np.ndarray = np.repeat(widest, counts)
    return repeated


def _squares(tokens: np.ndarray) -> float:
    return float((tokens.astype(np.float64) ** 2).sum())
