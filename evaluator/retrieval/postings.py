"""For every feature the texts that hold it: an inverted index in four arrays, read from disk as they are needed."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.retrieval.features import Counts
from storage.grams import Hashes

Array = npt.NDArray[Any]
Scores = npt.NDArray[np.float32]


class Postings:
    """The texts of feature n are `texts[starts[n]:starts[n + 1]]`; `features` are sorted."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.features, self.starts, self.texts = (arrays[name] for name in ("features", "starts", "texts"))

    def found(self, features: Hashes) -> Iterator[tuple[int, slice]]:
        """Of sorted features those that a text holds: the place in `features`, and where its texts stand."""
        places = np.searchsorted(self.features, features)
        known = np.flatnonzero(places < len(self.features))
        known = known[self.features[places[known]] == features[known]]
        for n in known.tolist():
            yield n, slice(int(self.starts[places[n]]), int(self.starts[places[n] + 1]))


def arrays(counts: Counts) -> tuple[dict[str, Array], npt.NDArray[np.int64]]:
    """The arrays of `Postings`, and in what order the counts stand there."""
    order = np.argsort(counts.values, kind="stable")
    features, starts = np.unique(counts.values[order], return_index=True)
    found: dict[str, Array] = {
        "features": features,
        "starts": np.append(starts, len(order)).astype(np.int64),
        "texts": counts.texts[order].astype(np.int32),
    }
    return found, order
