"""Repeats are found in other words, in other orders and across benchmarks; stock phrases are none."""

from dataclasses import replace

import pytest

from evaluator.lint import Subject, lint
from evaluator.lint.repeats import Repeats
from evaluator.published import Draft
from tests.evaluator.lint.items import linted, published, sound

ONE = Draft(
    "1",
    "کدام هورمون پس از خوردن غذا قند خون را پایین می‌آورد؟",
    ("انسولین لوزالمعده", "گلوکاگون لوزالمعده", "کورتیزول فوق کلیه", "هورمون رشد هیپوفیز"),
    "A",
    "A",
)


def kinds_of(other: Draft, more: int = 60) -> list[str]:
    """What a second benchmark's item is to ONE, among items that have nothing to do with them."""
    subjects = [
        Subject("first", (ONE, *[replace(item, id=f"s{item.id}") for item in sound(more)]), True, "fa"),
        Subject("second", (other,), True, "fa"),
    ]
    report = lint(subjects)
    return [f.kind for f in report.linted[1].findings if f.other == ("first", "1")]


def test_word_for_word_whatever_the_spelling_and_order() -> None:
    other = replace(ONE, id="9", question=ONE.question.replace("ی", "ي").replace("\u200c", " "))
    assert kinds_of(other) == ["repeat"]
    turned = replace(ONE, id="9", options=ONE.options[1:] + ONE.options[:1], key="D", answer="D")
    assert kinds_of(turned) == ["repeat"]
    assert kinds_of(replace(turned, key="A", answer="A")) == ["repeat_other_key"]


def test_in_other_words() -> None:
    asked = "پس از خوردن غذا کدام یک از هورمون‌ها قند خون را پایین می‌آورد؟"
    options = ("انسولین از لوزالمعده", "گلوکاگون لوزالمعده", "کورتیزول فوق کلیه", "هورمون رشد از هیپوفیز")
    assert kinds_of(replace(ONE, id="9", question=asked, options=options)) == ["near_repeat"]


def test_another_key_is_an_error() -> None:
    report = lint([Subject("a", (ONE,), True, "fa"), Subject("b", (replace(ONE, key="B", answer="B"),), True, "fa")])
    (found,) = report.linted[1].findings
    assert (found.kind, found.severity, found.other) == ("repeat_other_key", "error", ("a", "1"))
    assert "its key is «گلوکاگون لوزالمعده», there it is «انسولین لوزالمعده»" in found.evidence
    assert report.repeats == {("a", "b"): 1, ("b", "a"): 1}


@pytest.mark.parametrize("copies", [3, 12])
def test_copies_are_found_however_many_there_are_and_however_few_items(copies: int) -> None:
    items = (*sound(5), *[replace(ONE, id=f"c{n}") for n in range(copies)])
    report = lint([Subject("a", items, True, "fa"), Subject("b", (ONE,), True, "fa")])
    assert [f.item for f in report.linted[0].findings if f.kind == "repeat"] == [f"c{n}" for n in range(copies)]
    assert report.repeats == {("a", "a"): copies, ("a", "b"): copies, ("b", "a"): 1}


def test_near_copies_are_counted_for_each_of_their_copies() -> None:
    other = replace(ONE, question="پس از خوردن غذا کدام یک از هورمون‌ها قند خون را پایین می‌آورد؟")
    first = Subject("a", (replace(ONE, id="1"), replace(ONE, id="2"), *sound(9)), True, "fa")
    assert lint([first], [Subject("b", (other,), True, "fa")]).repeats == {("a", "a"): 2, ("a", "b"): 2}


LONG = (
    "در شهر کوچکی کنار دریا که تنها یک بیمارستان دارد و پزشکان آن شب‌ها به نوبت می‌آیند، پرونده‌ای رسیده است. "
    "مرد ۴۵ ساله‌ای با درد قفسه سینه و تنگی نفس به اورژانس آمده است و در معاینه فشار خون ۹۰ روی ۶۰ و نبض ۱۲۰ دارد. "
    "کدام یک از داروهای زیر برای این بیمار مناسب است؟"
)


