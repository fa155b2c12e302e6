"""Dates in the forms Persian sites print."""

import datetime as dt

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.dates import MONTHS, published

DAY = dt.date(2022, 8, 3)


@pytest.mark.parametrize(
    "text",
    [
        "1401/05/12",
        "۱۴۰۱/۰۵/۱۲",
        "١٤٠١/٥/١٢",
        "تاریخ: ۱۲/۵/۱۴۰۱",
        "1401-05-12 10:30",
        "چهارشنبه ۱۲ مرداد ۱۴۰۱ - ۱۰:۳۰",
        "۱۲ام مرداد ماه ۱۴۰۱",
        "۱۲ امرداد، سال ۱۴۰۱",
        "2022-08-03T10:30:00+03:30",
        "2022-08-03",
    ],
)
def test_one_day_in_many_forms(text: str) -> None:
    assert published(text) == DAY


@pytest.mark.parametrize(
    "text",
    [None, "", "دیروز", "1401/13/45", "1402/12/30", "0000/00/00", "9999/01/01", "189778", "۱۲ مرداد", "12/05/01"],
)
def test_what_is_no_day_is_none(text: str | None) -> None:
    assert published(text) is None


def test_arabic_letters_in_a_month() -> None:
    assert published("۵ دي ۱۴۰۰") == dt.date(2021, 12, 26)


def test_a_leap_day() -> None:
    assert published("۳۰ اسفند ۱۳۹۹") == dt.date(2021, 3, 20)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.sampled_from(["slashes", "words"]))
def test_every_day_comes_back(day: dt.date, form: str) -> None:
    hijri = jdatetime.date.fromgregorian(date=day)
    month = next(name for name, number in MONTHS.items() if number == hijri.month)
    text = f"{hijri.year}/{hijri.month:02}/{hijri.day:02}" if form == "slashes" else f"{hijri.day} {month} {hijri.year}"
    assert published(text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))) == day


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(published(text), dt.date | None)
