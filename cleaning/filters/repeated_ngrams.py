"""Articles that say the same few words again and again: keyword lists, pasted blocks, generated pages."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured
from cleaning.wording import sentence, words

_TOP, _DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)
_BASE = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

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
    figures: Figures = {f"{'top' if size in _TOP else 'duplicate'}_{size}": 0.0 for size in (*_TOP, *_DUPLICATE)}
    for name, characters in zip(figures, _characters(words(text)), strict=False):
        figures[name] = round(characters / len(folded), 3)
    return figures


@repeated_ngrams.rule
def _(found: Figures, *, top: TopShares, duplicate: DuplicateShares) -> Finding | None:
    names = [f"top_{size}" for size in _TOP] + [f"duplicate_{size}" for size in _DUPLICATE]
    for name, maximum in zip(names, [*top, *duplicate], strict=True):
        if found[name] > maximum:
            return Finding("repeated_ngrams", {"ngram": name, "share": found[name], "maximum": maximum})
    return None


def _characters(found: Sequence[str]) -> Iterator[int]:
    """For each size from 2 the characters that its frequent or repeated n-grams make up, until no n-gram is repeated.

    What is repeated begins with a shorter n-gram that is: the longer ones are only sought there.
    """
    ids, begins, ends = _words(found)
    places, hashes = np.arange(len(ids)), ids
    for size in range(_TOP[0], _DUPLICATE[-1] + 1):
        within = places <= len(ids) - size
        places = places[within]
        last = places + size - 1
        hashes, spans = hashes[within] * _BASE + ids[last], ends[last] - begins[places]
        order, counts = _equal(hashes)
        if counts.max(initial=1) == 1:
            return
        again = np.sort(order[np.repeat(counts > 1, counts)])
        if size in _TOP:
            most = counts.max()  # of several as frequent the longest counts
            yield int(most * spans[order[np.cumsum(counts)[counts == most] - 1]].max())
        places, hashes, spans = places[again], hashes[again], spans[again]
        if size in _DUPLICATE:
            yield _repeats(places, hashes, spans, size)


def _words(found: Sequence[str]) -> tuple[Hashes, Numbers, Numbers]:
    """A hash of each word, of 64 bits, and where it begins and ends."""
    ids = np.fromiter(map(hash, found), np.int64, len(found)).view(np.uint64)
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    ends = np.cumsum(lengths + 1) - 1
    return ids, ends - lengths, ends


def _equal(hashes: Hashes) -> tuple[Numbers, Numbers]:
    """Places in an order in which equal hashes stand together, and how many there are of each."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(order) else order
    return order, np.diff(np.append(begins, len(order)))


def _repeats(places: Numbers, hashes: Hashes, spans: Numbers, size: int) -> int:
    """The characters of n-grams at these places, each time but the first, without overlaps."""
    seen: set[int] = set()
    characters = free = 0
    for place, number, span in zip(places.tolist(), hashes.tolist(), spans.tolist(), strict=True):
        if place < free:
            continue
        if number in seen:
            characters, free = characters + span, place + size
        seen.add(number)
    return characters
