"""What is odd about stored answers, found without knowing their names: each an object with `kind` and what it is about.

Items are numbered from 1 by the rows of the task's longest file, rows from 1 within their own file.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from evaluator.letters import SEVERAL, Reading
from evaluator.replay.prompts import prompts
from evaluator.replay.roster import Task
from evaluator.replay.sheets import Sheet
from evaluator.replay.stored import Answer
from evaluator.replay.wordings import wordings

MISSING, REPEATED, KEY, NO_KEY = "missing rows", "repeated rows", "another key", "no key"
DISAGREEMENT = "disagreement"
OTHER, OVERLOOKED = "the text gives another letter", "the text gives a letter, the person none"
SEVERAL_GIVEN, NONE_GIVEN = "the text gives several letters", "the text gives no letter"


def anomalies(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Everything odd: first of the files, then what only a person who reads again can settle."""
    found = [each for task in tasks for family in (_missing, _repeated, wordings, _keys) for each in family(task)]
    return [*found, *prompts(tasks), *(each for task in tasks for each in _disagreements(task))]


def disagreements(sheet: Sheet) -> list[dict[str, Any]]:
    """The rows where the letter that was read is not the published one, with both and what kind of case it is."""
    rows = zip(sheet.answers, sheet.readings, strict=True)
    return [
        {"row": row, "published": answer.published, "read": found.letter, "kind": _kind(answer, found), "by": found.by}
        for row, (answer, found) in enumerate(rows, 1)
        if found.letter != answer.published
    ]


def _kind(answer: Answer, found: Reading) -> str:
    if found.letter is not None:
        return OTHER if answer.published else OVERLOOKED
    return SEVERAL_GIVEN if found.by == SEVERAL else NONE_GIVEN


def _disagreements(task: Task) -> Iterator[dict[str, Any]]:
    for system, sheet in zip(task.systems, task.sheets, strict=True):
        rows = disagreements(sheet)
        if rows:
            kinds = Counter(row["kind"] for row in rows)
            yield _of(task, system, DISAGREEMENT) | {"rows": rows, "kinds": dict(kinds.most_common())}


def _missing(task: Task) -> Iterator[dict[str, Any]]:
    for system, rows in zip(task.systems, task.rows, strict=True):
        items = [item + 1 for item in range(task.items) if item not in rows]
        if items:
            yield _of(task, system, MISSING) | {"items": items, "rows": len(rows), "of": task.items}


def _repeated(task: Task) -> Iterator[dict[str, Any]]:
    """Rows that hold an item once more, which other files, if there are any, do not."""
    for system, sheet, again in zip(task.systems, task.sheets, task.again, strict=True):
        if again:
            rows = [{"row": row + 1, "of": first + 1} for row, first in again.items()]
            yield _of(task, system, REPEATED) | {"rows": rows, "of": len(sheet.answers)}


def _keys(task: Task) -> Iterator[dict[str, Any]]:
    """Items without a right letter, and those with several in several files."""
    for system, sheet in zip(task.systems, task.sheets, strict=True):
        none = [row for row, answer in enumerate(sheet.answers, 1) if answer.correct is None]
        if none:
            yield _of(task, system, NO_KEY) | {"rows": none}
    for item in range(task.items):
        keys = {
            system: sheet.answers[rows[item]].correct
            for system, sheet, rows in zip(task.systems, task.sheets, task.rows, strict=True)
            if item in rows
        }
        if len(set(keys.values())) > 1:
            yield {"kind": KEY, "task": task.name, "item": item + 1, "keys": keys}


def _of(task: Task, system: str, kind: str) -> dict[str, Any]:
    return {"kind": kind, "task": task.name, "system": system}
