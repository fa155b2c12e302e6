"""What the peers that find duplicates share: texts in, a cluster's number for each out, processor seconds told.

A peer is run by its own environment's Python as `python PEER.py TEXTS.jsonl LABELS.json SETTING` and imports nothing of
the project.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

Pairs = Iterable[tuple[int, int]]


def words(text: str) -> list[str]:
    """The tokens most examples use: what spaces part."""
    return text.split()


def grams(setting: str) -> Callable[[str], list[str]]:
    """ "words": word 5-grams, as the peers' papers have them; "letters": character 5-grams."""
    if setting == "letters":
        return lambda text: [text[place : place + 5] for place in range(max(1, len(text) - 4))]
    return lambda text: [" ".join(words(text)[place : place + 5]) for place in range(max(1, len(words(text)) - 4))]


def labels(count: int, pairs: Pairs) -> list[int]:
    """For each text the least that the pairs tie it to."""
    first = list(range(count))

    def find(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        first[high] = low
    return [find(place) for place in range(count)]


def _cpu() -> float:
    """Processor seconds so far, with those of processes that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run(find: Callable[[list[str], str], Pairs]) -> None:
    """Read, find, write; print the seconds."""
    source, target, setting = sys.argv[1:4]
    cpu, wall = _cpu(), time.monotonic()
    with Path(source).open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    found = labels(len(texts), find(texts, setting))
    seconds = {"cpu": _cpu() - cpu, "wall": time.monotonic() - wall}
    Path(target).write_text(json.dumps(found))
    sys.stdout.write("\n" + json.dumps(seconds))
