"""Dates as Persian sites print them, in any digits: Solar Hijri with slashes or a month's name, ISO, Gregorian."""

import datetime as dt
import re
import unicodedata

import jdatetime

MONTHS = {
    "فروردین": 1,
    "اردیبهشت": 2,
    "خرداد": 3,
    "تیر": 4,
    "مرداد": 5,
    "امرداد": 5,
    "شهریور": 6,
    "مهر": 7,
    "آبان": 8,
    "ابان": 8,
    "آذر": 9,
    "اذر": 9,
    "دی": 10,
    "بهمن": 11,
    "اسفند": 12,
}
# Solar Hijri years of the web age, and their Gregorian counterparts: no year is in both.
HIJRI_YEARS = range(1360, 1480)
GREGORIAN_YEARS = range(1981, 2101)
_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "\u200c": "", "\u200f": "", "\u200e": ""})
_NUMBERS = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})(?!\d)")
_NUMBERS_FROM_DAY = re.compile(r"(?<!\d)(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})(?!\d)")
_NAMED = re.compile(
    rf"(?<!\d)(\d{{1,2}})\s*(?:ام|م)?\s*({'|'.join(MONTHS)})\s*(?:ماه)?\s*،?\s*(?:سال)?\s*(\d{{4}})(?!\d)"
)


def published(text: str | None) -> dt.date | None:
    """The first date in `text`, None where there is none or no such day exists (1401/13/45).

    >>> published("۱۲ مرداد ۱۴۰۱ - ۱۰:۳۰")
    datetime.date(2022, 8, 3)
    """
    plain = _latin_digits(text or "").translate(_LETTERS)
    if found := _NUMBERS.search(plain):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS_FROM_DAY.search(plain):
        return _date(int(found[3]), int(found[2]), int(found[1]))
    if found := _NAMED.search(plain):
        return _date(int(found[3]), MONTHS[found[2]], int(found[1]))
    return None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        if year in HIJRI_YEARS:
            gregorian: dt.date = jdatetime.date(year, month, day).togregorian()
            return gregorian
        return dt.date(year, month, day) if year in GREGORIAN_YEARS else None
    except ValueError:
        return None


def _latin_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
