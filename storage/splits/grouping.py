"""Which rows hang together: sets of rows joined by whatever they share, in arrays and files, in linear time."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from storage.grams import Hashes, Places

BUCKETS = 64
_ENTRY = np.dtype([("key", np.uint64), ("row", np.uint32)])


class Groups:
    """Rows numbered from 0, each at first on its own."""

    def __init__(self, count: int) -> None:
        self._root = np.arange(count)

    def join(self, rows: Places, others: Places) -> None:
        """Put each row and its other into one group."""
        while len(rows):
            rows, others = self._root[rows], self._root[others]
            apart = rows != others
            rows, others = rows[apart], others[apart]
            np.minimum.at(self._root, np.maximum(rows, others), np.minimum(rows, others))
            self._settle()

    def join_equal(self, keys: Hashes, rows: Places) -> None:
        """Put rows with equal keys into one group; the key 0 is nobody's."""
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        same = (keys[1:] == keys[:-1]) & (keys[1:] != 0) & (rows[1:] != rows[:-1])
        edges = np.unique((rows[:-1][same].astype(np.uint64) << np.uint64(32)) | rows[1:][same].astype(np.uint64))
        self.join((edges >> np.uint64(32)).astype(np.int64), (edges & np.uint64(0xFFFFFFFF)).astype(np.int64))

    def roots(self) -> npt.NDArray[np.int64]:
        """For each row the first row of its group."""
        return self._root.copy()

    def _settle(self) -> None:
        while True:
            further = self._root[self._root]
            if np.array_equal(further, self._root):
                return
            self._root = further


class Buckets:
    """Keys and the rows that hold them, spread over files so that equal keys meet without all being in memory."""

    def __init__(self, folder: Path) -> None:
        self._files = [folder / f"bucket-{number}" for number in range(BUCKETS)]
        self._stack = ExitStack()

    def __enter__(self) -> "Buckets":
        self._out = [self._stack.enter_context(file.open("wb")) for file in self._files]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, keys: Hashes, rows: Places) -> None:
        """Take in keys with the row of each."""
        numbers = keys >> np.uint64(64 - BUCKETS.bit_length() + 1)
        order = np.argsort(numbers, kind="stable")
        entries = np.empty(len(keys), _ENTRY)
        entries["key"], entries["row"] = keys[order], rows[order]
        ends = np.searchsorted(numbers[order], np.arange(BUCKETS), side="right")
        for out, part in zip(self._out, np.split(entries, ends[:-1]), strict=True):
            part.tofile(out)

    def join(self, groups: Groups) -> None:
        """Put all rows that share a key into one group, and let go of the files."""
        self._stack.close()
        for file in self._files:
            entries = np.fromfile(file, _ENTRY)
            groups.join_equal(entries["key"], entries["row"].astype(np.int64))
            file.unlink()
