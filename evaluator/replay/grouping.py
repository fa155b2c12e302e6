"""Which files are of one task; each is held against those alone that it shares something with."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from heapq import nsmallest
from pathlib import Path
from zlib import crc32

from rapidfuzz import process
from rapidfuzz.distance import Indel

from evaluator.replay.rows import key_of, keys_of, telling
from evaluator.replay.sheets import Sheet

SAME = 0.7
"""The share of the shorter file's items that the longer one has too, from which on both are of one task."""
SAME_KEYS = 0.9
"""How alike the right letters, in their order, of two files in one folder are that have the task in two wordings: of
four letters at random, less than 0.7."""
RUN = 10  # so many right letters in the same order are no chance
MANY = 20_000  # more rows would take seconds, and 50 MB, to hold against each other in their order
_FEW = 50  # rows: the letters of files that have no more are held against those of all such files in the folder
_SIGNS = 64  # runs of letters, the same of equal files, by which longer ones are found


class Grouping:
    """Files in the order in which they come; a group's number is how many there were before it.

    A group's items are known by wording: files that are in it by their right letters have others.
    """

    def __init__(self) -> None:
        self._wordings: list[tuple[int, set[Hashable]]] = []
        self._having: dict[Hashable, list[int]] = defaultdict(list)
        self._letters: dict[tuple[Path, str], dict[str, int]] = defaultdict(dict)
        self._groups = 0

    def group_of(self, sheet: Sheet) -> int:
        """The group of files that have the same items, or in one folder the same right letters; else a new one."""
        items = {key_of(answer) for answer in sheet.answers}
        folder, letters = sheet.path.absolute().parent, keys_of(sheet.answers[:MANY])
        wording = self._same_items(items)
        if wording is None:
            wording = len(self._wordings)
            self._wordings.append((self._same_letters(folder, letters), set()))
        group, known = self._wordings[wording]
        for item in items - known:
            self._having[item].append(wording)
        known |= items
        for sign in _signs(letters):
            self._letters[folder, sign].setdefault(letters, group)
        return group

    def _same_items(self, items: set[Hashable]) -> int | None:
        shared = Counter(wording for item in items for wording in self._having.get(item, ()))
        enough = (n for n in sorted(shared) if shared[n] >= SAME * min(len(items), len(self._wordings[n][1])))
        return next(enough, None)

    def _same_letters(self, folder: Path, letters: str) -> int:
        near: dict[str, int] = {}
        for sign in _signs(letters) if telling(letters) else ():
            near |= self._letters.get((folder, sign), {})
        found = process.extractOne(letters, list(near), scorer=Indel.normalized_similarity, score_cutoff=SAME_KEYS)
        if found is not None:
            return near[found[0]]
        self._groups += 1
        return self._groups - 1


def _signs(letters: str) -> Iterator[str]:
    """What the letters are found by: of many some of their runs, of few nothing but that they are few."""
    if len(letters) <= _FEW:
        yield ""
    if len(letters) >= SAME * _FEW:  # so that files of about so many rows, some of them missing, are found both ways
        runs = {letters[start : start + RUN] for start in range(len(letters) - RUN + 1)}
        yield from nsmallest(_SIGNS, runs, key=lambda run: crc32(run.encode()))
