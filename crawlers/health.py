"""Whether a site's reader still finds what its pages must have, judged over the newest pages of the whole farm.

Each record's page leaves a letter for each field found in the frontier's window. A field is taken for broken when so
few of the window's pages have it that, were all as the site states, this would happen once in a million windows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawlers.reading import PageReading

LETTERS = {
    "document": "d",
    "title": "t",
    "question": "q",
    "answer": "a",
    "text": "x",
    "doctor": "w",
    "speciality": "s",
    "published_at": "p",
    "tags": "g",
    "categories": "c",
}
ESSENTIAL = frozenset({"document", "question", "answer", "text"})
"""Fields that a record is nothing without; any other counts as broken only where the farm has seen it before."""
RARE = 1e-6
"""A window is judged at each page, so 200,000 pages give as many overlapping windows: a false alarm in five crawls."""
HISTORY = 100
"""Pages before the window that tell whether the farm has seen a field."""


@dataclass(frozen=True)
class Broken:
    """A field that is missing: `found` of `pages` have it, `expected` is the share that the site states."""

    field: str
    found: int
    pages: int
    expected: float

    def __str__(self) -> str:
        return f"{self.field} on {self.found} of the newest {self.pages} records, {self.expected:.0%} is the least"


def lacking(entry: bytes, must_have: Mapping[str, float]) -> bool:
    """Whether a page's entry in the window lacks a field, so that it is worth judging the window."""
    had = entry.partition(b":")[0].decode()
    return not all(LETTERS[name] in had for name in must_have)


def letters(reading: PageReading) -> str:
    """A letter for each field that every document of the page has; none for a page that gave no document."""
    found = [name for name in LETTERS if name != "document"]
    documents = reading.documents
    return "".join(LETTERS[name] for name in ("document", *found) if documents and _has(name, documents))


def broken(window: Sequence[bytes], must_have: Mapping[str, float], before: Mapping[str, int]) -> list[Broken]:
    """The fields that the window's pages lack, newest first; `before` counts letters, and "pages", until then.

    Fields of a document are judged on the pages that gave one: one without an answer has none of them.
    """
    had = [entry.partition(b":")[0].decode() for entry in window]
    whole = [found for found in had if found]
    made = []
    for name, share in must_have.items():
        pages = had if name in ESSENTIAL else whole
        found = sum(LETTERS[name] in letters for letters in pages)
        seen_before = name in ESSENTIAL or _seen(name, share, before)
        if seen_before and chance(found, len(pages), share) < RARE:
            made.append(Broken(name, found, len(pages), share))
    return made


def chance(found: int, pages: int, share: float) -> float:
    """The probability that of `pages` no more than `found` have what a `share` of all pages has (binomial)."""
    return sum(math.comb(pages, k) * share**k * (1 - share) ** (pages - k) for k in range(found + 1))


def shares(window: Sequence[bytes]) -> Counter[str]:
    """How many of the window's pages have each field, and "pages"."""
    had = [entry.partition(b":")[0].decode() for entry in window]
    made = Counter({name: sum(letter in found for found in had) for name, letter in LETTERS.items()})
    made["pages"] = len(had)
    return made


def _seen(name: str, share: float, before: Mapping[str, int]) -> bool:
    documents = before.get(LETTERS["document"], 0)
    return documents >= HISTORY and before.get(LETTERS[name], 0) >= share * documents


def _has(name: str, documents: Sequence[object]) -> bool:
    return name == "document" or all(getattr(document, name) for document in documents)
