"""The systems of one task against one another, over the items that both have a row for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from evaluator.replay.roster import Task
from evaluator.statistics import holm, mcnemar

READ, PUBLISHED = "extracted", "published"


def pairs(tasks: Sequence[Task]) -> list[list[dict[str, Any]]]:
    """Every two systems, by task: what only one of them has right, and McNemar's exact p, by both ways of reading.

    `holm` is that p after Holm's correction over all pairs of all tasks.
    """
    found = [list(_pairs(task)) for task in tasks]
    for by in (READ, PUBLISHED):
        tests = [pair[by] for compared in found for pair in compared]
        for test, adjusted in zip(tests, holm([test["p"] for test in tests]), strict=True):
            test["holm"] = adjusted
    return found


def against_best(compared: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a task's pairs, by letters read, those of the system that has most right beyond the others."""
    ahead = Counter[str]()
    for pair in compared:
        lead = pair[READ]["only_first"] - pair[READ]["only_second"]
        ahead.update({pair["first"]: lead, pair["second"]: -lead})
    best = max(ahead, key=lambda system: ahead[system], default=None)
    return [pair for pair in compared if best in (pair["first"], pair["second"])]


def _pairs(task: Task) -> Iterator[dict[str, Any]]:
    read = [sheet.right(sheet.letters) for sheet in task.sheets]
    published = [sheet.right(sheet.published) for sheet in task.sheets]
    for one, other in combinations(range(len(task.sheets)), 2):
        shared = [(task.rows[one][item], task.rows[other][item]) for item in task.rows[one] if item in task.rows[other]]
        if shared:
            yield {
                "first": task.systems[one],
                "second": task.systems[other],
                "items": len(shared),
                READ: _tested([(read[one][a], read[other][b]) for a, b in shared]),
                PUBLISHED: _tested([(published[one][a], published[other][b]) for a, b in shared]),
            }


def _tested(right: list[tuple[bool, bool]]) -> dict[str, Any]:
    only_first, only_second = sum(a and not b for a, b in right), sum(b and not a for a, b in right)
    return {"only_first": only_first, "only_second": only_second, "p": mcnemar(only_first, only_second)}