@pytest.mark.parametrize(
    ("was", "becomes", "kind"),
    [
        ("مناسب است", "مناسب نیست", "variant"),
        ("مرد ۴۵ ساله", "مرد ۵ ساله", "variant"),
        ("نبض ۱۲۰", "نبض < ۱۲۰", "variant"),
        ("دریا", "دریاچه", "near_repeat_other_key"),
        ("آمده است و", "آمده و", "repeat_other_key"),
        ("این بیمار", "این‌بیمار", "repeat_other_key"),
    ],
)
def test_another_key_is_no_mistake_where_a_word_turns_the_question_round(was: str, becomes: str, kind: str) -> None:
    one = Draft("1", LONG, ("آسپرین", "هپارین", "مورفین", "وارفارین"), "A", "A")
    other = replace(one, id="2", question=LONG.replace(was, becomes), key="D", answer="D")
    assert other.question != LONG
    report = lint([Subject("a", (one, other), True, "fa")])
    assert [f.kind for f in report.linted[0].findings if f.other] == [kind, kind]


def test_many_copies_and_many_like_items_take_no_longer_each() -> None:
    items = [replace(ONE, id=str(n)) for n in range(4000)]
    like = [replace(ONE, id=f"l{n}", question=f"{ONE.question} بیمار شماره {n}") for n in range(400)]
    places = [("a", item) for item in (*items, *like)]
    found = Repeats(places, len(places))
    assert len(found.pairs) < 40 * len(places)
    assert found.counts() == {("a", "a"): 4400}


def test_a_term_exchanged_makes_another_question() -> None:
    one = Draft(
        "1", "لیگاند گیرنده TLR-9 کدام مولکول است؟", ("لیپوپلی ساکارید", "دی ان ای", "فلاژل", "آر ان ای"), "B", "B"
    )
    two = replace(one, id="2", question="لیگاند گیرنده TLR-4 کدام مولکول است؟", key="A", answer="A")
    report = lint([Subject("a", (one, two, *[replace(i, id=f"s{i.id}") for i in sound(40)]), True, "fa")])
    assert [f.kind for f in report.linted[0].findings if f.item == "2"] == ["variant"]
    assert report.repeats == {}


def test_stock_questions_and_stock_options_are_no_repeats() -> None:
    stock = "کدام یک از عبارات زیر نادرست است؟"
    one = Draft("1", stock, ("کلیه ادرار می‌سازد", "قلب خون پمپ می‌کند", "ریه صفرا می‌سازد", "معده اسید دارد"), "C", "C")
    two = Draft(
        "2", stock, ("نورون تقسیم می‌شود", "پلاکت هسته ندارد", "گلبول سرخ اکسیژن دارد", "ماست سل دانه دارد"), "A", "A"
    )
    both = ("فقط I", "فقط II", "I و II", "هیچ کدام")
    three = Draft("3", "درباره‌ی آنزیم‌های گوارشی روده‌ی باریک: I آمیلاز II لیپاز", both, "A", "A")
    four = Draft("4", "از میان استخوان‌های جمجمه: I گیجگاهی II پس سری", both, "A", "A")
    rest = [replace(item, id=f"s{item.id}") for item in sound(40)]
    report = lint([Subject("a", (one, two, three, four, *rest), True, "fa")])
    assert [f for f in report.linted[0].findings if f.other] == []


