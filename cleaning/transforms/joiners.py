"""The zero-width non-joiner: once, and only inside a word."""

import re

from cleaning.alphabet import DIGITS, HAMZA_ABOVE, JOINERS, LETTERS, ZWJ, ZWNJ
from cleaning.steps import transform
from cleaning.transforms.letters import composed
from cleaning.urls import outside_urls

_INDIC = "\u0900-\u109f\u1780-\u17ff"  # scripts that write with it between other letters than ours
_WORD = f"{LETTERS}{DIGITS}A-Za-z{_INDIC}"
_JOINER = f"[{JOINERS}¬]"

# Each pattern begins with the character sought and looks back from there: that is what makes a search quick.
_IN_WORD = re.compile(f"{_JOINER}(?<=[{LETTERS}{HAMZA_ABOVE}]{_JOINER}){_JOINER}*(?=[{LETTERS}])")
_USELESS = re.compile(f"{ZWNJ}(?:(?<![{_WORD}{HAMZA_ABOVE}{ZWNJ}]{ZWNJ}){ZWNJ}*|{ZWNJ}*(?![{_WORD}{ZWNJ}]))")
_IN_NUMBERS = "[.٫٬/,:–-]"
_PARTS_NUMBERS = re.compile(rf"(?<=\d){ZWNJ}++{_IN_NUMBERS}{ZWNJ}*+\d|(?<=\d{_IN_NUMBERS}){ZWNJ}++\d")
_REPEATED = re.compile(f"{ZWNJ}{ZWNJ}+")


@transform(spelling=True)
def joiners(text: str) -> str:
    """Keep one ZWNJ between two letters and none elsewhere; ¬ inside a word is an old editor's ZWNJ.

    A zero-width joiner goes where the letters join anyway and stays elsewhere: at a word's end it keeps
    its last letter's shape, and emoji are built with it. A ZWNJ beside a number's point becomes a space: ۱۰[ZWNJ].۱۱
    is no decimal.
    """
    if ZWNJ in text or ZWJ in text or "¬" in text:
        return outside_urls(text, _once_in_a_word)
    return text


def _once_in_a_word(text: str) -> str:
    if ZWJ in text or "¬" in text or ZWNJ * 2 in text:
        text = _IN_WORD.sub(lambda m: "" if set(m[0]) == {ZWJ} else ZWNJ, text)
    return composed(_REPEATED.sub(ZWNJ, _USELESS.sub(_gap, text)))


def _gap(match: re.Match[str]) -> str:
    return " " if _PARTS_NUMBERS.match(match.string, match.start()) else ""
