"""Whole numbers in words."""

from fractions import Fraction

import pytest

from evaluator.lint.numerals import figured, read
from evaluator.lint.quantities import spelled

ONES = ["", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه"]
TEENS = ["ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده"]
TENS = ["", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود"]
HUNDREDS = ["", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد"]


def persian(number: int) -> str:
    if number >= 1000:
        return " و ".join(filter(None, [f"{persian(number // 1000)} هزار", number % 1000 and persian(number % 1000)]))
    rest = number % 100
    below = [TEENS[rest - 10]] if 10 <= rest < 20 else [TENS[rest // 10], ONES[rest % 10]]
    return " و ".join(filter(None, [HUNDREDS[number // 100], *below])) or "صفر"


@pytest.mark.parametrize("number", [*range(130), 500, 555, 999, 1000, 1001, 1200, 19_019, 120_000, 100_014, 999_999])
def test_every_number_is_read_however_it_is_joined(number: int) -> None:
    told = persian(number)
    for spelt in (told, told.replace(" ", "\u200c"), told.replace(" و ", "\u200cو\u200c"), told.replace("ی", "ي")):
        assert read(spelt) == {number}
        assert figured(f"پس از {spelt} روز") == f"پس از {number} روز"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("thirteen", 13), ("Fourteen", 14), ("FORTY", 40), ("twenty-five", 25), ("ninety nine", 99)),
        *(("one hundred and twenty", 120), ("five hundred thousand", 500_000), ("two thousand six hundred ten", 2610)),
        *(("یکصد و بیست", 120), ("پنج صد", 500), ("هیجده", 18), ("۲۵ هزار", 25_000), ("25 thousand", 25_000)),
    ],
)
def test_english_and_other_spellings(text: str, number: int) -> None:
    assert figured(text) == str(number)


def test_lists_parts_and_ordinals() -> None:
    assert read("پنج و شش") == {5, 6}
    assert read("بیست و پنجاه") == {20, 50}
    assert read("بیست و سوم") == {23}
    assert read("سی\u200cام و چهاردهم") == {30, 14}
    assert figured("سی\u200cام و چهاردهم") == "سیام و چهاردهم"
    assert figured("یک سوم") == "یک سوم"
    assert Fraction(1, 2) in spelled("نیم لیتر")


@pytest.mark.parametrize(
    "text", ["سی تی اسکن", "سی\u200cتی\u200cاسکن", "پی\u200cسی\u200cآر", "در صد", "صدها", "سیب", "نهان"]
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert read(text) == set()


def test_words_that_mean_something_else_stay_where_they_may() -> None:
    assert figured("ویتامین سی در یک زن نودساله", weak=False) == "ویتامین سی در یک زن 90ساله"
    assert figured("چهارده روز یا هفت روز", weak=False) == "14 روز یا هفت روز"
