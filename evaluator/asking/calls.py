"""Calls that were sent and have no answer stored yet, noted before each is sent: a kill loses none from a budget.

A file of the data folder's `calls` for each sitting that is being asked: a line for each call, by the hash of its item,
with all that the item has cost so far. What of it goes with the item's answer is in its row from then on; the rest (a
call that was on its way at a kill, with the longest reply it could have had; a prompt that was given up) stays until
the item is answered. A machine that loses its power may lose the last lines; a killed process does not.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from evaluator.asking.budget import Spent
from storage.answers import Sitting
from storage.blobs import write_whole, writing
from storage.settings import settings

Costs = dict[str, Spent]


class Calls:
    """What the items of one sitting have cost that have no row; by the hash of the item, for an id may be a person's.

    One thread may note calls while another takes items out that are answered.
    """

    def __init__(self, path: Path, costs: Costs) -> None:
        self.path, self.costs = path, costs
        self._file: TextIO | None = None

    def note(self, item: str, spent: Spent) -> None:
        """Add to what an item has cost; it is on its way to the disk when this returns. Raises UsageError."""
        key = _key(item)
        self.costs[key] = self.costs.get(key, Spent()) + spent
        with writing(self.path):
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("a", encoding="utf-8")
                self._file.write("\n")  # a line that a kill cut short would take the next one with it
            self._file.write(_line(key, self.costs[key]))
            self._file.flush()

    def beside(self, item: str, reply: Spent) -> Spent:
        """What an item has cost beside the reply it has in the end: calls that a kill or a fault left without one."""
        found = self.costs.get(_key(item), reply)
        return Spent(*(max(0, a - b) for a, b in zip(_counts(found), _counts(reply), strict=True)))

    def answered(self, items: Iterable[str]) -> None:
        """These have their rows, which tell what they have cost."""
        for item in items:
            self.costs.pop(_key(item), None)

    def close(self) -> None:
        """Leave in the file what has no row, and no file where that is nothing."""
        with writing(self.path):
            if self._file is not None:
                self._file.close()
            if self.costs:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self.path, "".join(_line(*each) for each in self.costs.items()).encode())
            else:
                self.path.unlink(missing_ok=True)


@contextmanager
def noted(sitting: Sitting, answered: Iterable[str]) -> Iterator[Calls]:
    """The calls of a sitting while it is asked, by one process alone; `answered` have rows."""
    found = Calls(path := _path(sitting), _read(path))
    found.answered(answered)
    try:
        yield found
    finally:
        found.close()


def unanswered(sitting: Sitting, items: Iterable[str]) -> Costs:
    """What those of these items have cost that were asked, by the item; they must have no rows."""
    costs = _read(_path(sitting))
    return {item: costs[key] for item in items if (key := _key(item)) in costs} if costs else {}


def _path(sitting: Sitting) -> Path:
    digest = hashlib.sha256("".join(sitting.key.values()).encode()).hexdigest()
    return settings().home / "calls" / f"{digest[:32]}.jsonl"


def _read(path: Path) -> Costs:
    """The last line of each item. A line that a kill cut short was of a call that was not sent yet."""
    with writing(path):
        lines = path.read_bytes().splitlines() if path.is_file() else []
    found: Costs = {}
    for line in lines:
        try:
            key, *counts = json.loads(line)
            found[key] = Spent(*map(int, counts))
        except (ValueError, TypeError, RecursionError):
            continue
    return found


def _line(key: str, spent: Spent) -> str:
    return json.dumps([key, *_counts(spent)]) + "\n"


def _counts(spent: Spent) -> tuple[int, int, int]:
    return spent.calls, spent.read, spent.written


def _key(item: str) -> str:
    return hashlib.sha256(item.encode("utf-8", "replace")).hexdigest()[:32]
