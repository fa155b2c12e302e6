"""Benchmarks' items, as they are published and as they are registered.

Registered: JSON with the name, the items' ids, and their runs in base64; published: JSON lines, plain or gzip, with a
question, and options, an answer or what else an item says.
"""

import base64
import gzip
import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from storage import grams
from storage.blobs import write_whole
from storage.errors import DataDamaged, UsageError
from storage.grams import SHORTEST, SIZE

FORMAT = 2
"""Raised whenever the same items would have other runs."""
ENTRY = np.dtype([("run", "<u8"), ("head", "<u8"), ("item", "<u4"), ("size", "u1")])
"""A run of an item: its hash, that of its first SHORTEST words, the item's place among the ids, the words it has."""
ASKED = ("question",)
SAID = ("options", "answer", "free_form_answer", "must_have", "nice_to_have")
LARGEST = 1 << 28
_FORMS = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]")


class Item(NamedTuple):
    """What a benchmark asks in one item, and what else of it a model could have learnt by heart."""

    id: str
    asked: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Registered:
    """A benchmark's runs; `entries` are of dtype ENTRY, sorted."""

    name: str
    ids: tuple[str, ...]
    entries: npt.NDArray[np.void]

    @cached_property
    def sha256(self) -> str:
        """The identity of its items."""
        head = json.dumps([FORMAT, self.name, self.ids], ensure_ascii=False).encode()
        return hashlib.sha256(head + self.entries.tobytes()).hexdigest()

    def write(self, folder: Path) -> Path:
        """Put it into the folder under its name; what stood there is replaced."""
        runs = base64.b64encode(self.entries.tobytes()).decode()
        content = {"format": FORMAT, "name": self.name, "sha256": self.sha256, "ids": self.ids, "runs": runs}
        path = folder / f"{self.name}.json"
        write_whole(path, json.dumps(content, ensure_ascii=False).encode())
        path.chmod(0o644)
        return path


def of_items(name: str, items: Iterable[Item]) -> Registered:
    """The runs of a benchmark's items.

    An item has all runs of SIZE words of what it asks and says, one after the other. What is shorter but has SHORTEST
    words or more counts whole; a question that items of different answers share tells none of them, unless it has SIZE
    words. Raises UsageError for a name that is none and for a benchmark without a run.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", name):
        raise UsageError(f"{name!r} cannot name a benchmark: a-z, 0-9, '-' and '_', at most 80")
    given = list(items)
    entries = np.array([entry for place, item in enumerate(given) for entry in _entries(place, item)], ENTRY)
    entries = np.unique(entries[~_shared(entries, given)])
    if not len(entries):
        raise UsageError(f"no item of benchmark {name} has {SHORTEST} words: nothing could be looked for")
    return Registered(name, tuple(item.id for item in given), entries)


def read(path: Path) -> Registered:
    """A registered benchmark. Raises DataDamaged where the file is none or does not match its hash."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = np.frombuffer(base64.b64decode(content["runs"], validate=True), ENTRY)
        found = Registered(str(content["name"]), tuple(map(str, content["ids"])), entries)
        whole = content["format"] == FORMAT and content["sha256"] == found.sha256
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataDamaged(f"{path} is no registered benchmark ({type(error).__name__}): register it again") from None
    if not whole:
        raise DataDamaged(f"{path} does not match its hash or is of another version: register it again")
    return found


def published(path: Path) -> list[Item]:
    """The items of a benchmark's file, by `id` or else by line number. Raises UsageError naming the line at fault."""
    items = []
    for number, line in enumerate(_lines(path), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: line {number} is not JSON ({type(error).__name__})") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}: line {number} is {type(row).__name__}, not an object with a question")
        fields = {str(key).lower(): value for key, value in row.items()}
        asked = " ".join(_texts([fields.get(name) for name in ASKED]))
        if not asked.strip():
            raise UsageError(f"{path}: line {number} has no question")
        items.append(Item(str(row.get("id", number)), asked, tuple(_texts([fields.get(name) for name in SAID]))))
    if not items:
        raise UsageError(f"{path} holds no items")
    return items


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if len(text) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST} bytes: that is no benchmark")
    yield from (line for line in text.splitlines() if line.strip())


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, whatever lists or objects they lie in."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)


def _entries(place: int, item: Item) -> Iterator[tuple[int, int, int, int]]:
    asked, whole = _words([item.asked]), _words([item.asked, *item.said])
    for numbers, size in ((whole, min(len(whole), SIZE)), (asked, len(asked) if len(asked) < SIZE else 0)):
        if size < SHORTEST:
            continue
        bounds = np.array([0, len(numbers)])
        heads = grams.runs(numbers, bounds, SHORTEST).hashes
        for run, head in zip(grams.runs(numbers, bounds, size).hashes.tolist(), heads.tolist(), strict=False):
            yield run, head, place, size


def _shared(entries: npt.NDArray[np.void], items: Sequence[Item]) -> npt.NDArray[np.bool_]:
    """Whether an entry is a short question that items of other answers have as well."""
    contents = np.array([hash_of(item) for item in items], np.uint64)[entries["item"].astype(np.int64)]
    short = entries["size"] < SIZE
    pairs = np.unique(np.stack([entries["run"][short], contents[short]], axis=1), axis=0)
    runs, counts = np.unique(pairs[:, 0], return_counts=True)
    found: npt.NDArray[np.bool_] = short & np.isin(entries["run"], runs[counts > 1])
    return found


def hash_of(item: Item) -> int:
    """One number for all that an item asks and says, whatever the spelling and the order of what it says."""
    whole = _words([item.asked, *sorted(item.said)])
    return int(grams.wholes(whole, np.array([0, len(whole)]))[0])


def _words(texts: Sequence[str]) -> grams.Words:
    """Letters in presentation forms, which whoever cleans a text replaces, are their plain ones."""
    plain = _FORMS.sub(lambda form: unicodedata.normalize("NFKC", form[0]), "\n".join(texts))
    return grams.batch([plain], tied=True).words
