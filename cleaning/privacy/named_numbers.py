"""Numbers that only their name gives away: files, insurance, councils, papers, accounts, postal codes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cleaning.alphabet import ZWNJ
from cleaning.privacy.shadow import GAP, HOLE, apart, digits, holds, without
from cleaning.record import Span

_SP = f"[ {ZWNJ}]?"
_NUMBER = rf"(?:شماره|کد|شناسه|ش\.|رقم|سریال){_SP}ی?[ {ZWNJ}]?"
_OWN = rf"(?:{_SP}(?:ام|اش|ات|شان|شون|تان|تون|مون|م|ش|ی|های?))?(?![ا-ی])"
_BETWEEN = rf"[^\dA-Za-z\n{HOLE}.؟?!]"
_NEAR = rf"[^\d\n{HOLE}]{{0,25}}?"
_SIGNS = r"[ :=#\-.()]{0,4}"
_CODE = r"((?:[A-Za-z]{1,4}[\-/ ]?|(?<![ا-ی])[ا-ی]{1,2}[\-/])?\d(?:[\-/._]?[\dA-Za-z]){1,30}(?![\dA-Za-z]))"


def _close(most: int) -> str:
    """At most so many characters between name and number, at a word's end; no year."""
    return rf"(?![^\d\n]{{0,{most}}}سال )(?:{_BETWEEN}{{0,{most}}}?[ :=#({ZWNJ}یه])?{_SIGNS}"


_FILES = (
    "پروند[هم]|پذیرش|رهگیری|پیگیری|بیمار|مراجعه|بستری|نسخه|قبض|جواب|جوابدهی|جواب دهی|آزمایش|ازمایش|بایگانی|پاتولوژی|"
)
_VISITS = "نمونه|ارجاع|ویزیت|نوبت|درخواست|ترخیص|سونوگرافی|رادیولوژی|اشتراک|عضویت|کاربری"
_ENGLISH = (
    "encounter|patient|visit|admission|accession|case|chart|file|record|order|specimen|sample|lab|study|reception|"
    r"tracking|medical[ _\-]?record"
)
_ENGLISH_NUMBER = r"[ _\-]?(?:id|no|num|number|code|#)"
_ABOUT = "پزشکی|بیمارستانی|من|بالینی|درمانی"
_INSURANCE = rf"(?:بیمه|ت[اأ]مین{_SP}اجتماعی|دفترچه)"
_INSURERS = f"ت[اأ]مین|اجتماعی|سلامت|ایرانیان|خدمات|درمانی|نیرو{_SP}های مسلح|تکمیلی|روستایی|نامه"
_OF_INSURANCE = f"{_SP}(?:{_INSURERS}|من|ام|م|ی|هم|هست|است)(?![ا-ی])"
_MONEY = rf"[ {ZWNJ}]{{0,2}}(?:ریال|تومان|تومن|میلی|نفر)"
_PAPER = "پروند[هم]|پذیرش|رهگیری|پیگیری|نسخه|قبض|بستری|نوبت|بیمه"
_MINE = rf"{_SP}(?:مونه|مون|منه|من|ماست|مه|م|ام|هست|است|ه)(?![ا-ی])(?![ :]{{0,3}}\d)"
_COUNCIL = rf"پزشکی|پرستاری|روان{_SP}شناسی|مامایی|دامپزشکی|دندان{_SP}پزشکی"
_PAPERS = "شناسنامه|گذرنامه|پاسپورت|گواهینامه"


class _Named(NamedTuple):
    """A kind, the digits its number has at least, the words without which it cannot stand, and its pattern."""

    kind: str
    least: int
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


