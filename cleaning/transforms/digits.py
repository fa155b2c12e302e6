"""Arabic digits, and names with digits; others stay as written, for a dose or a pressure is quoted exactly."""

import re

from cleaning.alphabet import ARABIC_DIGITS, ASCII_DIGITS, DIGITS, JOINERS, PERSIAN_DIGITS, ZWJ, ZWNJ
from cleaning.steps import transform
from cleaning.urls import outside_urls

_LATIN = r"A-Za-z\u0370-\u03ff"
_ON = "./,:٫٬_*×"
_HYPHEN = r"\u2010-\u2013-"
# An Arabic digit, a Persian one beside an ASCII one or behind a Latin letter; a class in front, of three ranges, makes
# a search quick.
_ODD = re.compile(
    f"[{DIGITS}](?:(?<=[٠-٩])|(?<=[۰-۹])[0-9]|(?<=[0-9])[۰-۹]|(?<=[{_LATIN}][۰-۹])|(?<=[{_LATIN}][{_HYPHEN}][۰-۹]))"
)
_JOINED = re.compile(rf"[{JOINERS}](?<=\d.)[{JOINERS}]*+(?=\d)")
_PERSIAN = re.compile("[۰-۹]+")
_IN_NAME = re.compile(f"[{_LATIN}][{_HYPHEN}]?$")
_BEFORE_NAME = re.compile(f"[{_HYPHEN}][A-Z]")
# Letters and digits tied together, letters first, with the decimals or the range that the digits go on in.
_NAME = (
    f"(?<![{_LATIN}{DIGITS}])(?<![{DIGITS}][*×{_HYPHEN}])"
    f"[{_LATIN}](?:[{_LATIN}{DIGITS}]|[{_HYPHEN}](?=[{_LATIN}{DIGITS}])|[{_ON}](?=[{DIGITS}]))*"
)
_VALUE = re.compile(f"[{DIGITS}]{{4}}|[{DIGITS}][{_ON}{_HYPHEN}][{DIGITS}]|[{_LATIN}][{_ON}]")
_TWO_SCRIPTS = re.compile("[0-9][۰-۹٠-٩]|[۰-۹٠-٩][0-9]")
_ARABIC = re.compile("[٠-٩]")
_NAME_OR_NUMBER = re.compile(f"(?P<name>{_NAME})|[{DIGITS}]+")
_AROUND = re.compile(f"[{_LATIN}{DIGITS}{_ON}{_HYPHEN}]*")
"""All that is looked at of what stands beside a digit; nothing around that bears on it."""
_TO_PERSIAN = str.maketrans(ARABIC_DIGITS + ASCII_DIGITS, PERSIAN_DIGITS * 2)
_TO_ASCII = str.maketrans(ARABIC_DIGITS + PERSIAN_DIGITS, ASCII_DIGITS * 2)
_ARABIC_TO_PERSIAN = str.maketrans(ARABIC_DIGITS, PERSIAN_DIGITS)


@transform(spelling=True)
def digits(text: str) -> str:
    """Write Arabic digits as Persian ones, and a number of mixed digits in Persian ones throughout.

    In a Latin name (B۱۲, HbA۱c, IL-٦, ٥-FU) they become ASCII, Persian ones too; digits in a URL stay. A name has no
    more than three in a row: what is longer or goes on (HCG۵۰۰۰, TSH۴.۲, ۵۰۰mg) is a value, in whatever one script.
    Behind a letter, ASCII digits beside others may be a name's and a value's (CD4۵۰۰): they stay apart as they are.
    A joiner or non-joiner between two digits shows nothing: they are one number.
    """
    if ZWNJ in text or ZWJ in text:
        text = outside_urls(text, _joined)
    return outside_urls(text, _written) if _ODD.search(text) else text


def _joined(text: str) -> str:
    return _JOINED.sub("", text)


def _written(text: str) -> str:
    """The text with what holds an odd digit written anew."""
    parts, end = [], 0
    while odd := _ODD.search(text, end):
        before = text[end : odd.start()]
        start = odd.start() - _length(before[::-1])
        stop = odd.end() + _length(text, odd.end())
        parts += [text[end:start], _NAME_OR_NUMBER.sub(_one_script, text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]])


def _length(text: str, place: int = 0) -> int:
    around = _AROUND.match(text, place)
    return around.end() - place if around else 0


def _one_script(match: re.Match[str]) -> str:
    if match["name"]:
        return _named(match["name"])
    number, text = match[0], match.string
    if number.isascii() or _PERSIAN.fullmatch(number):
        return number
    behind = _IN_NAME.search(text[max(0, match.start() - 2) : match.start()])
    if behind and _TWO_SCRIPTS.search(number):
        return number.translate(_ARABIC_TO_PERSIAN)
    named = behind or _BEFORE_NAME.match(text, match.end())
    return number.translate(_TO_ASCII if named else _TO_PERSIAN)


def _named(name: str) -> str:
    if _TWO_SCRIPTS.search(name):
        return name.translate(_ARABIC_TO_PERSIAN)
    if _VALUE.search(name) and not _ARABIC.search(name):
        return name
    return name.translate(_TO_PERSIAN if "٫" in name or "٬" in name else _TO_ASCII)
