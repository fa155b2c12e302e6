"""Texts that say which option is their answer."""

import pytest

from evaluator.letters import read, reading
from tests.evaluator.letters.exams import LISTED, NUMBERS, ORGANS, SWEEPING, VITAMINS, WRONG


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("پاسخ صحیح گزینه [B] است.", "B"),
        ("پاسخ صحیح **C: طحال** است.\n\nطحال خون را می‌پالاید.", "C"),
        ("**پاسخ:** [D]", "D"),
        ("پاسخ: ب", "B"),
        ("پاسخ صحیح «الف» می‌باشد.", "A"),
        ("جواب درست گزینه «د» است", "D"),
        ("جواب صحیح، گزینه‌ی چهارم است.", "D"),
        ("پاسخ درست: گزینه شماره ۳", "C"),
        ("پاسخ: ۲", "B"),
        ("جواب گزینه ۱ می‌باشد", "A"),
        ("گزينه صحيح: ج", "C"),
        ("پاسخ صحیح عبارت است از:\n\n[D] : هر سه مورد", "D"),
        ("پاسخ صحیح به این پرسش، از میان گزینه‌های بالا، [A] کبد است.", "A"),
        ("پاسخ صحیح این است که **طحال (C)** پاره شده باشد.", "C"),
        ("پاسخ صحیح **طحال** است (گزینه [C]).", "C"),
        ("بنابراین پاسخ حرف ب .", "B"),
        ("انتخاب من گزینه ج است.", "C"),
        ("فکر می‌کنم جواب د باشد", "D"),
        ("Answer: B", "B"),
        ("The correct answer is (C).", "C"),
        ("ANSWER: D", "D"),
        ("The answer to this question would be option B, the kidney.", "B"),
        ("So the answer is $\\boxed{B}$.", "B"),
        ("I would choose option B.", "B"),
        ("The best option is C.", "C"),
        ("در این سؤال answer گزینه [C] است", "C"),
        ("正确答案是B", "B"),
        ("<b>پاسخ</b>: <b>C</b>", "C"),
        ("پاسخ صحیح: [Ｂ]", "B"),
        ("پاسخ صحیح: [С] طحال", "C"),  # a Cyrillic letter
    ],
)
def test_an_answer_is_declared_in_many_words(text: str, letter: str) -> None:
    found = reading(text, ORGANS)
    assert (found.letter, found.by) == (letter, "claim")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("پاسخ صحیح «طحال» است، نه کبد.", "C"),
        ("پاسخ صحیح:\n\nطحال\n\nکبد سالم است.", "C"),
        ("پاسخ صحیح «طحال» یا «کبد» است.", None),
        ("پاسخ صحیح طحال است.", "C"),
        ("پاسخ: هر سه مورد", "D"),
        ("پاسخ صحیح كليه چپ است.", "B"),
    ],
)
def test_the_own_words_of_an_option_stand_for_its_letter(text: str, letter: str | None) -> None:
    assert read(text, ORGANS) == letter


def test_options_that_are_all_of_them_or_none() -> None:
    assert read("پاسخ صحیح: همه‌ی موارد", SWEEPING) == "C"
    assert read("پاسخ صحیح هیچ‌کدام است.", SWEEPING) == "D"
    assert read("پاسخ صحیح همه گزینه‌هاست.", {"A": "کبد", "B": "کلیه"}) is None


def test_a_digit_is_the_option_that_it_is_and_else_the_number_of_one() -> None:
    assert read("پاسخ صحیح: 2", NUMBERS) == "C"
    assert read("پاسخ صحیح: ۲", NUMBERS) == "C"
    assert read("پاسخ صحیح: 24", NUMBERS) == "B"
    assert read("پاسخ: 0.5", NUMBERS) == "D"
    assert read("پاسخ: 4", NUMBERS) == "D"
    assert read("گزینه 2", NUMBERS) == "B"


def test_letters_that_are_no_options_do_not_confuse() -> None:
    assert read("کمبود ویتامین A و B12 نیست. پاسخ صحیح گزینه [C] است.", VITAMINS) == "C"
    assert read("پاسخ صحیح **ویتامین B12** (گزینه B) است.", VITAMINS) == "B"
    assert read("پاسخ ایمنی بدن در گروه B کندتر است. پاسخ صحیح گزینه A است.", ORGANS) == "A"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        (f"{LISTED}\n\nبنابراین پاسخ صحیح گزینه [C] است.", "C"),
        ("پاسخ صحیح گزینه A نیست. پاسخ صحیح گزینه C است.", "C"),
        ("پاسخ صحیح A نیست، بلکه C است.", "C"),
        ("پاسخ A است؟ خیر. پاسخ D است.", "D"),
        ("پاسخ صحیح گزینه A است. نه، اشتباه کردم؛ پاسخ صحیح گزینه B است.", "B"),
        ("Answer: A. Wait, that is a mistake. The correct answer is D.", "D"),
        ("پاسخ صحیح [A] است.\n\nپس از بررسی، کبد سالم است. در نتیجه، پاسخ صحیح گزینه [B] است.", "B"),
        ("پاسخ صحیح گزینه C است. گزینه‌های A و B نادرست هستند و پاسخ صحیح نیستند.", "C"),
        ("پاسخ: [C]\n\n## پرسش\nخون کجاست؟\n## پاسخ\n[A]", "C"),
    ],
)
def test_the_last_word_counts_where_a_text_turns_to_it(text: str, letter: str) -> None:
    assert read(text, ORGANS) == letter


@pytest.mark.parametrize(
    "text",
    [
        "پاسخ صحیح گزینه A است.\nپاسخ صحیح گزینه B است.",
        "پاسخ صحیح [A] و [B] است.",
        "پاسخ صحیح [A] کبد و [B] کلیه چپ است.",
        "پاسخ صحیح عبارت است از:\n\n[A] : کبد\n[B] : کلیه چپ\n\nدو گزینه دیگر درست نیستند.",
        "پاسخ صحیح گزینه‌های A، B و D هستند.",
        "The answer is B or C.",
    ],
)
def test_several_answers_are_none(text: str) -> None:
    found = reading(text, ORGANS)
    assert (found.letter, found.by) == (None, "several")
    assert len(found.letters) > 1


def test_the_wrong_answer_is_an_answer_only_where_it_is_asked_for() -> None:
    told = "پاسخ نادرست به پرسش بالا، گزینه [B] است."
    assert read(told, ORGANS, WRONG) == "B"
    assert read(told, ORGANS, "کدام عضو خون را می‌پالاید؟") is None


def test_a_list_that_begins_anew_is_no_part_of_the_answer_before_it() -> None:
    told = "پاسخ صحیح عبارت است از:\n\n[B] : کلیه چپ\n\n[A] : کبد در سمت راست است.\n\n[C] : طحال بالاتر است."
    assert read(told, ORGANS) == "B"


def test_a_digit_that_only_begins_the_words_of_an_option_is_no_number_of_one() -> None:
    counted = {"A": "فقط ۱", "B": "فقط ۲", "C": "۱ و ۲", "D": "۱، ۲ و ۳"}
    assert read("پاسخ صحیح: ۱ و ۲", counted) == "C"
    assert read("پاسخ صحیح: ۲", counted) == "B"