_NAMED = (
    _Named(
        "insurance_number",
        4,
        ("بیمه", "تامین", "تأمین", "دفترچه"),
        re.compile(
            rf"(?:{_NUMBER}(?:(?:سریال )?دفترچه{_SP}(?:ی )?)?{_INSURANCE}|دفترچه بیمه|"
            rf"بیمه(?:{_SP}نامه)? ?(?:به )?شماره){_NEAR}{_CODE}"
        ),
    ),
    _Named(
        "council_number",
        3,
        ("نظام", "ن.پ", "ن پ", "ن. پ"),
        re.compile(
            rf"(?:نظام{_SP}(?:{_COUNCIL})|(?<![ا-ی])ن\.? ?پ\.?(?![ا-ی])|(?:شماره|کد|ش\.?) ?نظام){_close(20)}"
            r"((?:[ا-ی]{1,2}[ \-/.]{1,3}|[A-Za-z]{1,2}[\-/ ]?)?\d(?:[\-/]?\d){2,9})(?!\d)"
        ),
    ),
    _Named(
        "postal_code",
        10,
        ("پستی", "zip", "ZIP", "Zip", "ostal"),
        re.compile(rf"(?:(?:کد|صندوق){_SP}پستی|(?i:\bzip\b(?: ?code)?|postal ?code)){_NEAR}(\d(?:{GAP}\d){{9}})(?!\d)"),
    ),
    _Named(
        "document",
        1,
        ("شناسنامه", "گذرنامه", "پاسپورت", "assport", "گواهینامه", "ش.ش", "ش. ش"),
        re.compile(
            rf"(?:{_NUMBER}(?:سریال )?(?:{_PAPERS}){_OWN}|(?:{_PAPERS}) ?(?:به )?(?:شماره|ش\.)|(?<![ا-ی])ش\. ?ش\.?"
            rf"|(?i:passport[ _]?(?:no|number)?)){_close(20)}([A-Za-z]{{0,2}}\d(?:[\-/ ]?\d){{0,11}})(?!\d)"
        ),
    ),
    _Named(
        "document",
        6,
        ("گذرنامه", "پاسپورت"),
        re.compile(
            rf"(?:گذرنامه|پاسپورت){_OWN}(?: (?:من|بنده|ایشان|ایرانی))?{_SIGNS}"
            r"([A-Za-z]{1,2}[ \-]?\d{6,9}|\d{8,9})(?![\dA-Za-z])"
        ),
    ),
    _Named("document", 3, ("ش ش",), re.compile(rf"(?<![ا-ی{ZWNJ}])ش ش{_SIGNS}(\d{{3,10}})(?![\dA-Za-z]|[.,/]\d)")),
    _Named("account", 6, ("حساب",), re.compile(rf"(?:شماره{_SP}|به )حساب{_NEAR}(\d(?:[.\-/ ]?\d){{5,20}})(?!\d)")),
    _Named(
        "record_number",
        4,
        ("شماره", "کد", "شناسه", "ش."),
        re.compile(rf"{_NUMBER}(?:{_FILES}{_VISITS}){_OWN}{_close(20)}{_CODE}"),
    ),
    _Named(
        "record_number",
        3,
        ("پرونده", "پروندم", "رهگیری"),
        re.compile(rf"(?:شماره|کد)[ {ZWNJ}]?(?:پروند[هم]|رهگیری){_OWN}{_close(32)}{_CODE}"),
    ),
    _Named(
        "record_number",
        4,
        ("پرونده", "پروندم"),
        re.compile(rf"(?<![ا-ی{ZWNJ}])ش\.? ?پروند[هم]{_OWN}{_close(20)}{_CODE}"),
    ),
    _Named(
        "record_number",
        4,
        ("ش پ", "ش.پ", "ش. پ", "شماره", "کد"),
        re.compile(
            rf"(?:(?<![ا-ی])ش(?:\. ?| )پ[. ]?(?![ا-ی])|(?:پذیرش|رهگیری|پیگیری|نسخه|قبض|بستری) (?:به |با )?(?:شماره|کد))"
            rf"{_SIGNS}{_CODE}"
        ),
    ),
    _Named(
        "record_number",
        4,
        ("پ.ش", "پ. ش"),
        re.compile(rf"(?<![ا-ی{ZWNJ}])پ\. ?ش[. ]?(?![ا-ی]){_SIGNS}{_CODE}"),
    ),
    _Named(
        "record_number",
        4,
        ("شماره", "کد"),
        re.compile(
            rf"(?<![\dA-Za-z])(?<!\d[.,/:\-])(\d{{4,15}}) (?:این |هم )?(?:شماره|کد){_SP}(?:ی )?(?:{_PAPER}){_MINE}"
        ),
    ),
    _Named(
        "record_number",
        3,
        ("پرونده",),
        re.compile(
            rf"پرونده(?:{_SP}(?:ام|ی))?(?: ?(?:{_ABOUT})){{0,2}} ?"
            rf"(?:(?:به |با )?(?:شماره|ش\.)(?:{_SP}ی)?[ :#]{{0,3}}|[:#] ?){_CODE}"
        ),
    ),
    _Named(
        "record_number",
        3,
        ("ID", "id", "Id", "No", "no", "NO", "Num", "num", "Code", "code", "#"),
        re.compile(rf"(?i:(?<![A-Za-z])(?:{_ENGLISH}){_ENGLISH_NUMBER})[^\w\n{HOLE}]{{0,4}}{_CODE}"),
    ),
    _Named(
        "record_number",
        3,
        ("MRN", "mrn", "Mrn", "UHID", "MR#", "M.R.N", "HN"),
        re.compile(rf"(?<![A-Za-z])(?:(?i:mrn|uhid|m\.r\.n\.?)|MR#|HN ?:)[^\w\n{HOLE}]{{0,4}}(?:is |no\.? ?)?{_CODE}"),
    ),
    _Named(
        "insurance_number",
        8,
        ("بیمه", "تامین", "تأمین", "دفترچه"),
        re.compile(
            rf"(?:بیمه|دفترچه|ت[اأ]مین{_SP}اجتماعی)(?:{_OF_INSURANCE}){{0,3}}{_SIGNS}"
            rf"(?!0[1-9]\d{{9}}(?!\d))(?!\d{{1,9}}000(?!\d))(\d{{8}}|\d{{10,12}})(?!\d|{_MONEY})"
        ),
    ),
)


def named_numbers(cast: str) -> list[Span]:
    """Such numbers in a shadow, in order and without overlaps; the name and what it says of itself stay."""
    found: list[Span] = []
    for named in _NAMED:
        if holds(cast, named.hints):
            spans = apart(named.kind, _numbers(named, cast))
            found += spans
            cast = without(cast, spans)
    return sorted(found, key=lambda span: span.start)


def _numbers(named: _Named, cast: str) -> Iterator[tuple[int, int]]:
    for match in named.pattern.finditer(cast):
        if len(digits(match[1])) >= named.least:
            yield match.span(1)
