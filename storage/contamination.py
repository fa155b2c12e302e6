"""Benchmarks' items found in what a snapshot keeps, for its manifest."""

import uuid
from collections import Counter
from typing import Any

from storage import benchmarks

MOST_TOLD = 1000  # documents named in a manifest; all are counted


class Contamination:
    """Looks at every kept document; what is found is told, and left where it is: dropping is a recipe's to say.

    The words told are those of an item, word for word, as they stand in the text the snapshot holds: cleaned and
    masked by its recipe, so that the manifest says nothing that the snapshot's rows do not.
    """

    def __init__(self) -> None:
        self._index = benchmarks.index()
        self._by_benchmark: Counter[str] = Counter()
        self._documents = 0
        self._found: list[dict[str, Any]] = []

    def look(self, split: str, document: uuid.UUID, text: str) -> None:
        """Look for all registered benchmarks in one document's text."""
        overlaps = self._index.find(text)
        if not overlaps:
            return
        self._documents += 1
        self._by_benchmark.update({overlap.benchmark for overlap in overlaps})
        if len(self._found) < MOST_TOLD:
            self._found.append({"split": split, "document": str(document), **overlaps[0]._asdict()})

    def figures(self) -> dict[str, Any]:
        """The index's hash, its benchmarks with their items, how many documents share what with them, and which."""
        return {
            "index_sha256": self._index.sha256,
            "benchmarks": {benchmark.name: len(benchmark.ids) for benchmark in self._index.benchmarks},
            "documents": self._documents,
            "by_benchmark": dict(sorted(self._by_benchmark.items())),
            "found": self._found,
        }
