"""Texts without an answer, and hostile ones."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.letters import NONE, NONE_OF_THEM, SEVERAL, read, reading
from tests.evaluator.letters.exams import LISTED, ORGANS

PIECES = [
    "پاسخ",
    "صحیح",
    "گزینه",
    "[A]",
    "[B",
    "ب",
    "**",
    "«",
    "است",
    "نیست",
    "بنابراین",
    "answer",
    "is",
    "C",
    "Wait,",
    "sorry",
    "<think>",
    "</think>",
    "به جز",
    "نمی‌توان گفت",
    "نادرست",
    '"answer":',
    "(",
    "\n",
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\u200c",
        "پاسخ صحیح کدام است؟",
        "پاسخ صحیح:",
        "نمی‌دانم.",
        "گزینه یک بیماری است",
        "گزینه A نادرست است.",
        "پاسخ صحیح گزینه [B] نیست.",
        "در پاسخ به این پرسش باید به خون نگاه کرد.",
        "هپاتیت B و گروه خونی A",
        "The best option a doctor has is rest.",
        "پاسخ صحیح گزینه [E] است.",
    ],
)
def test_nothing_said_is_no_letter(text: str) -> None:
    assert reading(text, ORGANS)[:2] == (None, NONE)


@pytest.mark.parametrize(
    "text",
    [
        LISTED,
        f"پاسخ صحیح را انتخاب کنید:\n{LISTED}",
        "A یا B",
        "[A] [B] [C] [D]",
        "گزینه A و B درست هستند.",
        "گزینه‌های A و C صحیح هستند.",
        "در مراحل [A] کبد و [B] کلیه چپ دیده می‌شود.",
        "گزینه A از خون می‌گوید. گزینه B از ادرار می‌گوید. گزینه C از صفرا می‌گوید. گزینه D از همه.",
    ],
)
def test_several_options_are_no_letter(text: str) -> None:
    assert reading(text, ORGANS)[:2] in ((None, SEVERAL), (None, NONE))


@pytest.mark.parametrize(
    "text",
    [
        "هیچ‌کدام از گزینه‌ها صحیح نیست.",
        "پاسخ صحیح **نیست هیچ‌کدام از گزینه‌ها**.\n\n* [A] نه.\n* [B] نه.",
        "None of the options is right.",
    ],
)
def test_none_of_them_is_no_letter(text: str) -> None:
    assert reading(text, ORGANS)[:2] == (None, NONE_OF_THEM)
    assert read("پاسخ گزینه A است. هیچ‌کدام از گزینه‌های دیگر درست نیست", ORGANS) == "A"


@pytest.mark.parametrize(
    ("loop", "letter"),
    [
        ("[A] ", "A"),
        ("پاسخ صحیح: [B]\n", "B"),
        ("C\n", "C"),
        ("A\nB\nC\nD\n", None),
        ("[A] [B] [C] [D] ", None),
        ("پاسخ صحیح: [A]\nپاسخ صحیح: [B]\n", None),
        ("پاسخ ", None),
        ("گزینه‌های A و B و ", None),
        ("**", None),
        ("\\boxed{", None),
        ("<think>", None),
        ("<think>A</think>", None),
        ("Sorry, option A. ", "A"),
        ("Answer: A. Wait, ", None),
        ('{"answer": "A"} ', "A"),
        ("A: no\nB: yes\nC: no\n", "B"),
        ("همه به جز A غلط است و ", "A"),
        ("I doubt the answer is A ", None),
    ],
)
def test_texts_that_loop_are_read_to_their_end(loop: str, letter: str | None) -> None:
    assert read(loop * 20_000, ORGANS) == letter


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map(" ".join))
def test_any_text_gives_one_of_the_letters_or_none(text: str) -> None:
    found = reading(text, ORGANS)
    assert found.letter is None or found.letter in ORGANS
    assert found == reading(text, ORGANS)
    assert found == reading(text, dict(reversed(ORGANS.items())))


@given(st.text(), st.dictionaries(st.sampled_from(string.ascii_uppercase[:8]), st.text(), min_size=2))
def test_any_options_may_be_given(text: str, options: dict[str, str]) -> None:
    assert read(text, options) in {None, *options}
