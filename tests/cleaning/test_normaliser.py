"""One spelling for what is said alike, and not a digit, dose, unit or Latin letter changed on the way."""

import re
import time
import unicodedata
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cleaning import alphabet
from cleaning.recipe import load
from cleaning.spelling import IDLE_ON_PLAIN, PLAIN
from tests.cleaning.real import real_texts

DEFAULT = load("default")
STEPS = {step.kind.name: step.kind.function for step in DEFAULT.steps if step.kind.spelling}
spell = DEFAULT.respell

CASES = yaml.safe_load(Path(__file__).with_name("normaliser_cases.yaml").read_text(encoding="utf-8"))
ALL = [case for cases in CASES.values() for case in cases]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case["id"])
def test_every_case_is_spelt_as_accepted(case: dict[str, str]) -> None:
    assert spell(case["input"]) in case["accept"]


def test_the_cases_are_as_many_as_promised_and_can_fail() -> None:
    assert len({case["id"] for case in ALL}) == len(ALL) >= 150
    assert not [case["id"] for case in CASES["must_normalise"] if case["input"] in case["accept"]]
    assert not [case["id"] for case in CASES["must_stay"] if case["input"] not in case["accept"]]


@pytest.mark.parametrize("case", CASES["must_stay"], ids=lambda case: case["id"])
def test_what_carries_meaning_stays_exact(case: dict[str, str]) -> None:
    assert unicodedata.normalize("NFC", spell(case["input"])) == unicodedata.normalize("NFC", case["input"])


def test_the_paper_recipe_changes_nothing() -> None:
    assert load("paper").respell("علي  كودك\u200f") == "علي  كودك\u200f"


# Hypothesis' texts.

CHARACTERS = "يىكہھۀےابتثجهدوییئأإآؤةء0۱٢5.,/٫-%&#;xe½²👩ﻻﷲﱠﹰ¬ØÙÃâ€„³ÓáÇطظ§«»°\x81 \n\r\0\ud800" + "".join(
    ("\u200b\u200c\u200d\u200f\u202b\u2028\u00a0\u00ad", "\u0640\u064e\u0651\u0654\u0610\u0653\u0301\u0302")
)
PIECES = ["B12", "mg", "&amp;", "&lt", "&#1587;", "amp;", "می ", "شود", " ها", "تر", "بیش ", "ه ی ", "ه ای", "&zwnj"]
PIECES += ["https://", "x.ir/", "Ø³Ù„", "ط³ظ„", "Ã˜Â³Ã™", "ÓáÇã", "میکنم", "&semi;", "خانه", " ام", " اس"]
pieces = st.sampled_from([*CHARACTERS, *PIECES])
texts = st.lists(pieces, max_size=25).map("".join) | st.text(max_size=60)
plain_texts = st.lists(st.from_regex(f"[{PLAIN}]", fullmatch=True) | pieces, max_size=25).map(
    lambda parts: "".join(part for part in parts if re.fullmatch(f"[{PLAIN}]*", part))
)


def one_by_one(text: str) -> str:
    """Every step after the other, round after round, until none has anything to do."""
    while True:
        before = text
        for step in STEPS.values():
            text = step(text)
        if text == before:
            return text


@settings(max_examples=600, deadline=None, derandomize=True)
@given(texts)
@example("&a\u200emp;lt;")
@example("&\u200camp;")
@example("&am&#112;lt;")
@example("&aâ€‹mp;")
@example("Ø\u200f³Ù„Ø§")
@example("ه\u0610\u0654")
@example("می  شود ها ها")
@example("https://\x81\u00a0درA\u200c\u2028")
def test_a_second_pass_changes_nothing(text: str) -> None:
    once = spell(text)
    assert spell(once) == once
    assert one_by_one(text) == once


@settings(max_examples=300, deadline=None, derandomize=True)
@given(plain_texts)
def test_plain_texts_need_few_steps_and_one_round(text: str) -> None:
    assert [name for name in IDLE_ON_PLAIN if STEPS[name](text) != text] == []
    assert one_by_one(text) == spell(text)


