"""Texts that only let their answer be told."""

import pytest

from evaluator.letters import reading
from tests.evaluator.letters.exams import LISTED, ORGANS, VITAMINS, WRONG


@pytest.mark.parametrize(
    ("text", "letter", "by"),
    [
        ("B", "B", "opening"),
        ("c", "C", "opening"),
        ("الف", "A", "opening"),
        ("د) هر سه مورد", "D", "opening"),
        ("ب. کلیه چپ", "B", "opening"),
        ("(b) کلیه چپ", "B", "opening"),
        ("`B`", "B", "opening"),
        ("۴", "D", "opening"),
        ("3)", "C", "opening"),
        ("[A] کبد صفرا می‌سازد.", "A", "opening"),
        ("گزینه ۳", "C", "mention"),
        ("گزینهٔ «ب»", "B", "mention"),
        ("خون از راه [B] کلیه چپ پالوده می‌شود.", "B", "mention"),
        ("این زخم در طحال (C) است.", "C", "mention"),
        ("گزینه [C] صحیح است.\n\nگزینه [A] نادرست است زیرا کبد سالم است.\n\nگزینه [B] دور است.", "C", "verdict"),
        ("گزینه الف غلط است اما گزینه ب صحیح است.", "B", "verdict"),
        ("گزینه B به درستی جای زخم را می‌گوید. گزینه A و C نه.", "B", "verdict"),
        ("ابتدا گزینه A: این گزینه درست نیست. سپس گزینه B: این گزینه درست است.", "B", "verdict"),
        ("B and C are wrong. A is right.", "A", "verdict"),
        (f"{LISTED}\n\nبنابراین، گزینه [C] با شرح حال سازگار است.", "C", "conclusion"),
        (f"{LISTED}\n\nTherefore, option [D] fits.", "D", "conclusion"),
        ("گزینه‌های A، B و C نادرست هستند.", "D", "exclusion"),
        ("زخم در **طحال** است.\n\nگزینه‌های دیگر:\n[A] دور است.\n[B] دور است.\n[D] پس درست نیست.", "C", "exclusion"),
        ("با این توضیح، زخم در طحال است.", "C", "quote"),
        ("زخم عمیق نیست و دیده می‌شود = A .", "A", "ending"),
        ("کلیه‌ها خون را می‌پالایند.\n(B)", "B", "ending"),
    ],
)
def test_an_answer_is_told_in_several_ways(text: str, letter: str, by: str) -> None:
    found = reading(text, ORGANS)
    assert (found.letter, found.by) == (letter, by)


def test_the_option_set_apart_is_read_where_the_others_follow() -> None:
    text = (
        "به نظر می‌رسد که **طحال** (گزینه [C]) آسیب دیده است.\n\nگزینه‌های دیگر با شرح حال نمی‌خوانند:\n\n"
        "- [A] : کبد در سمت راست است.\n- [B] : کلیه عقب‌تر است.\n- [D] : پس هر سه نیست."
    )
    assert reading(text, ORGANS).letter == "C"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("گزینه [D] نادرست است زیرا بقیه درست‌اند.", "D"),
        ("گزینه‌های A، B و D صحیح هستند و گزینه C نادرست است.", "C"),
        ("گزینه **B** صحیح نمی‌باشد.", "B"),
    ],
)
def test_what_is_told_wrong_is_the_answer_where_that_is_asked_for(text: str, letter: str) -> None:
    assert reading(text, ORGANS, WRONG).letter == letter
    assert reading(text, ORGANS, "کدام گزینه درست است؟").letter is None


def test_a_letter_in_parentheses_counts_only_behind_its_options_words() -> None:
    assert reading("در این کم‌خونی ویتامین B12 (B) کم است.", VITAMINS).letter == "B"
    assert reading("آدنین (A) با تیمین جفت می‌شود.", ORGANS).letter is None


def test_an_option_within_a_longer_one_is_not_quoted() -> None:
    options = {"A": "فلج صورت", "B": "فلج صورت و زبان", "C": "تب", "D": "لرز"}
    assert reading("بیمار فلج صورت و زبان دارد.", options).letter == "B"
    assert reading("بیمار فلج صورت دارد.", options).letter == "A"
    assert reading("بیمار تب و لرز دارد.", options).letters == ("C", "D")


def test_as_many_options_as_there_are() -> None:
    five = ORGANS | {"E": "پانکراس"}
    assert reading("پاسخ صحیح گزینه ه است.", five).letter == "E"
    assert reading("پاسخ صحیح گزینه [E] است.", ORGANS).letter is None
    assert reading("گزینه [B]", {"A": "بله", "B": "خیر"}).letter == "B"


@pytest.mark.parametrize("asked", ["همه موارد زیر درست هستند به جز:", "همه درست‌اند، بجز", "همه صحیح است مگر:"])
def test_an_exception_is_asked_for_in_the_last_word_of_a_question(asked: str) -> None:
    assert reading("گزینه [B] نادرست است.", ORGANS, asked).letter == "B"
    assert reading("گزینه [B] نادرست است.", ORGANS, "کدام جزء خون را می‌پالاید؟").letter is None


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A) نادرست\nB) نادرست\nC) صحیح\nD) نادرست", "C"),
        ("A. کبد: صفرا می‌سازد\nB. کلیه چپ: دور است\nC. طحال: خون دارد\nD. هر سه مورد", None),
        ("A. کبد: دور\nB. کلیه چپ: دور\nC. طحال: نزدیک\nD. هر سه مورد: نه\n\nبنابراین طحال آسیب دیده است.", "C"),
    ],
)
def test_bare_letters_that_begin_lines_are_a_list(text: str, letter: str | None) -> None:
    assert reading(text, ORGANS).letter == letter


def test_what_a_sentence_names_in_its_reason_is_not_its_answer() -> None:
    assert reading("آسیب در طحال [C] است، چرا که کبد [A] در سمت راست است.", ORGANS).letter == "C"
    assert reading("آسیب در کبد [A] رایج است، اما طحال [C] نزدیک‌تر است.", ORGANS).letter is None


def test_several_that_are_told_wrong_together_may_have_their_words_between() -> None:
    text = "جای زخم [B] کلیه چپ می‌باشد و عضوهای [A] کبد، [C] طحال و [D] هر سه مورد مناسب نمی‌باشند."
    assert reading(text, ORGANS).letter == "B"
