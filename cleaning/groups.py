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


class Neighbours:
    """Which places stand beside a place, and how like it each is: made of pairs, one a row, held in arrays."""

    def __init__(self, pairs: Numbers, likeness: npt.NDArray[np.float64]) -> None:
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        self._others, self.likeness = pairs[order, 1], likeness[order]
        places, begins = np.unique(pairs[order, 0], return_index=True)
        ends = np.append(begins, len(order))[1:]
        self._bounds = dict(zip(places.tolist(), zip(begins.tolist(), ends.tolist(), strict=True), strict=True))

    def of(self, place: int) -> list[tuple[float, int]]:
        """The likeness and place of each beside it, in the order of places."""
        begin, end = self._bounds.get(place, (0, 0))
        return list(zip(self.likeness[begin:end].tolist(), self._others[begin:end].tolist(), strict=True))

    def row(self, one: int, other: int) -> int:
        """Where the pair, which there must be, stands in `likeness`."""
        begin, end = self._bounds[one]
        return int(begin + np.searchsorted(self._others[begin:end], other))


class Tied:
    """Places tied to one another one pair at a time, and which hang together by that."""

    def __init__(self) -> None:
        self._towards: dict[int, int] = {}

    def tie(self, one: int, other: int) -> None:
        """From now on they hang together."""
        self._towards[self._end(one)] = self._end(other)

    def together(self, one: int, other: int) -> bool:
        """Whether they do."""
        return self._end(one) == self._end(other)

    def _end(self, place: int) -> int:
        while (towards := self._towards.get(place, place)) != place:
            self._towards[place] = place = self._towards.get(towards, towards)
        return place
