"""Grouping equal keys, and what hangs together, over arrays."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


def numbered(keys: npt.NDArray[np.uint64]) -> Numbers:
    """For each row of `keys` the place of the first row equal to it."""
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    begins = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1))) if len(keys) else np.empty(0, bool)
    first = np.empty(len(keys), np.int64)
    first[order] = order[np.flatnonzero(begins)][np.cumsum(begins) - 1] if len(keys) else order
    return first


def components(count: int, pairs: Numbers) -> Numbers:
    """For each of `count` places the least place that the pairs, one a row, tie it to, however many steps away."""
    label = np.arange(count)
    while len(pairs):
        least = label[pairs].min(axis=1)
        for side in (0, 1):
            np.minimum.at(label, label[pairs[:, side]], least)
        while (further := label[label] != label).any():
            label[further] = label[label[further]]
        pairs = pairs[label[pairs[:, 0]] != label[pairs[:, 1]]]
    return label
