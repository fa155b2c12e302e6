"""Options that say the same, and those that are not of their siblings' kind."""

from collections.abc import Iterator

import pytest

from evaluator.lint import Finding, options
from evaluator.lint.quantities import is_quantity, measured
from evaluator.lint.words import plain
from evaluator.published import Draft
from tests.evaluator.lint.items import draft, findings, kinds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كبد چرب", "کبد\u200c چرب."),
        ("۲۰ درصد", "20 درصد "),
        ("Molar", "molar"),
        ("‫رکتوس‬ فوقانی", "رکتوس فوقانی"),
        ("ﻻﻧﮕﺮﻫﺎﻧﺲ", "لانگرهانس"),
        ("1,000 واحد", "۱۰۰۰ واحد"),
        ("کم خونی شدید", "کم\u200cخونی شدید"),
        ("کم\u200cخونی", "کمخونی"),
        ("«کبد چرب»", "کبد چرب"),
        ("(کبد چرب)", "کبد چرب"),
        ("- کبد چرب", "کبد چرب!"),
        ("ب) کبد چرب", "ج) کبد چرب"),
        ("b. fatty liver", "C) fatty liver"),
        ("آنمی", "انمی"),
        ("E. coli", "E.coli"),
        ("Ca²⁺", "Ca2+"),
        ("کبد\u2800چرب", "کبد چرب\ufe0f"),
        ("کبد \u3164چرب", "کبد\u034f چرب"),
        ("❶ متر", "1 متر"),
        ("➁ میلی‌گرم", "۲ میلی‌گرم"),
        ("⓬", "12"),
    ],
)
def test_options_equal_but_for_their_spelling(one: str, other: str) -> None:
    assert ("equal_options", "warning") in kinds(draft("طحال", one, other, "قلب"))
    assert ("key_twin", "error") in kinds(draft("طحال", one, other, "قلب", key="C"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[S] << Km", "[S] = Km"),
        ("بخش d", "بخش D"),
        ("AaBb", "aabb"),
        ("10²", "102"),
        ("1/5", "1.5"),
        ("< 5", "> 5"),
        ("+2", "-2"),
        ("هیپراوریسمی", "هیپواوریسمی"),
        ("C3", "C3a"),
        ("93", "9 3"),
        ("-5", "5"),
        ("1-2", "2"),
        ("120/80", "12/080"),
        ("0/5", "0/05"),
    ],
)
def test_options_that_differ_are_not_equal(one: str, other: str) -> None:
    assert plain(one) != plain(other)
    assert kinds(draft("طحال بزرگ", one, other, "قلب بزرگ", question="چه؟")) == []


def test_amounts_are_equal_whatever_their_units_are_called() -> None:
    (found,) = findings([draft("500 mg", "۱ گرم", "1000 میلی‌گرم", "2 g", key="B")])
    assert (found.kind, found.severity) == ("key_twin", "error")
    assert "B «۱ گرم» and C «1000 میلی‌گرم» are the same amount, and B is the key" in found.evidence
    assert kinds(draft("30 دقیقه", "نیم روز", "90 دقیقه", "1.5 ساعت")) == [("equal_amounts", "warning")]
    assert kinds(draft("یک ماه", "هفت روز", "۷ روز", "یک سال")) == [("equal_amounts", "warning")]
    assert kinds(draft("چهارده روز", "هفت روز", "چهل روز", "۴ روز")) == []
    assert measured("2 کیلو گرم") == measured("2000 g") != measured("2000 mg")
    assert measured("۵ میلی‌گرم در دسی‌لیتر") == measured("5 mg/dL") == measured("50 mg/l") != measured("5 mg/l")
    assert measured("۰/۵ گرم") == measured("500 mg")
    assert measured("۵ تا ۱۰ ثانیه") == measured("5-10 s") != measured("5 و 10 ثانیه")


