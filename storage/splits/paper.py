"""The paper's split, by source (../paper, section IV B, figure 2).

drhast and niniban train, a part of niniban is dev, doctor-yab and isovisit are test. The K-QA part of the paper's test
is a published benchmark, not a crawled source.
"""

import hashlib
import uuid
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from storage.grams import Hashes, Places
from storage.splits.leakage import Sides

TRAIN, DEV, TEST = 0, 1, 2
TEST_SOURCES = frozenset({"doctor-yab", "isovisit"})
DEV_SOURCE = "niniban"
DEV_MOST = 2000  # dev pairs in the published dataset
DEV_SHARE = 0.37  # 2,000 of the 5,405 niniban pairs the authors kept


def draw(keys: Hashes, documents: Sequence[uuid.UUID], sources: Sequence[str]) -> Sides:
    """The sides of all pairs: dev is a share of DEV_SOURCE chosen by hash, so that it hardly moves as data grows.

    `keys` has a row a pair and a column a text, 0 for an empty one. A pair whose question or answer stands a second
    time outside the test split trains: a model is not judged by what it was trained on, word for word.
    """
    sides = np.array([TEST if source in TEST_SOURCES else TRAIN for source in sources], np.int8)
    own = np.flatnonzero([source == DEV_SOURCE for source in sources])
    alone = own[~_repeated(keys, np.flatnonzero(sides != TEST))[own]]
    chosen = sorted(alone.tolist(), key=lambda row: hashlib.sha256(documents[row].bytes).digest())
    sides[chosen[: min(DEV_MOST, round(DEV_SHARE * len(own)))]] = DEV
    return sides


def _repeated(keys: Hashes, among: Places) -> npt.NDArray[np.bool_]:
    """Whether a text of the row stands twice among those rows, for every row."""
    found = np.zeros(len(keys), bool)
    for column in keys.T:
        known, counts = np.unique(column[among], return_counts=True)
        found |= np.isin(column, known[(counts > 1) & (known != 0)])
    return found
