"""Drugs and diseases that a text names, counted by the project's own lists.

Open lists do not serve: the ontologies with a free licence (Disease Ontology, CC0) have no Persian, ATC's names are
under WHO's terms, and the lists of Iranian products come without a licence. Keys are the drug's nonproprietary name and
the disease's English one. A name without a Persian spelling in the lists is not found.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cleaning.folding import fold
from cleaning.medical.table import Table, Words, words
from cleaning.medical.terms import Terms
from cleaning.wording import sentence

FOLDER = Path(__file__).parent
LISTS = ("drugs", "diseases")


class Mentions(NamedTuple):
    """How often a text names each drug and each disease, most frequent first."""

    drugs: dict[str, int]
    diseases: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """As they are kept among a document's figures."""
        return {"drugs": self.drugs, "diseases": self.diseases}


def mentions(*texts: str) -> Mentions:
    """What the texts of one record name, however they are spelled."""
    return mentions_all([texts])[0]


def mentions_all(records: Sequence[Sequence[str]]) -> list[Mentions]:
    """As `mentions`, of the texts of several records at once."""
    table, names = _table()
    found = words(tuple(sentence(text) for texts in records for text in texts))
    bounds = found.bounds[np.cumsum([0, *map(len, records)])]
    met = table.find(Words(found.hashes, bounds))
    told, times = np.unique(met.texts * len(names) + met.keys, return_counts=True)
    order = np.lexsort((told, -times, told // len(names)))  # a record's most frequent first, then by name
    counted = [Mentions({}, {}) for _ in records]
    for place, count in zip(told[order].tolist(), times[order].tolist(), strict=True):
        kind, name = names[place % len(names)]
        counted[place // len(names)][kind][name] = count
    return counted


def places(folded: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where drugs and diseases begin and end among folded words, as `drugs/aspirin`, in order."""
    return _terms().places(folded)


def names(kind: str) -> list[str]:
    """Every name that can be counted: `drugs` or `diseases`."""
    return list(_rows(kind))


@cache
def version() -> str:
    """The sha256 of the lists."""
    digest = hashlib.sha256()
    for name in (*LISTS, "ambiguous"):
        digest.update((FOLDER / f"{name}.txt").read_bytes())
    return digest.hexdigest()


@cache
def _table() -> tuple[Table, list[tuple[int, str]]]:
    """All terms, and for each key the place of its list and its name."""
    table = Table(_terms())
    keys = [key.partition("/") for key in table.keys]
    return table, [(LISTS.index(kind), name) for kind, _, name in keys]


@cache
def _terms() -> Terms:
    excluded = {fold(word) for word in _rows("ambiguous")}
    spellings = [
        (spelling, f"{kind}/{name}") for kind in LISTS for name, listed in _rows(kind).items() for spelling in listed
    ]
    return Terms((spelling, key) for spelling, key in spellings if fold(spelling) not in excluded)


@cache
def _rows(name: str) -> dict[str, list[str]]:
    return dict(_lines((FOLDER / f"{name}.txt").read_text(encoding="utf-8")))


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, _, rest = line.partition(" | ")
            yield key, [spelling.strip() for spelling in rest.split("،") if spelling.strip()]