@pytest.mark.parametrize(
    "options",
    [
        ("350 میلی لیتر.", "500 میلی لیتر.", "1 لیتر", "بگو"),
        ("10%", "20 درصد", "سیب", "40%"),
        ("افزایش برون‌ده قلب", "کاهش پیش‌بار", "5", "کاهش پس‌بار"),
        ("10 mg", "20 mg", "let", "40 mg"),
    ],
)
def test_a_translation_gone_wrong_is_not_of_its_siblings_kind(options: tuple[str, ...]) -> None:
    assert kinds(draft(*options)) == [("odd_option", "error")]


@pytest.mark.parametrize(
    "options",
    [
        ("80%", "70%", "60%", "اطلاعات کافی داده نشده است"),
        ("1 در 4", "1 در 2", "صفر", "1"),
        ("یکی", "2", "3", "4"),
        ("10 روز", "20 روز", "هیچ کدام", "30 روز"),
        ("کروموزوم 12", "کروموزوم 18", "کروموزوم 21", "DNA میتوکندری"),
        ("B1", "B2", "Biotin", "B3"),
        ("10", "20", "30", "همیشه ثابت است"),
    ],
)
def test_what_stands_beside_amounts_with_reason_is_left_alone(options: tuple[str, ...]) -> None:
    assert kinds(draft(*options)) == []


def test_a_script_of_its_own_is_a_note() -> None:
    assert kinds(draft("BRCA1", "RET", "گفتن", "TP53")) == [("odd_option", "note")]


def test_a_clause_left_in_english_is_told_and_a_name_is_not() -> None:
    clause = "the loss of the gag reflex"
    assert kinds(draft("از دست دادن حس", clause, "فلج صورت", "درد گردن")) == [("untranslated", "warning")]
    assert kinds(draft("آسم", "COPD", "سل", "Wegener granulomatosis")) == []
    assert kinds(draft("Superior rectus", "Lateral rectus of the eye", "Levator", "Inferior oblique")) == []


def test_columns_that_slipped_are_seen() -> None:
    asked = "کدام هورمون قند خون را پایین می‌آورد؟"
    assert kinds(draft(asked, "انسولین", "گلوکاگون", "کورتیزول", question=asked)) == [("shifted", "error")]
    other = "کدام ویتامین در آب حل می‌شود؟"
    assert kinds(draft(other, "انسولین", "گلوکاگون", "کورتیزول", question=asked)) == [("shifted", "error")]
    merged = "انسولین ب) گلوکاگون ج) کورتیزول"
    assert kinds(draft(merged, "تستوسترون", "تیروکسین", "رنین", question=asked)) == [("merged_options", "error")]
    assert kinds(draft("الف و ب", "ب و ج", "همه موارد", "هیچ کدام", question=asked)) == []


@pytest.mark.parametrize(
    "text", ["350 میلی لیتر", "حدود 20 درصد", "<5 mg", "18 gauge", "صفر", "هر 4 ساعت", "5 تا 10 روز"]
)
def test_what_is_a_quantity(text: str) -> None:
    assert is_quantity(text)
    assert not is_quantity("بگو")
    assert not is_quantity("عصب زوج 5")


@pytest.mark.parametrize("sign", ["❶", "➀", "❿", "፩", "𐩀", "①", "²", "Ⅳ", "五", "๑", "५"])
def test_whatever_stands_for_a_figure_is_looked_at(sign: str) -> None:
    for text in (f"{sign} متر", f"x{sign}", f"5{sign} mg"):
        assert ("unchecked", "warning") not in kinds(draft(text, "دو", "سه", "چهار"))
        is_quantity(text)


def test_an_item_that_a_check_fails_on_loses_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(benchmark: str, item: Draft) -> Iterator[Finding]:
        if item.id == "2":
            raise ValueError("⸮")
        return equal(benchmark, item)

    equal = options.equal
    monkeypatch.setattr(options, "equal", failing)
    twins = [draft("کبد", "طحال", "کبد", "قلب", name=name, question=f"پرسش {name}؟") for name in ("1", "2", "3")]
    found = findings(twins)
    assert {f.item for f in found if f.kind == "key_twin"} == {"1", "3"}
    assert [(f.item, f.severity) for f in found if f.kind == "unchecked"] == [("2", "warning")]
    assert {f.kind for f in findings(twins[1:2])} == {"unchecked"}
