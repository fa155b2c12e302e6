"""Which rows of several systems' files are the same item, whatever is missing, moved, or worded otherwise."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Indel

from evaluator.letters.quotes import folded
from evaluator.replay.grouping import MANY, RUN, SAME_KEYS, Grouping
from evaluator.replay.rows import asked, key_of, keys_of, repeats, said, telling
from evaluator.replay.sheets import Sheet, printable
from evaluator.replay.stored import Answer

WORDS = 0.4
"""The share of their words that two wordings of one item have in common, where they stand alone between others."""


@dataclass(frozen=True)
class Task:
    """Files of one task; `items` is how many items they have together, `rows` the row of every item by file.

    Items are numbered from 0 in the order of the longest file, what it lacks comes behind. `again` are by file the rows
    that repeat another of its rows, with that row: they are of no item.
    """

    sheets: Sequence[Sheet]
    rows: Sequence[dict[int, int]]
    again: Sequence[dict[int, int]]
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


def tasks(sheets: Sequence[Sheet]) -> list[Task]:
    """The files by task: those with the same items, or in one folder with the same right letters."""
    grouping, groups = Grouping(), defaultdict[int, list[Sheet]](list)
    for sheet in sheets:
        groups[grouping.group_of(sheet)].append(sheet)
    return [_task(group) for group in groups.values()]


def _task(sheets: Sequence[Sheet]) -> Task:
    found = repeats([sheet.answers for sheet in sheets])
    own = [[r for r in range(len(s.answers)) if r not in each.again] for s, each in zip(sheets, found, strict=True)]
    longest = max(range(len(sheets)), key=lambda n: (len(own[n]) - len(found[n].alone), -len(found[n].alone)))
    roster = [sheets[longest].answers[row] for row in own[longest]]
    rows: list[dict[int, int]] = [{} for _ in sheets]
    for n, (sheet, (again, alone)) in enumerate(zip(sheets, found, strict=True)):
        answers = [sheet.answers[row] for row in own[n]]
        items = list(range(len(roster))) if n == longest else align(roster, answers)
        for row, item in zip(own[n], items, strict=True):
            if item is not None:
                rows[n][item] = row
            elif row in alone:
                again[row] = alone[row]
            else:
                rows[n][len(roster)] = row
                roster.append(sheet.answers[row])
    return Task(sheets, rows, [each.again for each in found], len(roster))


def align(roster: Sequence[Answer], rows: Sequence[Answer]) -> list[int | None]:
    """The item of each row, None for a row that no item is left for.

    It is the one with the same options and right letter, in the same order or moved; else the one with the same
    options, or the same question and right letter; else, between those, the one in its place.
    """
    items, own = [key_of(a) for a in roster], [key_of(a) for a in rows]
    found: list[int | None] = [None] * len(rows)
    for item, row in _in_order(items, own):
        found[row] = item
    for key in (key_of, said, asked):
        _moved([key(a) for a in roster], [key(a) for a in rows], found)
    for gap, free in _gaps(found, len(items)):
        _in_place(roster, rows, (gap, free), found)
    return found


def _in_order(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The places of what both have in the same order: the longest such sequence; nothing where there are too many."""
    if max(len(one), len(other)) > MANY:
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
    theirs, ours = keys_of([roster[item] for item in free]), keys_of([rows[row] for row in own])
    if len(own) == len(free):
        pairs = list(zip(own, free, strict=True))
    else:
        pairs = [(own[row], free[item]) for item, row in _in_order(theirs, ours)]
    same = sum(roster[item].correct == rows[row].correct for row, item in pairs)
    many = len(pairs) >= RUN and same >= SAME_KEYS * len(own) and telling(ours)
    for row, item in pairs:
        if many or _alike(roster[item], rows[row]):
            found[row] = item


def _alike(one: Answer, other: Answer) -> bool:
    """Whether two rows with other options may be one item: the same right letter, and words in common."""
    first, second = ({*folded(a.question).split(), *folded(" ".join(a.options.values())).split()} for a in (one, other))
    return one.correct == other.correct and len(first & second) >= WORDS * len(first | second)
