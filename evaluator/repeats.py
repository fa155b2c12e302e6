"""Items that ask the same thing again, within a benchmark or in another: one observation, however often it counts."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from storage.benchmarks.files import Item, hash_of
from storage.splits.grouping import Groups

SHARED = 2
"""Options that items of one question must have in common: questions such as "which is right?" are asked of anything."""
MOST = 26
"""Options that are looked at: as many as there are letters."""

Key = tuple[str, ...]


def labels(benchmarks: Mapping[str, Sequence[Item]]) -> dict[tuple[str, str], str]:
    """The group of every item, by benchmark and the item's id; the group is called after its first item.

    Two items are of one group if the words of their questions are the same, and of two of their options, or of all they
    say where that is less; spelling, punctuation and the order of options play no part. Groups hang together through
    any of their items.
    """
    items = [(name, item) for name, given in benchmarks.items() for item in given]
    groups, first = Groups(len(items)), dict[Key, int]()
    pairs = [(row, first.setdefault(key, row)) for row, key in _keys([item for _, item in items])]
    joined = np.array(pairs, np.int64).reshape(-1, 2)
    groups.join(joined[:, 0], joined[:, 1])
    names = [f"{name}/{item.id}" for name, item in items]
    return {(name, item.id): names[root] for (name, item), root in zip(items, groups.roots().tolist(), strict=True)}


def repeated(benchmarks: Mapping[str, Sequence[Item]]) -> list[list[tuple[str, str]]]:
    """The groups of more than one item, each by benchmark and id, in the order of their first items."""
    found: dict[str, list[tuple[str, str]]] = {}
    for place, label in labels(benchmarks).items():
        found.setdefault(label, []).append(place)
    return [group for group in found.values() if len(group) > 1]


def _keys(items: Sequence[Item]) -> Iterator[tuple[int, Key]]:
    """What items of one group have in common, with the place of the item; nothing for a question asked once."""
    asked = [_words(item.asked) for item in items]
    rows: dict[str, list[int]] = {}
    for row, words in enumerate(asked):
        rows.setdefault(words, []).append(row)
    for words, places in rows.items():
        for row in places if len(places) > 1 else ():
            said = sorted({_words(text) for text in items[row].said})[:MOST]
            for some in combinations(said, min(SHARED, len(said))):
                yield row, (words, *some)


def _words(text: str) -> str:
    """The words of a text as one key; its signs where it has no words."""
    return str(hash_of(Item("", text)) or " ".join(text.split()))
