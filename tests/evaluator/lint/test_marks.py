"""What stands beside an option's text, and names and formulas that look a little like it."""

import pytest

from tests.evaluator.lint.items import draft, findings, kinds


@pytest.mark.parametrize(
    "marked",
    [
        *("کبد چرب *", "کبد چرب*", "* کبد چرب", "کبد چرب (پاسخ صحیح)", "کبد چرب (گزینه‌ی درست)", "(صحیح) کبد چرب"),
        *(
            "✓ کبد چرب",
            "کبد چرب ✔",
            "کبد چرب [درست]",
            "کبد چرب ← پاسخ صحیح",
            "fatty liver (correct)",
            "کبد چرب <- answer",
        ),
        *("fatty liver (Correct answer)", "کبد چرب - پاسخ صحیح", "کبد چرب (جواب)"),
    ],
)
def test_the_one_option_that_is_marked_as_right_is_told(marked: str) -> None:
    for key, said in (("B", "and it is the key"), ("C", "and the key is C")):
        told = findings([draft("طحال بزرگ", marked, "قلب تنگ", "ریه پر", key=key, question="چه؟")])
        (found,) = [f for f in told if f.kind != "untranslated"]
        assert (found.kind, found.severity) == ("marked_option", "error")
        assert "B alone is marked by «" in found.evidence
        assert said in found.evidence


@pytest.mark.parametrize(
    "sound",
    [
        *("بطن راست (right)", "دنده‌ی حقیقی (true)", "واکنش (پاسخ)", "رابطه مقدار- پاسخ", "دسترسی به پاسخ صحیح"),
        *("CYP2C19*2", "HLA-B*", "1*1000", "√2", "کروموزوم (X)", "آنزیم کلیدی (key)", "نادرست"),
    ],
)
def test_what_only_looks_like_a_mark_is_none(sound: str) -> None:
    told = kinds(draft("طحال بزرگ", sound, "قلب تنگ", "ریه پر", key="B", question="چه؟"))
    assert "marked_option" not in {kind for kind, _ in told}


def test_marks_that_several_options_have_are_no_mark_of_the_key() -> None:
    assert kinds(draft("طحال (صحیح)", "کبد (صحیح)", "قلب تنگ", "ریه پر", question="چه؟")) == []


@pytest.mark.parametrize(
    "option", ["B) کبد چرب", "(b) کبد چرب", "ب) کبد چرب", "ب- کبد چرب", "2) کبد چرب", "۲. کبد چرب"]
)
def test_another_options_letter_is_told_and_an_own_one_is_not(option: str) -> None:
    assert kinds(draft(option, "طحال بزرگ", "قلب تنگ", "ریه پر", question="چه؟")) == [("mislabelled", "error")]
    assert kinds(draft("طحال بزرگ", option, "قلب تنگ", "ریه پر", question="چه؟")) == []


@pytest.mark.parametrize(
    "options",
    [
        ("B. cereus", "C. difficile", "E. coli", "H. influenzae"),
        ("2- بوتن", "1- بوتن", "4- هپتن", "3- هگزن"),
        ("1-2 روز", "3-4 روز", "5-6 روز", "7-8 روز"),
        ("2) و 3)", "1) و 2)", "1) و 3)", "2) و 4)"),
        ("0.2", "1.4", "1.9", "2.3"),
        ("C-type lectin", "D-dimer", "A-LPH", "B-MSH"),
    ],
)
def test_names_and_amounts_are_no_labels(options: tuple[str, ...]) -> None:
    assert kinds(draft(*options, question="چه؟")) == []


def test_all_of_the_above_belongs_below_them() -> None:
    said = ("طحال بزرگ", "قلب تنگ", "ریه پر")
    for words in ("همه موارد بالا", "همه‌ی موارد فوق", "هیچ‌کدام از موارد بالا", "All of the above."):
        assert ("misplaced", "error") in kinds(draft(words, *said, question="چه؟", key="B"))
        assert ("misplaced", "warning") in kinds(draft(*said[:2], words, said[2], question="چه؟"))
        assert "misplaced" not in {kind for kind, _ in kinds(draft(*said, words, question="چه؟"))}
    both = draft("طحال بزرگ", "قلب تنگ", "هر دو مورد بالا", "هیچ کدام", question="چه؟")
    assert "misplaced" not in {kind for kind, _ in kinds(both)}
    assert kinds(draft("فشار خون بالا", "فشار خون پایین", "تب", "لرز", question="چه؟")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("سدیم و پتاسیم", "پتاسیم و سدیم"),
        ("کمبود سدیم و پتاسیم", "کمبود پتاسیم و سدیم"),
        ("تب، لرز و درد", "درد، تب و لرز"),
        ("sodium and potassium", "potassium and sodium"),
        ("I و II", "II و I"),
    ],
)
def test_the_same_list_in_another_order_is_told_unless_the_order_is_asked_for(one: str, other: str) -> None:
    def told(asked: str) -> list[tuple[str, str]]:
        found = kinds(draft("کلسیم", one, "منیزیم", other, question=asked))
        return [each for each in found if each[0] == "reordered_options"]

    assert told("کدام یون؟") == [("reordered_options", "warning")]
    for asked in ("به ترتیب کدام یون‌ها؟", "Which ions, respectively?", "... از ... بیشتر است"):
        assert told(asked) == []


@pytest.mark.parametrize(
    "options",
    [
        ("افزایش و کاهش", "کاهش و افزایش", "افزایش و افزایش", "بدون تغییر"),
        ("افزایش سدیم و کاهش پتاسیم", "افزایش پتاسیم و کاهش سدیم", "کلسیم", "منیزیم"),
        ("روان و تن؛ خانه و شهر", "شهر و تن؛ خانه و روان", "کلسیم", "منیزیم"),
        ("دم و بازدم بلند", "بازدم و دم بلند", "دم و بازدم کوتاه", "بازدم و دم کوتاه"),
    ],
)
def test_what_goes_up_and_down_and_orders_of_all_sorts_are_left_alone(options: tuple[str, ...]) -> None:
    assert kinds(draft(*options, question="در این بیماری چه می‌شود؟")) == []
