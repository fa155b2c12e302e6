"""Whole numbers in words, Persian and English, from 0 to 999,999: «صد و بیست‌وپنج» and "one hundred and twenty-five"."""

import re
from fractions import Fraction
from functools import lru_cache

from evaluator.lint.words import joined

WEAK = 12
"""Numbers up to here are words of running text too: «یک» is an article, «شش» a lung, «نه» no, and some are joined to
the next word."""
_ONES = {
    **{"یک": 1, "دو": 2, "سه": 3, "سو": 3, "چهار": 4, "پنج": 5, "شش": 6, "شیش": 6, "هفت": 7, "هشت": 8, "نه": 9},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9},
}
_TEENS = {
    **{"ده": 10, "یازده": 11, "دوازده": 12, "سیزده": 13, "چهارده": 14, "پانزده": 15, "پونزده": 15, "شانزده": 16},
    **{"شونزده": 16, "هفده": 17, "هیفده": 17, "هجده": 18, "هیجده": 18, "هژده": 18, "نوزده": 19},
    **{"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16},
    **{"seventeen": 17, "eighteen": 18, "nineteen": 19},
}
_TENS = {
    **{"بیست": 20, "سی": 30, "چهل": 40, "پنجاه": 50, "شصت": 60, "هفتاد": 70, "هشتاد": 80, "نود": 90},
    **{"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80},
    **{"ninety": 90},
}
_HUNDREDS = {
    **{"یکصد": 100, "دویست": 200, "سیصد": 300, "چهارصد": 400, "پانصد": 500, "پونصد": 500, "ششصد": 600, "شیشصد": 600},
    **{"هفتصد": 700, "هشتصد": 800, "نهصد": 900},
}
_ROUND = {"صفر": 0, "zero": 0, "صد": 100, "hundred": 100, "هزار": 1000, "thousand": 1000}
_VALUES = _ONES | _TEENS | _TENS | _HUNDREDS | _ROUND


def _any(words: dict[str, int], latin: bool) -> str:
    """The longest first: «چهارده» is no «چهار»."""
    chosen = (word for word in words if word.isascii() == latin)
    return f"(?:{'|'.join(sorted(chosen, key=len, reverse=True))})"


def _grammar(latin: bool, gap: str, additions: tuple[str, str]) -> str:
    """A number of one language; `additions` stand before ones and after hundreds and thousands."""
    to_tens, to_more = additions
    hundred, thousand, zero = ("hundred", "thousand", "zero") if latin else ("(?<!در )صد", "هزار", "صفر")
    ones, teens, tens = (_any(words, latin) for words in (_ONES, _TEENS, _TENS))
    below_hundred = f"(?:{tens}(?:{to_tens}{ones})?|{teens}|{ones})"
    hundreds = f"(?:{ones}{gap})?{hundred}" if latin else f"(?:{_any(_HUNDREDS, latin)}|(?:{ones}{gap})?{hundred})"
    below_thousand = f"(?:(?:{hundreds})(?:{to_more}{below_hundred})?|{below_hundred})"
    return f"(?:(?:{below_thousand}{gap})?{thousand}(?:{to_more}{below_thousand})?|{below_thousand}|{zero})"


_AND = "[ \u200c]?و[ \u200c]?"
_PERSIAN = _grammar(False, "[ \u200c]?", (_AND, _AND))
_ENGLISH = _grammar(True, "[ -]", ("[ -]", "(?: and |[ -])"))
# A joiner ends a number only before what is counted: «سی‌ساله», and neither «سی‌تی» nor «یک‌طرفه».
_COUNTED = (
    "سال|ماه|روز|شب|هفته|ساعت|دقیقه|ثانیه|بار|تا|برابر|درصد|میلی|میکرو|نانو|کیلو|سانتی|دسی|گرم|لیتر|متر|واحد|نفر|عدد"
)
_NUMBER = re.compile(
    rf"(?<![\w\u200c])(?!سی[ \u200c](?:سی|تی|پی|دی|ای)(?!\w))(?<!سی )(?:(?P<number>{_PERSIAN}|{_ENGLISH})"
    rf"(?P<ordinal>[ \u200c]?ام|م|مین|امین)?)(?:(?=سال|ماه|روز|هفته|ساعت)|(?!\w|\u200c(?!{_COUNTED})))",
    re.IGNORECASE,
)
_WORD = re.compile(_any(_VALUES, False) + "|" + _any(_VALUES, True), re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d./])(\d{1,6}) ?(?:هزار|thousand)(?!\w)", re.IGNORECASE)
_PART = re.compile("[ ‌-](?:سوم|چهارم|پنجم|ششم|هفتم|هشتم|نهم|دهم|صدم|هزارم|half|halves|third|quarter|fifth|tenth)")


def read(text: str) -> set[Fraction]:
    """The numbers that stand in words; an ordinal is its number."""
    return {Fraction(_value(found["number"])) for found in _NUMBER.finditer(_thousands(text))}


@lru_cache(maxsize=1 << 16)
def figured(text: str, weak: bool = True) -> str:
    """The text in one spelling, as `plain` has it, with figures for its numbers in words; ordinals and parts stay.

    Without `weak`, words stay that may mean something else: those up to WEAK, and «سی», which is the letter C too.
    """

    def written(found: re.Match[str]) -> str:
        number, value = found["number"], _value(found["number"])
        part = found["ordinal"] or number.endswith("سو") or _PART.match(found.string, found.end())
        return found[0] if part or (not weak and (value <= WEAK or number == "سی")) else str(value)

    return _NUMBER.sub(written, _thousands(text)).replace("\u200c", "")


def _thousands(text: str) -> str:
    """«۲۵ هزار» is 25000."""
    return _THOUSANDS.sub(r"\g<1>000", joined(text))


def _value(number: str) -> int:
    total = current = 0
    for word in _WORD.findall(number.lower()):
        value = _VALUES[word]
        if value == 1000:
            total, current = (current or 1) * 1000, 0
        elif value == 100 and 0 < current < 10:
            current *= 100
        else:
            current += value
    return total + current
