"""Postal addresses: a chain of streets, alleys, numbers and floors."""

import re

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.privacy.shadow import apart, holds
from cleaning.record import Span

_W = f"[{LETTERS}{ZWNJ}]{{1,20}}"
_STREET = (
    "خیابان|بلوار|کوچه|میدان|بزرگراه|اتوبان|چهارراه|سه راه|شهرک|بن بست|نبش|کوی|فلکه|جاده|محله|مجتمع|ساختمان|برج|پاساژ|خ"
)
_NUMBER = (
    r"(?:پلاک|طبقه|واحد|پ|ط|قطعه|بلوک|درب)[ :.]{0,2}(?:\d{1,4}|اول|دوم|سوم|چهارم|پنجم|ششم|همکف|یک|دو|سه)(?![\d.,/]*\d)"
)
_WORDS = rf"(?:[ ]{{1,2}}(?:{_W}|\d{{1,4}}))"
_NAME = rf"(?:{_WORDS}{{1,4}}?(?= ?(?:[،,؛.\-/\n)]|$|(?:{_STREET}|پلاک|طبقه|واحد|پ|ط)[ .]))|{_WORDS}{{1,2}})"
_NO_NAME = "و|یا|که|ها|های|را|به|از|در|با|تا|می|است|بود"
_PART = (
    rf"(?:(?<![{LETTERS}])(?:{_STREET})[.{ZWNJ}]?(?! (?:{_NO_NAME})(?![{LETTERS}])){_NAME}|(?<![{LETTERS}]){_NUMBER})"
)
_JOIN = r"(?: ?[،,؛./\-_–] ?| |\n){1,3}"
_LEAD = rf"(?:(?:استان|شهر|شهرستان)? ?{_W}(?: {_W})?{_JOIN})"
_CHAIN = re.compile(rf"{_PART}(?:{_JOIN}{_PART}){{1,8}}")
_PLACE = rf"(?:آدرس|ادرس|نشانی|محل سکونت|ساکن)(?:[ {ZWNJ}](?:مطب|منزل|کلینیک|من|ما|ام|دقیق))?"
_NAMED = re.compile(rf"{_PLACE}[ :؛]{{1,3}}({_LEAD}{{0,4}}?{_PART}(?:{_JOIN}{_PART}){{0,8}})")
_HINTS = ("خیابان", "پلاک", "کوچه", "بلوار", "نبش", "آدرس", "ادرس", "نشانی")
_STREETS = re.compile(rf"(?<![{LETTERS}])(?:{_STREET})(?![{LETTERS}])")
_CERTAIN = re.compile(r"\d|پلاک|نبش|بن بست|[،,]")


def addresses(cast: str) -> list[Span]:
    """Addresses in a shadow, in order: streets and numbers in a chain of two parts or more; or a part after «آدرس»."""
    if not holds(cast, _HINTS):
        return []
    found = [match.span(1) for match in _NAMED.finditer(cast)]
    found += [match.span() for match in _CHAIN.finditer(cast) if _is_certain(match[0])]
    return apart("address", found)


def _is_certain(chain: str) -> bool:
    """«خیابان و کوچه» alone is no address."""
    return bool(_STREETS.search(chain) and _CERTAIN.search(chain))
