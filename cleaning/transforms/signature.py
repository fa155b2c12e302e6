"""The doctor's name and title above, below and between the parts of an answer."""

import re

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.steps import transform

LONGEST = 120  # characters; the longest signature line seen in 28,135 answers has 71
_WORD = f"[{LETTERS}{ZWNJ}]+"
_FAREWELL = r"(?:با (?:احترام|تشکر|سپاس|آرزوی [^ .،,]{2,12})|ارادتمند|موفق باشید)"
_ANSWERS = rf"(?:پاسخ|جواب)(?: از| توسط)?[ :]+|{_FAREWELL}[ .،,:-]*"
_DOCTOR = rf"(?:{_ANSWERS})?(?:خانم |آقای )?دکتر +{_WORD}(?:[ ،,()_/–-]+{_WORD}){{0,16}}"
_LINE = re.compile(rf"{_DOCTOR}[ .،:;؛()-]*")
_HEADER = re.compile(rf"{_DOCTOR}[ )]*:\s*(?=\S)")
_SAYS = re.compile(rf" ?(?:پاسخ|جواب)? (?:می{ZWNJ}?(?:دهد|گوید)|داد)(?= *:)")
_VERBS = (
    r"است|هستند|هستید|باش\w*|شو[دنی]\w*|شد\w*|کن[دیم]\w*|کرد\w*|ده[یدن]\w*|گفت\w*|"
    r"فرم(?:ود|ای)\w*|نمای\w+|برو\w+|دار[دینم]\w*|بود\w*"
)
_SENTENCE = re.compile(rf"(?:^|[ {ZWNJ}])ن?(?:{_VERBS}|ام|را|که|مراجعه)(?=$|[ .،؛:])")
_ENDS = ".!؟?"


@transform()
def signature(text: str) -> str:
    """Strip a doctor's name and title: as a line of its own, before a colon at the start, as the last sentence.

    Words with a verb, «را» or «که» among them are a sentence and stay; so does a text that is nothing but a name.
    """
    if "دکتر" not in text:
        return text
    bare = "\n".join(line for line in text.split("\n") if not _is_signature(line)).strip()
    return _without_tail(_without_header(bare)) if bare else text


def _is_signature(line: str) -> bool:
    if len(line) > LONGEST or "دکتر" not in line:
        return False
    line = _SAYS.sub("", line.strip())
    return bool(_LINE.fullmatch(line)) and not _SENTENCE.search(_without_farewell(line))


def _without_header(text: str) -> str:
    header = _HEADER.match(text, 0, 2 * LONGEST)
    return text[header.end() :] if header and _is_signature(header[0]) else text


def _without_tail(text: str) -> str:
    body = text.rstrip(" " + _ENDS)
    end = max(body.rfind(mark, max(0, len(body) - LONGEST)) for mark in _ENDS)
    tail = body[end + 1 :].strip()
    return text[: end + 1] if end >= 0 and tail and _is_signature(tail) else text


def _without_farewell(line: str) -> str:
    return re.sub(_FAREWELL, "", line)
