"""Files that were asked with another prompt than the rest, by stored prompts or by where answers have their letter.

A prompt to think step by step has the letter come late: with the paper's plain prompt 92 and 98 % of one system's
answers named it in the first 80 characters, with its other prompt 9 %; four other systems differed by less than .1 from
task to task under one prompt.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
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
    usual = sum(forms.values(), Counter[str]())
    for task in tasks:
        for system, sheet in zip(task.systems, task.sheets, strict=True):
            own = [other for other in sheets if other.system == sheet.system and other is not sheet]
            evidence = [
                *_stored(forms[id(sheet)], usual),
                *_late(sheet, own, "the same system's other files"),
                *_late(sheet, [other for other in task.sheets if other is not sheet], "the other systems' files"),
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


def _late(sheet: Sheet, others: Sequence[Sheet], whose: str) -> Iterator[dict[str, Any]]:
    shares = [share for other in others if (share := other.early) is not None]
    if sheet.early is not None and shares and sheet.early < median(shares) - APART:
        yield {"by": "the letter comes late", "letter_first": sheet.early, "usual": median(shares), "in": whose}