@pytest.mark.parametrize(
    "options", [("بله", "خیر"), ("3", "4", "1", "2"), ("آموکسی‌سیلین", "متفورمین", "لوزارتان", "آتورواستاتین")]
)
def test_options_that_many_items_offer_make_no_repeats(options: tuple[str, ...]) -> None:
    asked = [
        *("آیا در تنگی دریچه‌ی میترال صدای اول قلب بلند است؟", "آیا در نارسایی کلیه پتاسیم خون بالا می‌رود؟"),
        *("آیا در کم‌کاری تیروئید ضربان قلب کند می‌شود؟", "آیا در سل ریه سرفه‌ی خونی دیده می‌شود؟"),
        *("آیا داروی خط اول دیابت نوع دو همین است؟", "آیا در تب روماتیسمی مفصل‌ها درد می‌گیرند؟"),
        *("پاسخ 2 به علاوه 14 کدام است؟", "پاسخ 3 به علاوه 21 کدام است؟"),
    ]
    items = [Draft(str(n), question, options, "AB"[n % 2], "AB"[n % 2]) for n, question in enumerate(asked)]
    assert lint([Subject("a", tuple(items), True, "fa")]).repeats == {}
    again = replace(items[0], id="x", question=items[0].question.replace("بلند است", "بلند می‌باشد"))
    assert lint([Subject("a", (*items, again), True, "fa")]).repeats == {("a", "a"): 2}


def test_near_copies_are_found_however_many_there_are() -> None:
    like = [replace(ONE, id=str(n), question=f"{ONE.question} بیمار شماره {n}") for n in range(1200)]
    before = [replace(ONE, id=f"b{n}", question=f"بیمار شماره {n}. {ONE.question}") for n in range(1200)]
    places = [("a", item) for item in (*like, *before)]
    assert Repeats(places, len(places)).counts() == {("a", "a"): 2400}


def test_items_of_one_passage_are_a_note() -> None:
    passage = " ".join(f"{item.question} {' '.join(item.options)}" for item in sound(6))
    first = Draft("1", f"{passage} نویسنده چه می‌گوید؟", ("سردی", "گرمی", "تری", "خشکی"), "A", "A")
    second = Draft("2", f"{passage} کدام نتیجه درست نیست؟", ("جوانی", "پیری", "کودکی", "میان‌سالی"), "B", "B")
    report = lint([Subject("a", (first, second), True, "fa")])
    assert {(f.kind, f.severity) for f in report.linted[0].findings if f.other} == {("same_passage", "note")}


def test_sound_items_repeat_nothing_and_no_item_is_no_crash() -> None:
    assert lint([Subject("a", tuple(sound(120)), True, "fa")]).repeats == {}
    empty = Draft("1", "", (), "", None)
    lint([Subject("a", (empty, replace(empty, id="2")), True, "fa")])


def test_the_published_repeats_are_found_unaided() -> None:
    medicine, clinical, genetics, exam = published(
        "mmlu_fa_college_medicine", "mmlu_fa_clinical_knowledge", "mmlu_fa_medical_genetics", "ibmsee_2023_09"
    )
    two = lint([medicine, clinical])
    assert two.repeats == {(medicine.name, clinical.name): 78, (clinical.name, medicine.name): 78}
    all_four = lint([medicine], [clinical, genetics, exam])
    assert all_four.repeats == {(medicine.name, clinical.name): 78}
    assert {f.benchmark for each in all_four.linted for f in each.findings} == {medicine.name}


@pytest.mark.parametrize(
    ("name", "item", "kind"),
    [
        ("mmlu_fa_clinical_knowledge", "239", "odd_option"),
        ("mmlu_fa_clinical_knowledge", "55", "spreadsheet"),
        ("mmlu_fa_college_medicine", "45", "spreadsheet"),
        ("mmlu_fa_college_medicine", "63", "equal_options"),
        ("mmlu_fa_professional_medicine", "87", "equal_options"),
        ("mmlu_fa_professional_medicine", None, "key_imbalance"),
        ("ibmsee_2023_09", "127", "key_twin"),
        ("ibmsee_2023_09", "164", "key_twin"),
    ],
)
def test_the_published_broken_items_are_found(name: str, item: str | None, kind: str) -> None:
    found = linted(name)
    assert (item, kind) in {(f.item, f.kind) for f in found}
    assert sum(f.severity == "error" for f in found) <= 2


def test_always_d_is_told_with_its_score() -> None:
    (found,) = [f for f in linted("mmlu_fa_professional_medicine") if f.kind == "key_imbalance"]
    assert "answering always D scores 44.9% (122 of 272), guessing 25.0%" in found.evidence