def test_every_plain_character_is_left_by_the_steps_it_spares() -> None:
    plain = [chr(code) for code in range(0x10000) if re.fullmatch(f"[{PLAIN}]", chr(code))]
    pairs = [first + second for first in plain for second in plain]
    for name in IDLE_ON_PLAIN:
        assert [pair for pair in [*plain, " ".join(pairs)] if STEPS[name](pair) != pair] == []


def exact(text: str) -> str:
    """The digits, Latin letters and signs of numbers in it, digits in one script."""
    one_script = str.maketrans(alphabet.PERSIAN_DIGITS + alphabet.ARABIC_DIGITS, "0123456789" * 2)
    return "".join(re.findall(r"[0-9A-Za-z½²µ°%٪./,٫٬–-]", unicodedata.normalize("NFC", text).translate(one_script)))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts.filter(lambda text: not re.search("[&\u0301\u0302Â-ß]|[à-ÿ]", text)))
def test_digits_and_latin_letters_survive_in_order(text: str) -> None:
    misread = re.search("[\u0080-\u00ff]|[طظ][³„§°€]", text)
    assert misread or exact(spell(text)) == exact(text)


NUMBERS = ["10", "۱۱", "٢٠", "１２", "५"]
INSIDE = ["\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\u00ad", "\ufeff", "\u2060"]
PARTING = ["\u200b", "\u202a", "\u2069", "\x00", "\x1f"]
UNSEEN = [*INSIDE, *PARTING]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=4),
    st.text(INSIDE, max_size=3),
    st.sampled_from(PARTING),
    st.text(UNSEEN, max_size=3),
)
def test_numbers_that_something_unseen_parts_stay_apart(numbers: list[str], before: str, mark: str, after: str) -> None:
    spelt = spell(f"{before}{mark}{after}".join(numbers))
    assert spelt.split(" ") == [spell(number) for number in numbers]
    assert spell(spelt) == spelt


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=4), st.text(INSIDE, min_size=1, max_size=4))
def test_a_number_with_a_mark_inside_is_one(numbers: list[str], unseen: str) -> None:
    spelt = spell(unseen.join(numbers))
    assert spelt == spell("".join(numbers))
    assert spell(spelt) == spelt


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text([*"12۳.,:/-٫ ا", *UNSEEN, "\u064e", "ـ"], max_size=12))
@example("10\u200c.\u200c11")
@example("10.\u200c.11")
def test_numbers_parted_once_stay_as_they_are(text: str) -> None:
    once = spell(text)
    assert spell(once) == once == one_by_one(text)


def test_real_texts_keep_their_numbers_and_settle_in_one_pass() -> None:
    addresses = re.compile(r"(?:https?://|www\.)\S+")
    for text in real_texts():
        spelt = spell(text)
        assert spell(spelt) == spelt
        assert exact(spelt) == exact(text)
        assert addresses.findall(spelt) == addresses.findall(re.sub(f"[{alphabet.INVISIBLE}]", "", text))


# Whole texts in a wrong encoding.

SENTENCES = """
سلام دکتر، پزشک گفت چه کنم؟
کودک سه ساله‌ام دو روز است تب دارد؛ گچ پایش را باز کردیم.
دکتر چشم گفت عکس بگیرید ، بهتر شد؟
فشارخون مادرم ۱۴۰/۹۰ بود و گاهی سرش گیج می‌رفت، چه دارویی کمک می‌کند؟
نتیجه CBC و TSH پدرم خوب شد؛ سندرم Sjögren ندارد.
ژل موضعی را هر شب نازک بزنید؛ چرک را پاک کنید.
دردکم شد؟
""".strip().splitlines()
WORDS = """
پزشک کودک چشم گچ کمک سلام دکتر تب قلب درد پا گوش ژل معده خون قرص زخم چاق ریه مغز دست پوست مو لب رگ پیچ ژن
""".split()  # noqa: SIM905 - a list of words reads as text
SHOWN_1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
READERS: dict[str, Callable[[bytes], str]] = {
    "latin-1": lambda data: data.decode("latin-1"),
    "windows-1252": lambda data: "".join(SHOWN_1252.get(byte, chr(byte)) for byte in data),
    "windows-1256": lambda data: data.decode("cp1256"),
}
TO_1256 = str.maketrans({"ی": "ي", "ۀ": "ه"} | dict(zip(alphabet.PERSIAN_DIGITS, alphabet.ASCII_DIGITS, strict=True)))


