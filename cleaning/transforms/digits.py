"""Arabic digits; Persian and ASCII ones stay as written, for a dose or a pressure is quoted exactly."""

import re

from cleaning.alphabet import ARABIC_DIGITS, ASCII_DIGITS, PERSIAN_DIGITS
from cleaning.steps import transform
from cleaning.urls import outside_urls

# An Arabic digit, or a Persian one beside an ASCII one; a class in front, of three ranges, makes a search quick.
_ODD = re.compile("[0-9٠-٩۰-۹](?:(?<=[٠-٩])|(?<=[۰-۹])[0-9]|(?<=[0-9])[۰-۹])")
_NUMBER = re.compile("[0-9۰-۹٠-٩]+")
_PERSIAN = re.compile("[۰-۹]+")
_IN_NAME = re.compile(r"[A-Za-z\u0370-\u03ff][\u2010-\u2013-]?$")
_BEFORE_NAME = re.compile(r"[\u2010-\u2013-][A-Z]")
_TO_PERSIAN = str.maketrans(ARABIC_DIGITS + ASCII_DIGITS, PERSIAN_DIGITS * 2)
_TO_ASCII = str.maketrans(ARABIC_DIGITS + PERSIAN_DIGITS, ASCII_DIGITS * 2)


@transform(spelling=True)
def digits(text: str) -> str:
    """Write Arabic digits as Persian ones, and a number of mixed digits in Persian ones throughout.

    In a Latin name (B١٢, IL-٦, ٥-FU) they become ASCII; digits in a URL stay.
    """
    return outside_urls(text, lambda part: _NUMBER.sub(_one_script, part)) if _ODD.search(text) else text


def _one_script(match: re.Match[str]) -> str:
    number, text = match[0], match.string
    if number.isascii() or _PERSIAN.fullmatch(number):
        return number
    named = _IN_NAME.search(text[max(0, match.start() - 2) : match.start()]) or _BEFORE_NAME.match(text, match.end())
    return number.translate(_TO_ASCII if named else _TO_PERSIAN)
