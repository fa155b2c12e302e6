"""Articles that say the same few words again and again: keyword lists, pasted blocks, generated pages."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured
from cleaning.wording import sentence, words

_TOP, _DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)
_BASE = np.uint64(0x9E3779B97F4A7C15)

TopShares = Annotated[list[Share], Field(min_length=3, max_length=3)]
DuplicateShares = Annotated[list[Share], Field(min_length=6, max_length=6)]


@measured
def repeated_ngrams(record: Record, *, field: FieldName) -> Figures | None:
    """The most frequent 2-, 3- or 4-gram, or repeated 5- to 10-grams, make up more than these shares of the text.

    Shares of its folded characters, as Gopher (Rae et al. 2021, table A1) counts them: a frequent n-gram's length times
    how often it stands; a repeated one each time but the first, without overlaps. `top` and `duplicate` are lists.
    Reason `repeated_ngrams`; measure: the n-gram (top_3), its share and the maximum.
    Judged on published answers of 80 words or more, as no article is published, with FineWeb2's limits: 4 of 7 right.
    """
    text = record.text(field) or ""
    folded = sentence(text)
    if not folded:
        return None
    ids, lengths = _words(words(text))
    figures: Figures = {}
    hashes, spans = ids, lengths
    for size in range(2, _DUPLICATE[-1] + 1):
        hashes = hashes[:-1] * _BASE + ids[size - 1 :]
        spans = spans[:-1] + 1 + lengths[size - 1 :]
        characters = _top(hashes, spans) if size in _TOP else _duplicate(hashes, spans, size)
        figures[f"{'top' if size in _TOP else 'duplicate'}_{size}"] = round(characters / len(folded), 3)
    return figures


@repeated_ngrams.rule
def _(found: Figures, *, top: TopShares, duplicate: DuplicateShares) -> Finding | None:
    names = [f"top_{size}" for size in _TOP] + [f"duplicate_{size}" for size in _DUPLICATE]
    for name, maximum in zip(names, [*top, *duplicate], strict=True):
        if found[name] > maximum:
            return Finding("repeated_ngrams", {"ngram": name, "share": found[name], "maximum": maximum})
    return None


def _words(found: Sequence[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """A number for each word, the same for the same word, and its length."""
    numbers: dict[str, int] = {}
    ids = np.fromiter((numbers.setdefault(word, len(numbers) + 1) for word in found), np.uint64, len(found))
    return ids * _BASE, np.fromiter(map(len, found), np.int64, len(found))


def _top(hashes: npt.NDArray[np.uint64], spans: npt.NDArray[np.int64]) -> int:
    if not len(hashes):
        return 0
    _, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    most = int(counts.max())  # of several as frequent the longest counts
    return most * int(spans[first[counts == most]].max()) if most > 1 else 0


def _duplicate(hashes: npt.NDArray[np.uint64], spans: npt.NDArray[np.int64], size: int) -> int:
    ordered = np.sort(hashes)
    if not (ordered[1:] == ordered[:-1]).any():
        return 0
    seen: set[int] = set()
    characters = place = 0
    numbers = hashes.tolist()
    while place < len(numbers):
        repeated = numbers[place] in seen
        characters += int(spans[place]) if repeated else 0
        seen.add(numbers[place])
        place += size if repeated else 1
    return characters
