"""Files that were asked with another prompt than the rest, by stored prompts or by where answers have their letter.

A prompt to think step by step has the letter come late: with the paper's plain prompt 92 and 98 % of one system's
answers named it in the first 80 characters, with its other prompt 9 %; four other systems differed by less than .1 from
task to task under one prompt.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from evaluator.replay.roster import Task
from evaluator.replay.sheets import Sheet
from evaluator.replay.stored import Answer

PROMPT = "another prompt"
APART = 0.4
"""How far a share of answers that name their letter first must lie from what is usual."""


def prompts(tasks: Sequence[Task]) -> Iterator[dict[str, Any]]:
    """The files that stand out, with what they stand out by."""
    sheets = [sheet for task in tasks for sheet in task.sheets]
    forms = {id(sheet): _forms(sheet) for sheet in sheets}
    usual = Counter[str]()
    for each in forms.values():
        usual.update(each)
    by_system = defaultdict[str, list[float]](list)
    for sheet in sheets:
        by_system[sheet.system] += _early(sheet)
    own = {system: sorted(shares) for system, shares in by_system.items()}
    for task in tasks:
        of_task = sorted(share for sheet in task.sheets for share in _early(sheet))
        for system, sheet in zip(task.systems, task.sheets, strict=True):
            evidence = [
                *_stored(forms[id(sheet)], usual),
                *_late(sheet, own[sheet.system], "the same system's other files"),
                *_late(sheet, of_task, "the other systems' files"),
            ]
            if evidence:
                yield {"kind": PROMPT, "task": task.name, "system": system, "evidence": evidence}


def _forms(sheet: Sheet) -> Counter[str]:
    """The stored prompts without the items' own words, each with how many rows it has."""
    return Counter(form for answer in sheet.answers if (form := _form(answer)) is not None)


def _form(answer: Answer) -> str | None:
    if answer.prompt is None:
        return None
    form = answer.prompt.replace(answer.question.strip() or "\0", "{question}")
    for letter, text in sorted(answer.options.items(), key=lambda option: -len(option[1])):
        form = form.replace(text.strip() or "\0", f"{{{letter}}}")
    return " ".join(form.split())


def _stored(own: Counter[str], usual: Counter[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file whose stored prompt is not the one that most files, and most of its rows, have."""
    if not own:
        return
    others = own.total() - own[usual.most_common(1)[0][0]]
    if others:
        yield {"by": "stored prompts", "rows": others, "of": own.total()}


def _late(sheet: Sheet, shares: Sequence[float], whose: str) -> Iterator[dict[str, Any]]:
    """`shares` are in order those of the files, this one's among them, that it is held against."""
    if sheet.early is None or len(shares) < 2:
        return
    usual = _median_without(shares, bisect_left(shares, sheet.early))
    if sheet.early < usual - APART:
        yield {"by": "the letter comes late", "letter_first": sheet.early, "usual": usual, "in": whose}


def _early(sheet: Sheet) -> list[float]:
    return [] if sheet.early is None else [sheet.early]


def _median_without(ordered: Sequence[float], place: int) -> float:
    others = len(ordered) - 1
    low, high = (ordered[n + (n >= place)] for n in ((others - 1) // 2, others // 2))
    return (low + high) / 2
