"""What a text says of the options it names: right, wrong, one of the others; and where it sums up."""

import re
from collections.abc import Sequence

from evaluator.letters.groups import together
from evaluator.letters.mentions import Mention
from evaluator.letters.signs import sought, spelt

RIGHT, WRONG, OTHER = "right", "wrong", "other"
REACH = 200
"""How far behind an option's name what is said of it may stand, in characters."""
_CLOSE, _TAIL, _LONGEST = 60, 300, 30
_END = re.compile(r"[.!?؟؛\n](?:(?<!\n)(?!\d)|(?<=\n)(?<![:\n]\n))")
_NOT = r"(?:نیز|هم|کاملا|کاملاً|پاسخ|گزینه|\s|\*|تر){0,4}(?:نیست|نمی|نبود|نباشد)"
_SOUND = (f"{sought('صحیح')}(?<!ناصحیح)", f"{sought('درست')}(?<!نادرست)")
# An empty group marks those that say wrong.
_VERDICT = re.compile(
    spelt(
        "|".join(
            [
                *(rf"{sought(word)}(?!\s?نیست)()" for word in ("نادرست", "ناصحیح", "غلط", "اشتباه")),
                *(f"{sought(word)}()" for word in ("رد می", "حذف می", "incorrect", "wrong", "false")),
                "not (?:the )?(?:correct|right|true)()",
                *(f"{sought(word)}()" for word in ("cannot be", "can't be")),
                rf"{sought('نمی')}[\s\u200c]?توان()",
                *(f"{word}{_NOT}()" for word in (*_SOUND, *map(sought, ("مناسب", "پاسخ", "گزینه")))),
                *_SOUND,
                rf"{sought('مناسب')}[\s\u200c]?ترین",
                *map(sought, ("بهترین", "انتخاب می", "correct", "right", "best", "true")),
            ]
        )
    )
)
_THIS = re.compile(
    spelt(rf"{sought('این')} (?:گزینه|عبارت|پاسخ|مورد)") + "|his(?<=[Tt]his) (?:option|choice|answer|statement)"
)
_OTHERS = re.compile(
    spelt(
        "|".join(
            [
                r"گزینه[\s\u200c]?های[\s\u200c]?دیگر",
                *map(sought, ("سایر", "بقیه", "دیگر گزینه", "ther options", "ther choices", "موارد دیگر")),
            ]
        )
    )
)
_SUMS_UP = re.compile(
    spelt(
        "|".join(
            [
                *map(sought, ("بنابراین", "در نتیجه", "لذا", "تنها گزینه", "در نهایت", "از این رو")),
                *map(sought, ("با توجه به توضیح", "با توجه به این توضیح")),
                r"پس(?<!\wپس)[\s،]",
                *map(sought, ("herefore", "So,", "so,", "Thus", "thus", "Hence", "hence", "inally", "n conclusion")),
            ]
        )
    )
)


def verdicts(text: str, named: Sequence[Mention]) -> list[str]:
    """RIGHT, WRONG or OTHER for each mention, or nothing; options named together share what is said behind the last."""
    found: list[str] = []
    others = _OTHERS.search(text) if named else None
    while len(found) < len(named):
        first = len(found)
        last = together(text, named, first)
        upto = named[last + 1].start if last + 1 < len(named) else len(text)
        verdict = _said(text, named[last].end, upto)
        if verdict != RIGHT and others and named[first].start > others.start():
            verdict = OTHER
        found += [verdict] * (last + 1 - first)
    return found


def summed_up(text: str, named: Sequence[Mention]) -> set[int]:
    """The options named in the last sentence that sums up and names any, by place."""
    if not named:
        return set()
    left, first, last = list(named), max(0, named[0].start - REACH - _LONGEST), named[-1].start
    for begin in reversed([match.end() for match in _SUMS_UP.finditer(text, first, last)]):
        end = sentence_end(text, begin)
        here: set[int] = set()
        while left and left[-1].start >= begin:
            mention = left.pop()
            here |= {mention.place} if mention.start < end else set()
        if here:
            return here
    return set()


def summing_up(text: str) -> int | None:
    """Where it sums up for the last time; None where it does not near its end."""
    low = max(0, len(text) - _TAIL)
    return max((low + match.end() for match in _SUMS_UP.finditer(text[low:])), default=None)


def sentence_end(text: str, start: int) -> int:
    """Where the sentence ends, within reach."""
    stop = _END.search(text, start, start + REACH)
    return stop.start() if stop else min(len(text), start + REACH)


def _said(text: str, end: int, upto: int) -> str:
    verdict = _VERDICT.search(text, end, min(upto, sentence_end(text, end)))
    this = None if verdict else _THIS.search(text, end, min(upto, end + REACH))
    if this:
        stop = min(upto, sentence_end(text, this.end()), this.end() + _CLOSE)
        verdict = _VERDICT.search(text, this.end(), stop)
    return "" if verdict is None else WRONG if verdict.lastindex else RIGHT
