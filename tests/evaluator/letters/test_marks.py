"""Options marked right or wrong one by one, several answers, and all but one."""

import pytest

from evaluator.letters import read
from tests.evaluator.letters.exams import ASKED, PAINKILLERS


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A: نادرست\nB: درست\nC: نادرست\nD: نادرست", "B"),
        ("A - No\nB - No\nC - No\nD - Yes", "D"),
        ("الف) غلط\nب) غلط\nج) صحیح\nد) غلط", "C"),
        ("A ❌\nB ✅\nC ❌\nD ❌", "B"),
        ("Option A: incorrect. Option B: incorrect. Option C: incorrect. Option D: correct.", "D"),
        ("A is true, B is true, C is false, D is true", None),
        ("Incorrect: A, C, D. Correct: B.", "B"),
        ("نادرست: الف و ج و د / درست: ب", "B"),
        ("۱: خیر\n۲: بله\n۳: خیر\n۴: خیر", "B"),
        ("A. incorrect\nB. incorrect\nC. correct\nD. incorrect", "C"),
        ("الف: ✗\nب: ✗\nج: ✓\nد: ✗", "C"),
        ("| A | False |\n| B | True |\n| C | False |\n| D | False |", "B"),
        ("- A: no\n- B: no\n- C: no\n- D: yes", "D"),
        ("گزینه الف: نادرست\nگزینه ب: درست\nگزینه ج: نادرست\nگزینه د: نادرست", "B"),
        ("الف نادرست است. ب نادرست است. ج درست است. د نادرست است.", "C"),
        ("A (wrong), B (wrong), C (wrong), D (right)", "D"),
        ('{"A": false, "B": true, "C": false, "D": false}', "B"),
        ("۱) غلط ۲) غلط ۳) درست ۴) غلط", "C"),
        ("A: true\nB: true\nC: false\nD: false", None),
        ("A: incorrect; B: incorrect; C: incorrect; D: correct", "D"),
        ("الف: خیر، ب: خیر، ج: بله، د: خیر", "C"),
        ("1. False\n2. False\n3. False\n4. True", "D"),
        ("A) Wrong.\nB) Right.\nC) Wrong.\nD) Wrong.", "B"),
        ("**A:** ❌ **B:** ✅ **C:** ❌ **D:** ❌", "B"),
        ("الف ❌\nب ❌\nج ❌\nد ✅", "D"),
        ("گزینه‌های نادرست: الف، ب، ج. گزینه درست: د", "D"),
        ("Wrong: A, B, D. Right: C.", "C"),
        ("1: wrong, 2: right, 3: wrong, 4: wrong", "B"),
        ("Option A is false. Option B is true. Option C is false. Option D is false.", "B"),
        ("الف - غلط\nب - غلط\nج - غلط\nد - درست", "D"),
        ("گزینه ۱ نادرست، گزینه ۲ نادرست، گزینه ۳ درست، گزینه ۴ نادرست", "C"),
        ("A=F, B=F, C=T, D=F", None),
    ],
)
def test_options_are_marked_one_by_one(text: str, letter: str | None) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("پاسخ: ۲ یا ۳", None),
        ("Answer: A/B", None),
        ("پاسخ ب یا شاید ج است.", None),
        ("The answer is either A or D.", None),
        ("Answer: B (C is also acceptable)", None),
        ("جواب: الف. گزینه د نیز می‌تواند درست باشد.", None),
        ("پاسخ بین ب و ج است.", None),
        ("Answer: 1-3", None),
        ("The answer is A, B, or C.", None),
        ("پاسخ: الف یا د", None),
        ("پاسخ: ۱ و ۳", None),
        ("Answer: B or D", None),
        ("Answer: B and C", None),
        ("B/C", None),
        ("A-C", None),
        ("پاسخ ۲ تا ۴", None),
        ("Either A or B.", None),
        ("پاسخ ب است، ولی گزینه د هم قابل قبول است.", None),
        ("The answer is C. Option A would also be correct.", None),
        ("جواب می‌تواند الف باشد یا ب.", None),
        ("پاسخ: الف، ب", None),
        ("Answer: A & C", None),
        ("پاسخ صحیح: ۲-۳", None),
        ("B (or D)", None),
        ("The answer is B, or possibly D.", None),
        ("پاسخ ب یا د است.", None),
        ("پاسخ: ب (د نیز صحیح است)", None),
        ("A is correct. B is also correct.", None),
        ("پاسخ: ۱/۲", None),
        ("Answer: A, possibly B", None),
        ("پاسخ الف و یا ب", None),
        ("Answer: C (though A could also be correct)", None),
        ("گزینه ب درست است. گزینه ج نیز درست است.", None),
    ],
)
def test_one_of_several_is_no_letter(text: str, letter: str | None) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("All are wrong except A.", "A"),
        ("همهٔ گزینه‌ها جز د نادرست‌اند.", "D"),
        ("به غیر از گزینه ج، بقیه غلط هستند.", "C"),
        ("Every option but B is incorrect.", "B"),
        ("B rather than C", "B"),
        ("نه الف، بلکه ب", "B"),
        ("Not B. Not C. Not D. It's A.", "A"),
        ("Although C looks attractive, I choose D.", "D"),
        ("هرچند ب محتمل است، انتخاب من الف است.", "A"),
        ("None except C is correct.", "C"),
        ("همه غلط‌اند به جز گزینه الف.", "A"),
        ("به‌جز د، همه نادرست هستند.", "D"),
        ("هیچ گزینه‌ای جز ب درست نیست.", "B"),
        ("All options are incorrect apart from D.", "D"),
        ("همه درست هستند به جز ج.", None),
        ("All options except C are true.", None),
        ("Not A, but B.", "B"),
        ("The answer is C, not A.", "C"),
        ("پاسخ الف نیست، ب است.", "B"),
        ("ج، نه د", "C"),
        ("Although A is cheap, the answer is B.", "B"),
        ("با اینکه الف رایج است، من ج را انتخاب می‌کنم.", "C"),
        ("All of these are wrong but C.", "C"),
        ("Everything except A is incorrect.", "A"),
        ("همهٔ موارد غیر از ب غلط است.", "B"),
        ("بجز گزینه ج، سایر گزینه‌ها نادرست‌اند.", "C"),
        ("جز الف، بقیه درست نیستند.", "A"),
        ("Except for D, all the options are false.", "D"),
        ("Every option except B is correct.", None),
        ("B instead of C", "B"),
        ("C over D", "C"),
        ("All but D are wrong.", "D"),
        ("هیچکدام جز الف صحیح نیست.", "A"),
        ("غیر از د، همه غلط‌اند.", "D"),
        ("Each of these except B is incorrect.", "B"),
        ("نه ج بلکه د", "D"),
        ("B, not A", "B"),
        ("الف و ب نادرست‌اند و ج هم. پس د.", "D"),
    ],
)
def test_one_is_told_apart_from_all_others(text: str, letter: str | None) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter
