"""Telephone numbers: mobiles and landlines of Iran in every spelling, others with their country code."""

import re
from collections.abc import Iterator

from fa_redact import is_valid_mobile_number

from cleaning.alphabet import TATWEEL, ZWNJ
from cleaning.privacy.shadow import GAP, HOLE, START, digits, groups
from cleaning.record import Span

# Area codes of the provinces since the renumbering of 2014, without the zero.
AREAS = "11|13|17|21|23|24|25|26|28|31|34|35|38|41|44|45|51|54|56|58|61|66|71|74|76|77|81|83|84|86|87"
_COUNTRY = rf"(?:(?:\+|00)98|98\+?){GAP}\(?0?\)?{GAP}"
_TIGHT = rf"[ \-(){ZWNJ}{TATWEEL}]{{0,3}}"  # a point or slash after a zero would be a decimal or a date

_MOBILE = re.compile(rf"{START}\(?(?:{_COUNTRY}|\+?0{_TIGHT}|(?=9))9(?:{GAP}\d){{9}}(?:(?!\d)|(?=09\d{{9}}(?!\d)))")
_BACKWARDS = re.compile(r"(?<![\d.,/:])(?:\d{7}|\d{4}[ \-]\d{3}|\d{2}[ \-]\d{2}[ \-]\d{3})[ \-_،:](09\d\d)(?![\d.,/])")
_LANDLINE = re.compile(rf"{START}\(?(?:{_COUNTRY}|\+?0{_TIGHT})(?:{AREAS})(?:{GAP}\d){{8}}(?!\d)")
_ANY_AREA = re.compile(r"(?<![\dA-Za-z.,/:٫])0[1-8]\d{9}(?![\d.,/]\d|\d)")
_AREA_LAST = re.compile(rf"(?<![\d.,/:])[2-9]\d{{3}}[ \-]?\d{{4}} ?-{{1,2}} ?0(?:{AREAS})(?![\d.,/])")
_ABROAD = re.compile(rf"(?<![\d+])(?:\+(?!98)[1-9]|00(?!98)[1-9](?=\d{{9}}))\d{{0,2}}(?:{GAP}\d){{7,12}}(?!\d)")

_LONG_NUMBER = re.compile(rf"\d(?:{GAP}\d){{6}}")
_CUE_BEFORE = 45  # characters that a word and what may follow it take, before the number
_NO_DIGIT = rf"[^\d\n{HOLE}]"
_CUE_WORDS = (
    rf"تلفن|تلفکس|ف(?:ا|ک)?کس|نمابر|تماس|موبایل|(?:تلفن|شماره|خط) ?همراه|همراه ?:|واتس[{ZWNJ} ]?[اآ]پ|تلگرام|ایتا|زنگ|"
    r"نوبت|رزرو|مطب|(?i:\btel\b|phone|\bcall\b|\bfax\b|mobile|whats ?app)"
)
_CUE = re.compile(rf"(?:{_CUE_WORDS})(?:{_NO_DIGIT}|(?<!\d)\d(?!\d)){{0,25}}?(?<![\d(])(\(?\d(?:{GAP}\d){{6,9}})(?!\d)")
_WHOSE = (
    "(?: (?:منزل|خانه|خونه|مطب|کلینیک|همسرم|من|بنده|خودم|خودمون|ثابت|تماس|دفتر|منشی|ایشان|محل کار|ما|شما|همراه)){0,2}"
)
_NUMBER_OF = re.compile(
    rf"شماره(?:[{ZWNJ} ]?(?:ام|اش|شون|تون|م|ش|مون)\b)?{_WHOSE}[ :=]{{0,3}}([2-9]\d{{3}}[ \-]?\d{{4}})(?!\d)"
)
_BEFORE_CUE = re.compile(
    rf"(?<!\d)(?<!\d[.,/:٫])([2-9]\d{{3}}[ \-]?\d{{4}})(?!\d){_NO_DIGIT}{{0,15}}?(?:تماس|زنگ ?ب|داخلی ?\d|تلفن)"
)
_NEXT = re.compile(r" ?(?:[،,/\-|]|و|یا) ?([2-9](?:\d{7}|\d{3}[ \-]\d{4}))(?!\d)")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_EXTENSION = re.compile(r"[ ،,]{0,2}\(?داخلی[ :]{0,2}\d{1,5}\)?")
_UNIT = re.compile(
    rf"[ {ZWNJ}]{{0,2}}(?:واحد|عدد|میلی|میکرو|نانو|گرم|ریال|تومان|تومن|درصد|نفر|سلول|سال|متر|[٪%/]"
    r"|(?i:iu|mg|ml|cc|u\b|mcg))"
)
_VOLUME = rf"(?:(?:میلی|دسی|سانتی|میکرو)[ {ZWNJ}]?(?:لیتر|متر|گرم)|لیتر|گرم|متر|سی[ {ZWNJ}]?سی)"
_COUNTED = re.compile(
    rf"[ {ZWNJ}]{{0,2}}(?:(?:(?:هزار |میلیون )?(?:ریال|تومان|تومن)|عدد|سلول|اسپرم|گلبول|کپی|ویروس|کلنی|باکتری|درصد"
    rf"|(?:(?:در|بر)[ {ZWNJ}](?:هر[ {ZWNJ}])?)?{_VOLUME})(?![ا-ی])"
    r"|واحد(?=[ .،؛!؟\n]{0,2}(?:$|\n|(?:در|بر)[ \u200c]))"
    r"|(?:/ ?)?(?i:iu|mg|ml|cc|mcg|u?l|dl|copies|cells?|cfu)(?![A-Za-z])|[%٪])"
)
_MOBILE_GROUPS = {(10,), (3, 7), (6, 4), (3, 3, 4), (3, 4, 3), (3, 3, 2, 2), (3, 2, 2, 3), (3, 2, 3, 2), (3, 2, 5)}
_LOCAL_GROUPS = {(8,), (4, 4), (2, 2, 2, 2), (4, 2, 2), (2, 2, 4), (3, 5), (3, 2, 3), (2, 3, 3), (3, 3, 2), (5, 3)}
_SHORT_GROUPS = {(7,), (3, 4), (3, 2, 2), (4, 3)}


