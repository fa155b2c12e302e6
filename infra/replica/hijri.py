"""Solar Hijri dates as Persian sites print them."""

import datetime as dt
import re

import jdatetime

MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def parse(value: object) -> dt.date | None:
    """The date of "1402/03/12" (Solar Hijri); None stays None. Raises ValueError for anything else."""
    if value is None or isinstance(value, dt.date):
        return value
    found = re.fullmatch(r"(1[34]\d\d)/(\d{1,2})/(\d{1,2})", value) if isinstance(value, str) else None
    if not found:
        raise ValueError("a Solar Hijri date such as 1402/03/12, or null, belongs here")
    gregorian: dt.date = jdatetime.date(*map(int, found.groups())).togregorian()
    return gregorian


def slashes(date: dt.date) -> str:
    """1402/03/12."""
    day = jdatetime.date.fromgregorian(date=date)
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def persian(text: str) -> str:
    """The text with Persian digits."""
    return text.translate(PERSIAN_DIGITS)


def words(date: dt.date) -> str:
    """۱۲ خرداد ۱۴۰۲."""
    day = jdatetime.date.fromgregorian(date=date)
    return persian(f"{day.day} {MONTHS[day.month - 1]} {day.year}")
