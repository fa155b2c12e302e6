"""Drugs and diseases that a text names, counted by the project's own lists.

Open lists do not serve: the ontologies with a free licence (Disease Ontology, CC0) have no Persian, ATC's names are
under WHO's terms, and the lists of Iranian products come without a licence. Keys are the drug's nonproprietary name and
the disease's English one. A name without a Persian spelling in the lists is not found.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cleaning.folding import fold
from cleaning.medical.terms import Terms, occurrences
from cleaning.wording import sentence

FOLDER = Path(__file__).parent
LISTS = ("drugs", "diseases")


@dataclass(frozen=True)
class Mentions:
    """How often a text names each drug and each disease, most frequent first."""

    drugs: dict[str, int]
    diseases: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """As they are kept among a document's figures."""
        return {"drugs": self.drugs, "diseases": self.diseases}


def mentions(*texts: str) -> Mentions:
    """What the texts of one record name, however they are spelled."""
    return mentions_folded(" ".join(map(sentence, texts)))


def mentions_folded(folded: str) -> Mentions:
    """As `mentions`, of a text that `cleaning.folding.fold` gave."""
    found: dict[str, dict[str, int]] = {name: {} for name in LISTS}
    for key, times in _terms().count(folded).items():
        kind, _, name = key.partition("/")
        found[kind][name] = times
    return Mentions(occurrences(found["drugs"]), occurrences(found["diseases"]))


def places(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where drugs and diseases begin and end among folded words, as `drugs/aspirin`, in order."""
    return _terms().places(words)


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
