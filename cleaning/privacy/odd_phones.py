"""Telephone numbers written oddly: with signs between the groups that other numbers lack, over lines, or in words."""

import re
from collections.abc import Iterator

from fa_redact import is_valid_mobile_number

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.privacy.phones import AREAS
from cleaning.privacy.shadow import SEPARATORS, START, apart, digits, groups
from cleaning.record import Span

_SIGNS = rf"{SEPARATORS}،؛:;~…=+'\"\\<>«»\n\r#&!٫٬"
_SAID = r"(?:خط تیره|خط|تیره|اسلش|نقطه|ستاره)[ ]{0,2}"
_WIDE = rf"[{_SIGNS}]{{0,3}}(?:{_SAID})?"
_CODE = rf"(?:\+|00)98{_WIDE}\(?0?\)?{_WIDE}|0"
_MOBILE = re.compile(rf"{START}(?:{_CODE})9\d\d(?:{_WIDE}\d){{7}}(?!\d)")
_LANDLINE = re.compile(rf"{START}0(?:{AREAS})[{_SIGNS}]{{1,3}}[2-9]\d{{3}}[ \-]?\d{{4}}(?!\d)")
_GROUPS = {(3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 4, 3), (3, 2, 2, 3)}

_DIGITS = "صفر|یک|دو|سه|چهار|چار|پنج|شش|شیش|هفت|هشت|نه"
_TENS = (
    "ده|یازده|دوازده|سیزده|چهارده|چارده|پانزده|پونزده|شانزده|شونزده|هفده|هیفده|هجده|هیجده|نوزده|بیست|سی|چهل|پنجاه|شصت|"
    "هفتاد|هشتاد|نود"
)
_HUNDREDS = "(?:یک|دوی|سی|چهار|چار|پان|پون|شش|شیش|هفت|هشت|نه)?صد|دویست"
_ENDS = f"(?![{LETTERS}])"
_JOIN = rf"[ {ZWNJ}]{{1,2}}(?:و[ {ZWNJ}]{{1,2}})?"
_THEN = rf"[ ،,.\-\n{ZWNJ}]{{1,3}}(?:و )?"
_ZERO = rf"(?<![{LETTERS}\d])(?:صفر|0)"
_CODE_IN_WORDS = rf"نه ?صد{_JOIN}(?:{_TENS}){_ENDS}(?: و (?:{_DIGITS}){_ENDS})?"
_NUMBER_WORD = rf"(?:(?:{_HUNDREDS}|{_TENS}|{_DIGITS}){_ENDS}|\d{{2,4}}(?!\d))"
_IN_WORDS = re.compile(
    rf"(?:{_ZERO}[ {ZWNJ}]{{0,2}}|(?<![{LETTERS}]))(?:{_CODE_IN_WORDS})(?:{_WIDE}\d){{7}}(?!\d)"
    rf"|{_ZERO}[ {ZWNJ}]{{0,2}}{_CODE_IN_WORDS}(?:{_THEN}{_NUMBER_WORD}){{2,11}}"
    rf"|{_ZERO}(?:{_THEN}(?:{_DIGITS}){_ENDS}){{10}}"
)


def odd_phones(cast: str) -> list[Span]:
    """Such numbers in a shadow, in order; those that `phones` finds are gone from it."""
    return apart("phone", _all(cast))


def _all(cast: str) -> Iterator[tuple[int, int]]:
    if "09" in cast or "98" in cast:
        yield from (match.span() for match in _MOBILE.finditer(cast) if _is_mobile(match[0]))
    if "0" in cast:
        yield from (match.span() for match in _LANDLINE.finditer(cast))
    if "صفر" in cast or "صد" in cast:
        yield from (match.span() for match in _IN_WORDS.finditer(cast))


def _is_mobile(number: str) -> bool:
    """In groups that people make, with the code of an operator; the signs alone say little."""
    figures = digits(number)[-10:]
    left, written = 10, []
    for part in reversed(groups(number)):
        written.append(min(left, len(part)))
        left -= written[-1]
        if not left:
            break
    return tuple(reversed(written)) in _GROUPS and is_valid_mobile_number(f"0{figures}")
