"""The doctor's name and title as a line above or below an answer."""

import re

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.steps import transform

LONGEST = 120  # characters; the longest signature seen in 28,135 answers has 71
_WORD = f"[{LETTERS}{ZWNJ}]+"
_DOCTOR = (
    rf"(?:پاسخ(?: از| توسط)?[ :]+|جواب[ :]+)?(?:با (?:احترام|تشکر|سپاس)|ارادتمند)?[ ،,:-]*(?:خانم |آقای )?دکتر {_WORD}"
)
_LINE = re.compile(rf"{_DOCTOR}(?:[ ،,()_/–-]+{_WORD}){{0,12}}[ .،:;؛()-]*")
_HEADER = re.compile(rf"\s*{_DOCTOR}(?:[ ،,()_/–-]+{_WORD}){{1,12}} ?:\s*(?=\S)")
_VERBS = (
    r"است|هست\w*|باش\w*|شو[دنی]\w*|شد\w*|کن[دیم]\w*|کرد\w*|"
    r"ده[یدن]\w*|گفت\w*|فرم(?:ود|ای)\w*|نمای\w+|برو\w+|دار[دینم]\w*|بود\w*"
)
_SENTENCE = re.compile(rf"(?:^|[ {ZWNJ}])ن?(?:{_VERBS}|ام|را|که|مراجعه)(?=$|[ .،؛:])")


@transform()
def signature(text: str) -> str:
    """Strip a line that holds nothing but a doctor's name and title from the top and the bottom.

    A line with a verb, «را» or «که» is a sentence and stays; so does a text that is nothing but such lines.
    """
    lines = text.strip().split("\n")
    first, last = 0, len(lines) - 1
    while first < last and _is_signature(lines[first]):
        first += 1
    while first < last and _is_signature(lines[last]):
        last -= 1
    rest = "\n".join(lines[first : last + 1])
    header = _HEADER.match(rest)
    return rest[header.end() :] if header and not _SENTENCE.search(header[0]) else rest


def _is_signature(line: str) -> bool:
    """An empty line counts: it stands between the text and the signature."""
    line = line.strip()
    return not line or bool(len(line) <= LONGEST and _LINE.fullmatch(line) and not _SENTENCE.search(line))