def in_1256(text: str) -> str:
    """What of it windows-1256 can hold."""
    return text.translate(TO_1256).encode("cp1256", "ignore").decode("cp1256")


def wrong(texts: list[str], encoding: str, reader: str, before: str = "") -> list[str]:
    read = READERS[reader]
    return [text for text in texts if spell(before + read(text.encode(encoding, "ignore"))) != spell(before + text)]


WRONGLY = [("cp1256", "latin-1"), ("cp1256", "windows-1252"), *(("utf-8", reader) for reader in READERS)]


@pytest.mark.parametrize(("encoding", "reader"), WRONGLY)
def test_a_text_in_a_wrong_encoding_reads_as_the_text_itself(encoding: str, reader: str) -> None:
    texts = [*WORDS, *SENTENCES]
    texts = [in_1256(text.replace("Sjögren", "SLE")) for text in texts] if encoding == "cp1256" else texts
    assert wrong(texts, encoding, reader) == []
    assert wrong(texts, encoding, reader, before="بیمار سه روز است که تب دارد. ") == []


@pytest.mark.parametrize(("encoding", "reader"), WRONGLY)
def test_real_texts_in_a_wrong_encoding_read_as_themselves(encoding: str, reader: str) -> None:
    texts = list(islice(real_texts(), 0, None, 60))
    texts = [in_1256(text) for text in texts] if encoding == "cp1256" else texts
    assert len(wrong(texts, encoding, reader)) <= len(texts) // 1000


def test_real_texts_hold_nothing_to_repair() -> None:
    assert [text for text in real_texts() if STEPS["mojibake"](text) != text] == []


# What is hostile: one piece over and over.

HOSTILE = """
& &amp; &# &am p; &semi; &#8206;
\u200c \u200b ـ \u064e می ها 1 1۲ ٢ a۲ CD4۵ . / a. a- a,۲ x.ir/ http:// www. ی\u0654 \u200f
""".split()  # noqa: SIM905 - a list of words reads as text
HOSTILE += [
    " ",
    " \n",
    "ا ",
    "0 ",
    "می ",
    " ها",
    "ه ی ",
    "ه ای ",
    "بیش تر ",
    "Ø³",
    "Ã˜",
    "ط³",
    "ÓáÇ",
    "Ï\x98",
    "\x90\x8d ",
    "ÓÁé",
    "Â",
    "ﷺ",
    "¬",
    "\u200d",
    "ء",
]
IN_TURN = [
    ("\u0654", "\u064b"),
    ("\u0654", "ﹰ"),
    ("Ø", "\u064e"),
    ("&", "\u064e"),
    ("ه", "\u200c"),
    ("¬", "ﷺ"),
    ("\u200b", " "),
    ("1", "\u200b"),
    ("1", "\u200c."),
    ("ا", "\u202c"),
    ("1\u200c.", "\u200c" * 20_000),
    ("1", "\u200e" * 20_000),
    ("ا\u202c", "\u200e" * 20_000),
]
CHARACTERS_LONG = 60_000
SECONDS = 2.0
"""The slowest of these takes a tenth of it; work that grows with the square of the length would take minutes."""


@pytest.mark.parametrize("piece", [*HOSTILE, *map("".join, IN_TURN)], ids=ascii)
def test_cost_grows_with_length_alone(piece: str) -> None:
    began = time.process_time()
    assert spell(piece * (CHARACTERS_LONG // len(piece)) + "\nب").endswith("ب")
    assert time.process_time() - began < SECONDS
