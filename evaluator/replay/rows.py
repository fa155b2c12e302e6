"""What tells a row of stored answers from others, whatever its spelling."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from evaluator.letters.quotes import folded
from evaluator.replay.stored import Answer

MOSTLY = 0.6
"""The share of one letter up to which right letters tell a task: two orders of 100 so drawn are .86 alike at most."""


def key_of(answer: Answer) -> Hashable:
    """Options and right letter: the same item, even where its question is worded otherwise."""
    return (said(answer), answer.correct)


def said(answer: Answer) -> Hashable:
    """The options."""
    return folded(" | ".join(answer.options.values()))


def asked(answer: Answer) -> Hashable:
    """Question and right letter."""
    return (folded(answer.question), answer.correct)


def keys_of(answers: Sequence[Answer]) -> str:
    """The right letters in a row."""
    return "".join(answer.correct or "?" for answer in answers)


def telling(letters: str) -> bool:
    """Whether right letters, as `keys_of` has them, can tell one task from another: no letter is nearly all of them.

    Rows without one tell nothing.
    """
    told = Counter(letters)
    unknown = told.pop("?", 0)
    return unknown + max(told.values(), default=0) <= MOSTLY * len(letters)


class Repeats(NamedTuple):
    """Rows of a file that repeat one of its rows, with that row.

    `again`: more often than the task repeats it. `alone`: in words that no other file has, so that only their order
    can tell whether the task does.
    """

    again: dict[int, int]
    alone: dict[int, int]


def repeats(files: Sequence[Sequence[Answer]]) -> list[Repeats]:
    """By file of one task its rows that repeat another.

    A task repeats an item as often as most of the files that have it in these words do, of equally many the fewer
    times; of a task with one file none is known to be.
    """
    rows = [_by_words(answers) for answers in files]
    times: dict[Hashable, Counter[int]] = defaultdict(Counter)
    for own in rows:
        for words, places in own.items():
            times[words][len(places)] += 1
    found = []
    for own in rows:
        again, alone = dict[int, int](), dict[int, int]()
        for words, places in own.items():
            told = len(files) == 1 or times[words].total() > 1
            usual = 1 if len(files) == 1 or not told else _usual(times[words])
            (again if told else alone).update(dict.fromkeys(places[usual:], places[0]))
        found.append(Repeats(dict(sorted(again.items())), alone))
    return found


def different(answers: Sequence[Answer]) -> int:
    """How many rows ask something that no row before asks in the same words."""
    own = _by_words(answers)
    return len(own) + len(answers) - sum(map(len, own.values()))


def _by_words(answers: Sequence[Answer]) -> dict[Hashable, list[int]]:
    """The rows by the words of question and options; a row without any in its question repeats none."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for row, answer in enumerate(answers):
        if question := folded(answer.question).strip():
            found[question, said(answer)].append(row)
    return found


def _usual(times: Counter[int]) -> int:
    return min(times, key=lambda many: (-times[many], many))
