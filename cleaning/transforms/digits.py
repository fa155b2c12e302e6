"""Arabic digits; Persian and ASCII ones stay as written, for a dose or a pressure is quoted exactly."""

import re

from cleaning.alphabet import ARABIC_DIGITS, ASCII_DIGITS, PERSIAN_DIGITS
from cleaning.steps import transform

_ARABIC = re.compile(f"[{ARABIC_DIGITS}]+")
_NUMBER = re.compile(r"[0-9۰-۹]+")
_MIXED = re.compile("[0-9][۰-۹]|[۰-۹][0-9]")
_TO_PERSIAN = str.maketrans(ARABIC_DIGITS + ASCII_DIGITS, PERSIAN_DIGITS * 2)


@transform(spelling=True)
def digits(text: str) -> str:
    """Write Arabic digits as Persian ones, and a number of mixed digits in Persian ones throughout."""
    text = _ARABIC.sub(lambda m: m[0].translate(_TO_PERSIAN), text)
    return _NUMBER.sub(_unmixed, text) if _MIXED.search(text) else text


def _unmixed(match: re.Match[str]) -> str:
    number = match[0]
    return number if number.isascii() else number.translate(_TO_PERSIAN)
