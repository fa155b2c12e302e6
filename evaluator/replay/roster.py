"""Which rows of several systems' files are the same item, whatever is missing, moved, or worded otherwise."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Indel

from evaluator.letters.quotes import folded
from evaluator.replay.sheets import Sheet, printable
from evaluator.replay.stored import Answer

SAME = 0.7
"""The share of the shorter file's items that the longer one has too, from which on both are of one task."""
SAME_KEYS = 0.9
"""How alike the right letters, in their order, of two files in one folder are that have the task in two wordings: of
four letters at random, less than 0.7."""
WORDS = 0.4
"""The share of their words that two wordings of one item have in common, where they stand alone between others."""
_RUN = 10  # so many right letters in the same order are no chance
_MANY = 20_000  # more rows would take seconds, and 50 MB, to hold against each other in their order


@dataclass(frozen=True)
class Task:
    """Files of one task; `items` is how many items they have together, `places` the item of every row by file.

    Items are numbered from 0 in the order of the longest file, what it lacks comes behind.
    """

    sheets: Sequence[Sheet]
    places: Sequence[Sequence[int]]
    items: int

    @property
    def name(self) -> str:
        """The folders' names."""
        return " + ".join(dict.fromkeys(sheet.task for sheet in self.sheets))

    @cached_property
    def systems(self) -> list[str]:
        """What the files' systems are called; of several of one name each by its whole path."""
        counted = Counter(sheet.system for sheet in self.sheets)
        return [s.system if counted[s.system] == 1 else printable(str(s.path)) for s in self.sheets]

    @cached_property
    def rows(self) -> list[dict[int, int]]:
        """The row of every item, by file."""
        return [{item: row for row, item in enumerate(places)} for places in self.places]


def tasks(sheets: Sequence[Sheet]) -> list[Task]:
    """The files by task: those with the same items, or in one folder with the same right letters."""
    groups: list[list[Sheet]] = []
    for sheet in sheets:
        home = next((group for group in groups if any(_same_task(sheet, other) for other in group)), None)
        if home is None:
            groups.append([sheet])
        else:
            home.append(sheet)
    return [_task(group) for group in groups]


def _same_task(one: Sheet, other: Sheet) -> bool:
    first, second = {_key(a) for a in one.answers}, {_key(a) for a in other.answers}
    if len(first & second) >= SAME * min(len(first), len(second)):
        return True
    if one.path.absolute().parent != other.path.absolute().parent:
        return False
    own, theirs = _keys(one.answers[:_MANY]), _keys(other.answers[:_MANY])
    return Indel.normalized_similarity(own, theirs) >= SAME_KEYS


def _task(sheets: Sequence[Sheet]) -> Task:
    longest = max(sheets, key=lambda sheet: len(sheet.answers))
    roster = list(longest.answers)
    places: dict[int, list[int]] = {id(longest): list(range(len(roster)))}
    for sheet in sheets:
        if sheet is longest:
            continue
        found = align(roster, sheet.answers)
        new = [row for row, item in enumerate(found) if item is None]
        fresh = dict(zip(new, range(len(roster), len(roster) + len(new)), strict=True))
        roster += [sheet.answers[row] for row in new]
        places[id(sheet)] = [fresh[row] if item is None else item for row, item in enumerate(found)]
    return Task(sheets, [places[id(sheet)] for sheet in sheets], len(roster))


def align(roster: Sequence[Answer], rows: Sequence[Answer]) -> list[int | None]:
    """The item of each row, None for a row that no item is left for.

    It is the one with the same options and right letter, in the same order or moved; else the one with the same
    options, or the same question and right letter; else, between those, the one in its place.
    """
    items, own = [_key(a) for a in roster], [_key(a) for a in rows]
    found: list[int | None] = [None] * len(rows)
    for item, row in _in_order(items, own):
        found[row] = item
    for key in (_key, _said, _asked):
        _moved([key(a) for a in roster], [key(a) for a in rows], found)
    for gap, free in _gaps(found, len(items)):
        _in_place(roster, rows, (gap, free), found)
    return found


def _in_order(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The places of what both have in the same order: the longest such sequence; nothing where there are too many."""
    if max(len(one), len(other)) > _MANY:
        return []
    blocks = [block for block in Indel.opcodes(one, other) if block.tag == "equal"]
    return [(b.src_start + n, b.dest_start + n) for b in blocks for n in range(b.src_end - b.src_start)]


def _moved(items: Sequence[Hashable], own: Sequence[Hashable], found: list[int | None]) -> None:
    """Give rows that stand elsewhere the first item of theirs that is left."""
    taken = set(found)
    left: dict[Hashable, list[int]] = defaultdict(list)
    for item in reversed(range(len(items))):
        if item not in taken:
            left[items[item]].append(item)
    for row, key in enumerate(own):
        if found[row] is None and left[key]:
            found[row] = left[key].pop()


def _gaps(found: Sequence[int | None], items: int) -> Iterator[tuple[list[int], list[int]]]:
    """Each run of rows without an item, and the items that are left between those of the rows around it."""
    taken, rows = set(found), list[int]()
    before = -1
    ends: list[int | None] = [*found, items]
    for row, item in enumerate(ends):
        if item is None:
            rows.append(row)
            continue
        if rows:
            yield rows, [free for free in range(before + 1, item) if free not in taken]
        rows, before = [], item


def _in_place(
    roster: Sequence[Answer], rows: Sequence[Answer], gap: tuple[list[int], list[int]], found: list[int | None]
) -> None:
    own, free = gap
    if len(own) == len(free):
        pairs = list(zip(own, free, strict=True))
    else:
        theirs, ours = _keys([roster[item] for item in free]), _keys([rows[row] for row in own])
        pairs = [(own[row], free[item]) for item, row in _in_order(theirs, ours)]
    same = sum(roster[item].correct == rows[row].correct for row, item in pairs)
    many = len(pairs) >= _RUN and same >= SAME_KEYS * len(own)
    for row, item in pairs:
        if many or _alike(roster[item], rows[row]):
            found[row] = item


def _alike(one: Answer, other: Answer) -> bool:
    """Whether two rows with other options may be one item: the same right letter, and words in common."""
    first, second = ({*folded(a.question).split(), *folded(" ".join(a.options.values())).split()} for a in (one, other))
    return one.correct == other.correct and len(first & second) >= WORDS * len(first | second)


def _key(answer: Answer) -> Hashable:
    return (_said(answer), answer.correct)


def _said(answer: Answer) -> Hashable:
    return folded(" | ".join(answer.options.values()))


def _asked(answer: Answer) -> Hashable:
    return (folded(answer.question), answer.correct)


def _keys(answers: Sequence[Answer]) -> str:
    """The right letters in a row."""
    return "".join(answer.correct or "?" for answer in answers)
