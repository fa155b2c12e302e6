"""Texts that belong to no pair and yet are trained on, held against the pairs that are held out."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from storage import grams
from storage.grams import SIZE, Lookup
from storage.splits.clear import MOST_TRIED
from storage.splits.leakage import HeldOut
from storage.splits.near import NearIndex
from storage.splits.words import PARTS, PairWords


def leaking(texts: Sequence[str], held_out: Iterable[tuple[str | None, str | None]], run: int = SIZE) -> set[int]:
    """Places of the texts that are a held-out text, word for word or nearly, or share `run` words in a row with a pair.

    `held_out` are questions with answers. What is near, and how a template's many texts are kept from costing their
    product, is said in `near` and `clear`.
    """
    with tempfile.TemporaryDirectory(prefix="tabib-outside-") as name:
        words = PairWords(Path(name) / "held-out")
        for question, answer in held_out:
            words.add(question, answer)
        words.close()
        own = PairWords(Path(name) / "texts")
        for text in texts:
            own.add("", text)
        own.close()
        held = HeldOut(words, np.arange(len(words)))
        equal = np.isin(own.keys()[:, 1], words.keys()[words.keys() != 0])
        return set(np.flatnonzero(equal).tolist()) | _near_or_sharing(own, held, run)


def _near_or_sharing(texts: PairWords, held: HeldOut, run: int) -> set[int]:
    known, found = Lookup(np.unique(held.runs(run)[0])), set[int]()
    indexes = [NearIndex(*held.chunk.part(part), MOST_TRIED) for part in range(PARTS)]
    for chunk in texts.chunks():
        numbers, bounds = chunk.part(1)
        runs = grams.runs(numbers, bounds, run)
        hit, _ = known.find(runs.hashes)
        found |= {chunk.first + int(place) for place in np.unique(runs.owners[hit])}
        for index in indexes:
            found |= {chunk.first + place for place, _ in index.matches(numbers, bounds)}
    return found