def phones(cast: str) -> list[Span]:
    """Telephone numbers in a shadow, in order; extensions belong to them.

    A number with its area code counts wherever it stands; a local one only beside a word such as «تلفن», or beside
    another number. Numbers of the emergency and advice lines (115, 1480) are nobody's.
    """
    first = _LONG_NUMBER.search(cast)
    if not first:
        return []
    before = max(0, first.start() - _CUE_BEFORE)
    widest_first = sorted({*_full(cast, before), *_local(cast, before)}, key=lambda span: (span[0], -span[1]))
    return [Span("phone", start, end) for start, end in _settled(cast, widest_first)]


def _full(cast: str, before: int) -> Iterator[tuple[int, int]]:
    if "9" in cast:
        for match in _MOBILE.finditer(cast, before):
            if _is_mobile(match[0]) and not _is_amount(cast, match):
                yield match.span()
        yield from (match.span() for match in _BACKWARDS.finditer(cast, before) if _is_backwards(match[0]))
    if "0" in cast or "98" in cast:
        for match in _LANDLINE.finditer(cast, before):
            if _is_landline(match[0]) and not _is_counted(cast, match):
                yield match.span()
        yield from (match.span() for match in _ANY_AREA.finditer(cast, before) if not _is_counted(cast, match))
        yield from (match.span() for match in _AREA_LAST.finditer(cast, before))
    if "+" in cast or "00" in cast:
        yield from (match.span() for match in _ABROAD.finditer(cast, before))


def _local(cast: str, before: int) -> Iterator[tuple[int, int]]:
    for pattern in (_CUE, _NUMBER_OF, _BEFORE_CUE):
        for match in pattern.finditer(cast, before):
            if _is_local(match[1]) and not _UNIT.match(cast, match.end(1)):
                yield match.span(1)


def _settled(cast: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans without overlaps, each with its extension and with the numbers listed after it."""
    settled: list[tuple[int, int]] = []
    last = 0
    for start, end in found:
        if start < last:
            continue
        extension = _EXTENSION.match(cast, end)
        last = extension.end() if extension else end
        settled.append((start, last))
        while listed := _NEXT.match(cast, last):
            settled.append(listed.span(1))
            last = listed.end()
    return settled


def _is_mobile(number: str) -> bool:
    parts, figures = groups(number), digits(number)
    known = is_valid_mobile_number(f"0{figures[-10:]}")
    if len(parts) == 1 or all(len(part) == 1 for part in parts):
        return known or figures.startswith("0")
    if figures.startswith("0"):
        return not (parts[0] == "09" and set(number) & set("./,"))
    if len(figures) > 10:
        return "+" in number or (known and parts[0] != "98") or (known and len(parts[1]) > 2)
    written = tuple(len(part) for part in parts)
    return known and written in _MOBILE_GROUPS and not (len(parts) == 2 and set(number) & set("./,|"))


def _is_amount(cast: str, number: re.Match[str]) -> bool:
    """Ten figures before money or a unit are an amount; with a zero before them, or a word of calling, one to call."""
    return len(digits(number[0])) == 10 and _is_counted(cast, number)


def _is_counted(cast: str, number: re.Match[str]) -> bool:
    """Before money or a unit, and after no word of calling."""
    if not _COUNTED.match(cast, number.end()):
        return False
    return not _CUE.search(cast, max(0, number.start() - _CUE_BEFORE), number.end())


def _is_backwards(number: str) -> bool:
    *rest, head = groups(number)
    return is_valid_mobile_number(head + "".join(reversed(rest)))


def _is_landline(number: str) -> bool:
    parts = groups(number)
    if parts[0] == "98":
        return "+" in number or (len(parts) > 2 and len(parts[1]) >= 2)
    if parts[0] == "0" and len(parts[1]) == 2:
        return parts[2][0] not in "01" and tuple(len(part) for part in parts[2:]) in {(8,), (4, 4)}
    return len(parts[0]) >= 3 or all(len(part) == 1 for part in parts) or "+" in number or parts[0] == "0098"


def _is_local(number: str) -> bool:
    """Eight digits, or seven, that are no round figure, date or range of years; or an area code and seven."""
    figures, written = digits(number), tuple(len(part) for part in groups(number))
    if len(figures) == 10:
        return figures[0] == "0" and figures[1:3] in AREAS.split("|") and written[0] in {3, 10}
    if len(figures) not in (7, 8) or written not in _LOCAL_GROUPS | _SHORT_GROUPS or figures[0] in "01":
        return False
    if set(number) & set(".,/*|") and len(written) == 2:
        return False
    return not figures.endswith("000") and not _DATE.fullmatch(figures) and not _is_range(number)


def _is_range(number: str) -> bool:
    first, *rest = groups(number)
    return (
        len(rest) == 1
        and len(first) == 4
        and (first[-2:] == rest[0][-2:] == "00" or {first[:2], rest[0][:2]} <= {"19", "20"})
    )
