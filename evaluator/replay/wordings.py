"""Items that systems were asked in different words, told from the texts alone."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from evaluator.letters.quotes import folded
from evaluator.replay.roster import Task
from evaluator.replay.stored import Answer

WORDING, TRANSLATION, LANGUAGE = "wording", "another translation", "another language"
FEW = 0.3
"""A file whose wording differs in more than this share of its items was made from another text."""
_LATIN, _LETTER = re.compile("[A-Za-z]"), re.compile(r"[^\W\d_]")


class _Asked(NamedTuple):
    """A system and its answers by item."""

    system: str
    rows: dict[int, Answer]


def wordings(task: Task) -> Iterator[dict[str, Any]]:
    """Systems asked in another language, or from another text; then the single items that have several wordings."""
    asked = [
        _Asked(system, {item: sheet.answers[row] for item, row in rows.items()})
        for system, sheet, rows in zip(task.systems, task.sheets, task.rows, strict=True)
    ]
    for kind, told in ((LANGUAGE, _script), (TRANSLATION, _words)):
        usual = {item: _usual(item, asked, told) for item in range(task.items)}
        differ = [sum(told(row) != usual[item] for item, row in each.rows.items()) for each in asked]
        alike = [each for each, items in zip(asked, differ, strict=True) if items <= FEW * len(each.rows)]
        for each, items in zip(asked, differ, strict=True):
            if each not in alike:
                yield {
                    "kind": kind,
                    "task": task.name,
                    "system": each.system,
                    "items": items,
                    "of": len(each.rows),
                    "than": [other.system for other in alike],
                }
        asked = alike
    several = [found for item in range(task.items) if (found := _several(item, asked))]
    if several:
        yield {"kind": WORDING, "task": task.name, "items": several}


def _usual(item: int, asked: Sequence[_Asked], told: Callable[[Answer], object]) -> object:
    """What is told of the item in most files; of equally many the first, of two scripts the one that is not Latin."""
    counted = Counter(told(each.rows[item]) for each in asked if item in each.rows)
    return max(counted, key=lambda value: (counted[value], value is False), default=None)


def _several(item: int, asked: Sequence[_Asked]) -> dict[str, Any] | None:
    """The systems by wording, where an item has more than one, and what of it differs."""
    groups: dict[tuple[str, ...], list[_Asked]] = defaultdict(list)
    for each in asked:
        if item in each.rows:
            groups[_words(each.rows[item])].append(each)
    if len(groups) < 2:
        return None
    differs = {"question": len({words[0] for words in groups}), "options": len({words[1:] for words in groups})}
    return {
        "item": item + 1,
        "differs": [part for part, wordings in differs.items() if wordings > 1],
        "systems": [[each.system for each in group] for group in groups.values()],
    }


def _words(answer: Answer) -> tuple[str, ...]:
    """The words of the question and of the options, whatever their spelling."""
    return (folded(answer.question), *map(folded, answer.options.values()))


def _script(answer: Answer) -> bool:
    """Whether the question is mostly in Latin letters."""
    return 2 * len(_LATIN.findall(answer.question)) > len(_LETTER.findall(answer.question))
