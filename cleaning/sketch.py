"""What is kept of a text to find its repeats: hashes, its number of words, and MinHash bands.

Sketches are made once, where a record is judged, and stored with it, so that a new crawl is held against all
before it without reading their texts.
"""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from cleaning.folding import Folded, fold_all, fold_each, runs
from cleaning.minhash import BANDS, BITS, band_keys, bits, signatures
from cleaning.opposed import marked_string
from cleaning.record import Record

VERSION = 1
"""Raise it when the same text would have another sketch; stored sketches must then be made anew."""

COMPARED = {"qa": ("question", "answer"), "article": ("text",)}
"""The fields of each kind that are compared, in the order of a sketch's parts."""

LONGEST_COMPARED = 5000  # words; beyond it two texts are compared by their beginnings
PART = np.dtype(
    [
        ("exact", "<u8", (2,)),
        ("folded", "<u8", (2,)),
        ("words", "<u4"),
        ("bits", "<u8", (2, BITS // 64)),
        ("bands", "<u4", (BANDS,)),
    ]
)
"""A field's part: hashes of its raw and its folded text (0 where that is empty), its folded words, two bits of each
MinHash, and band keys (0 where it has fewer letters than a gram)."""

_KINDS = tuple(COMPARED)


def sketch_all(records: Sequence[Record]) -> list[bytes]:
    """Each record's sketch: a byte for version and kind, then a PART for each field compared."""
    texts = [record.fields.get(name) or "" for record in records for name in COMPARED[record.kind]]
    parts, width, first = _parts(texts).tobytes(), PART.itemsize, 0
    sketches = []
    for record in records:
        last = first + width * len(COMPARED[record.kind])
        sketches.append(_header(record.kind) + parts[first:last])
        first = last
    return sketches


def read_header(sketch: bytes) -> str:
    """The kind of the sketch's record. Raises ValueError when it is none of this version."""
    version, number = divmod(sketch[0], len(_KINDS)) if sketch else (0, 0)
    if version != VERSION or len(sketch) != 1 + PART.itemsize * len(COMPARED[_KINDS[number]]):
        raise ValueError("not a sketch of this version")
    return _KINDS[number]


class Sketches:
    """The sketches of a corpus, packed; places are the numbers, from 0, in which they were added."""

    def __init__(self) -> None:
        self._places = {kind: array("q") for kind in COMPARED}
        self._parts = {kind: bytearray() for kind in COMPARED}
        self._count = 0

    def add(self, sketch: bytes) -> None:
        """Take in the next. Raises ValueError when it is none of this version."""
        kind = read_header(sketch)
        self._places[kind].append(self._count)
        self._parts[kind] += memoryview(sketch)[1:]
        self._count += 1

    def parts(self, names: Sequence[str]) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.void]]]:
        """The places of the records that have these fields, and for each field their parts, a PART a place.

        They are views: nothing can be added while one is held.
        """
        for kind, fields in COMPARED.items():
            if set(names) <= set(fields):
                parts = np.frombuffer(self._parts[kind], PART).reshape(-1, len(fields))
                return np.frombuffer(self._places[kind], np.int64), [parts[:, fields.index(name)] for name in names]
        raise ValueError(f"no kind of record has {', '.join(names)}")

    def words(self) -> npt.NDArray[np.int64]:
        """For each place how many words `word_strings` gives."""
        words = np.zeros(self._count, np.int64)
        for kind, fields in COMPARED.items():
            parts = np.frombuffer(self._parts[kind], PART).reshape(-1, len(fields))
            words[np.frombuffer(self._places[kind], np.int64)] = np.minimum(parts["words"], LONGEST_COMPARED).sum(
                axis=1
            )
        return words


def word_strings(records: Sequence[Record]) -> Iterator[dict[str, str]]:
    """Of each record the words of each field compared, LONGEST_COMPARED at most: `cleaning.opposed.marked_string`."""
    folded = fold_each([record.fields.get(name) or "" for record in records for name in COMPARED[record.kind]])
    for record in records:
        yield {name: marked_string(_beginning(next(folded))) for name in COMPARED[record.kind]}


def _beginning(folded: str) -> str:
    return " ".join(folded.split(" ", LONGEST_COMPARED)[:LONGEST_COMPARED])


def _header(kind: str) -> bytes:
    return bytes([VERSION * len(_KINDS) + _KINDS.index(kind)])


def _parts(texts: list[str]) -> npt.NDArray[np.void]:
    parts = np.zeros(len(texts), PART)
    for first, last in runs(texts):
        some, folded = parts[first:last], fold_all(texts[first:last])
        some["exact"] = _hashes([text.encode("utf-8", "surrogatepass") for text in map(_or_nothing, texts[first:last])])
        some["folded"] = _hashes(_folded_bytes(folded))
        some["words"] = folded.words
        banded, signature = signatures(folded)
        some["bits"][banded] = bits(signature)
        some["bands"][banded] = band_keys(signature)
    return parts


def _or_nothing(text: str) -> str:
    return "" if text.isspace() else text


def _folded_bytes(folded: Folded) -> list[memoryview]:
    data = memoryview(folded.points.tobytes())
    return [data[4 * a : 4 * b] for a, b in zip(folded.starts.tolist(), folded.ends.tolist(), strict=True)]


def _hashes(texts: Sequence[bytes | memoryview]) -> npt.NDArray[np.uint64]:
    """16 bytes a text; zeros for an empty one."""
    digests = b"".join(blake2b(text, digest_size=16).digest() if text else bytes(16) for text in texts)
    return np.frombuffer(digests, "<u8").reshape(-1, 2)
