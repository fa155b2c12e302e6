"""Options named only to be turned down, told apart by signs, or put in a row."""

import pytest

from evaluator.letters import read
from tests.evaluator.letters.exams import ASKED, PAINKILLERS


@pytest.mark.parametrize(
    "text",
    [
        "مورفین پاسخ نیست.",
        "آسپرین منتفی است.",
        "Rule out مورفین.",
        "مورفین is incorrect.",
        "پاسخ A را رد می‌کنم.",
        "[A] را خط می‌زنم.",
        "تنها گزینه‌ای که نمی‌تواند درست باشد [A] است.",
        "کم‌احتمال‌ترین گزینه [A] است.",
        "The distractor is C.",
        "I refuse to choose A.",
        "طبق گفته کاربر، پاسخ صحیح [C] است. من موافق نیستم.",
        "دوستم گفت [D].",
        "الف ‹ ب",
        "A > B, C > D",
        "❌ ج",
        '{"wrong_answer": "C"}',
    ],
)
def test_what_is_turned_down_is_no_answer(text: str) -> None:
    assert read(text, PAINKILLERS, ASKED) is None


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B > A > C > D", "B"),
        ("الف: آسپرین ✗، ب: مورفین ✓، ج: ایبوپروفن ✗", "B"),
        ("❌ گزینه ۱\n✅ گزینه ۲\n❌ گزینه ۳", "B"),
        ("- [ ] آسپرین\n- [x] مورفین", "D"),
        ("option: A\ncorrect: no\n---\noption: B\ncorrect: yes", "B"),
        ("Is it A? No. Is it B? No. Is it C? Yes.", "C"),
        ("Final answer: D. Edit: B is right, sorry.", "B"),
        ("در سؤال قبلی پاسخ [D] بود. در این سؤال پاسخ [B] است.", "B"),
        ("**Answer:** __B__", "B"),
        ("جواب: چهارمین گزینه.", "D"),
        ("the 2nd option", "B"),
    ],
)
def test_signs_and_rows_tell_the_answer(text: str, letter: str) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter
