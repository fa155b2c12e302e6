"""Our own engine over the same texts, its sketches and word strings included; run by the project's Python."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from clusters import Pairs, run

sys.path.insert(0, str(Path(__file__).parents[3]))
from cleaning.corpus import CorpusPass, Tier
from cleaning.recipe import Recipe, Step
from cleaning.record import Record
from cleaning.sketch import sketch_all, word_strings
from cleaning.steps import registry

AT_ONCE = 500
STEP = Step(registry()["near_repeats"], {"field": "text", "similarity": 0.8, "words": 8}, "drop")
RECIPE = Recipe("bench", "", {}, (STEP,))


def find(texts: list[str], _setting: str) -> Pairs:
    """Each text with the first of its cluster."""

    def strings(places: list[int]) -> Iterator[dict[str, str]]:
        return word_strings([_record(texts[place]) for place in places])

    passing, waiting = CorpusPass(RECIPE, strings), iter(texts)
    while batch := list(islice(waiting, AT_ONCE)):
        for sketch in sketch_all([_record(text) for text in batch]):
            passing.add(sketch, Tier.PASSED)
    for place, final in enumerate(passing.finals()):
        if final.cluster is not None:
            yield place, final.cluster


def _record(text: str) -> Record:
    return Record("article", {"title": "", "text": text})


if __name__ == "__main__":
    run(find)
