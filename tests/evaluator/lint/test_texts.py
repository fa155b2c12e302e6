"""Signs of damage in texts, and sound texts that look a little like it."""

import json
from pathlib import Path

import pytest

from evaluator.lint import Subject, lint, of_file
from evaluator.lint.texts import unseen
from evaluator.published import Draft
from tests.evaluator.lint.items import draft, findings, kinds

FOUR = ("کبد چرب", "طحال بزرگ", "قلب تنگ", "ریه پر")
ASKED = "در بیماری که تب و لرز دارد کدام تشخیص محتمل‌تر است؟"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("کدام درست است؟".encode().decode("latin-1"), "mojibake"),
        ("سلام دکتر".encode().decode("cp1252", "replace"), "mojibake"),
        ("کبد چرب بیمار".encode().decode("cp1256"), "mojibake"),
        ("کبد بزرگ".replace("ک", "ك").encode("cp1256").decode("latin-1"), "mojibake"),
        ("the patientâ€™s کبد", "mojibake"),
        ("**کبد** چرب", "markup"),
        ("ترجمه: کبد چرب", "translator"),
        ("متأسفم، من نمی‌توانم این متن را ترجمه کنم", "translator"),
        ("Here is the translation: کبد", "translator"),
        ("کبد کبد کبد کبد کبد", "loop"),
        ("درد شکم و درد شکم و درد شکم و درد شکم و درد", "loop"),
        ("کبد چرب which of the following is right", "untranslated"),
        ("کبد \ufffd چرب", "mojibake"),
        ("???? ?? ????", "mojibake"),
        ("کبد <br> چرب", "markup"),
        ("کبد &nbsp; چرب", "markup"),
        ("کبد _x000D_ چرب", "markup"),
        ("#NAME?", "spreadsheet"),
        ("nan", "placeholder"),
        ("گزینه 2", "placeholder"),
        ("TODO", "placeholder"),
        ("NULL", "placeholder"),
        ("---", "placeholder"),
        ("кость", "wrong_script"),
        ("肝脏", "wrong_script"),
        ("عصب صورت از", "cut"),
        ("درد شکم (حاد و", "cut"),
    ],
)
def test_a_damaged_option_is_found(text: str, kind: str) -> None:
    assert kind in {found for found, _ in kinds(draft(*FOUR[:3], text, question=ASKED))}


@pytest.mark.parametrize(
    "options",
    [
        ("Missense", "Nonsense", "Silent", "Null"),
        ("TNF-α", "µ-opioid", "IFN-γ", "β2"),
        ("اوره از", "کاتالاز", "اکسیداز", "آمیلاز"),
        ("تب و ...", "لرز", "سرفه", "تهوع"),
        ("x < 5 و y > 3", "x > 5", "y < 3", "x = y"),
        ("2:1", "1:1", "3:1", "9:3:3:1"),
        ("12:30 ظهر", "صبح زود", "عصر", "نیمه شب"),
        ("چه؟", "چرا", "کی", "کجا"),
        ("CAG CAG CAG CAG CAG", "CGG CGG CGG CGG CGG", "2 2 2 2 2", "ATG"),
        ("small cell carcinoma of the lung در ریه", "کبد", "Ménière", "naïve"),
        ("درد شدید و درد خفیف و درد مزمن", "عطسه", "لرز", "غش"),
    ],
)
def test_sound_options_are_left_alone(options: tuple[str, ...]) -> None:
    assert kinds(draft(*options, question=ASKED)) == []


def test_ratios_that_became_times_or_dates_are_found() -> None:
    (found,) = findings([draft("2:25", "15:02", "1:05", "30:02:00", key="D", question=ASKED)])
    assert (found.kind, found.severity) == ("spreadsheet", "error")
    assert "D «30:02:00»" in found.evidence
    assert kinds(draft("2024-01-02", "1-Feb", "5", "7", question=ASKED)) == [("spreadsheet", "error")]


def test_a_question_that_was_not_translated_is_found_in_a_persian_benchmark_only() -> None:
    english = "Which of the following is the most likely diagnosis in this patient?"
    persian = [Draft(str(n), ASKED + str(n), FOUR, "A", "A") for n in range(3)]
    assert ("untranslated", "error") in [
        (f.kind, f.severity) for f in findings([*persian, draft(*FOUR, question=english, name="9")])
    ]
    assert kinds(draft("fatty liver", "large spleen", "lung", "heart", question=english), language="en") == []
    assert ("wrong_script", "error") in kinds(draft("کبد", "spleen", "lung", "heart", question=english), language="en")


def test_the_language_is_that_of_the_options_where_questions_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "exam.jsonl"
    for question in ("", "؟", {"a": 1}):
        rows = [{"question": question, "options": FOUR, "answer": "A"}] * 3
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        subject = of_file(path)
        assert subject.language == "fa"
        assert {f.kind for f in lint([subject]).linted[0].findings} <= {"missing", "empty", "placeholder", "repeat"}
    rows = [{"question": ASKED, "options": ["aspirin", "heparin", "warfarin", "morphine"], "answer": "A"}]
    path.write_text(json.dumps(rows[0]), encoding="utf-8")
    assert of_file(path).language == "fa"


def test_a_question_about_a_picture_that_is_not_there() -> None:
    assert kinds(draft(*FOUR, question="در شکل زیر کدام رگ تنگ شده است؟")) == [("picture", "warning")]
    assert kinds(draft(*FOUR, question="شکل کدام یاخته در این بیماری تغییر می‌کند؟")) == []
    english = "Which vessel in the figure shown below is narrowed?"
    assert kinds(draft("a", "b", "c", "d", question=english), language="en") == [("picture", "warning")]


def test_what_is_missing_is_named() -> None:
    assert ("missing", "error") in kinds(draft(*FOUR, question=""))
    assert ("missing", "error") in kinds(draft("کبد", "", "قلب"))
    assert ("empty", "error") in kinds(draft("کبد", "", "قلب"))
    (found,) = findings([draft(*FOUR, key="بگو", question=ASKED)])
    assert (found.kind, found.severity) == ("key", "error")
    assert "has the key 'بگو'; with 4 options it is one of A, B, C, D" in found.evidence


def test_more_options_than_letters_are_told_and_no_crash() -> None:
    many = [draft(*[f"اندام {n}{n}" for n in range(27)], name=str(n), question=f"{ASKED}{n}") for n in range(60)]
    found = findings(many)
    assert {(f.kind, f.severity) for f in found if f.kind == "missing"} == {("missing", "error")}
    assert "has 27 options or more; it needs 2 to 26" in found[0].evidence


def test_an_unusual_number_of_options_and_an_id_that_stands_twice() -> None:
    items = [Draft(str(n), f"{ASKED} {n} {n * n}", FOUR, "A", "A") for n in range(20)]
    fewer = Draft("x", "پرسشی دیگر با گزینه‌های کم؟", ("بله", "خیر"), "A", "A")
    found = {(f.kind, f.item) for f in findings([*items, fewer, fewer])}
    assert {("option_count", "x"), ("id", "x")} <= found


def test_a_key_written_otherwise_than_the_others_is_told() -> None:
    items = [Draft(str(n), f"{ASKED} {n} {n * n}؟", FOUR, "A", "A") for n in range(20)]
    strange = Draft("x", "پرسشی دیگر درباره‌ی خون؟", ("سرخ", "سفید", "زرد", "آبی"), "1", "A")
    told = [f for f in findings([*items, strange]) if f.kind == "key_form"]
    assert [(f.item, f.severity) for f in told] == [("x", "warning")]
    assert "the key is «1», 20 of 21 items have a letter as key" in told[0].evidence
    assert [f for f in findings([strange]) if f.kind == "key_form"] == []


def test_a_question_that_lost_its_end_is_a_note_where_the_others_have_theirs() -> None:
    items = [Draft(str(n), f"{ASKED} {n} {n * n}؟", FOUR, "A", "A") for n in range(20)]
    lost = Draft("x", "پرسشی دیگر درباره‌ی خون در بیماری که", ("سرخ", "سفید", "زرد", "آبی"), "A", "A")
    gap = Draft("y", "در بیماران ... سرخ می‌شود", ("خون", "پوست", "ناخن", "مو"), "A", "A")
    told = [(f.item, f.severity) for f in findings([*items, lost, gap]) if f.kind == "cut"]
    assert told == [("x", "note")]
    assert [f for f in findings([*items[:3], lost]) if f.kind == "cut"] == []


def test_an_item_as_large_as_a_file_is_told_and_not_looked_into() -> None:
    items = [Draft(str(n), f"{ASKED} {n} {n * n}", FOUR, "A", "A") for n in range(3)]
    large = Draft("x", "پرسش " * 20_000, FOUR, "A", "A")
    told = [f for f in findings([*items, large]) if f.item == "x"]
    assert [(f.kind, f.severity) for f in told] == [("oversized", "error")]
    assert "question has 100000 characters" in told[0].evidence
    assert len(told[0].evidence) < 200
    assert {f.kind for f in findings([large])} == {"oversized"}


def test_unseen_marks_are_told_once() -> None:
    assert unseen("‫رکتوس‬")
    assert unseen("ﻻزم")
    assert not unseen("می‌شود Molar ۲")
    marked = [Draft(str(n), f"‫پرسش‬ {n * 7}", FOUR, "A", "A") for n in range(3)]
    (found,) = [f for f in findings(marked) if f.kind == "unseen_marks"]
    assert (found.item, found.severity) == (None, "note")
    assert "3 of 3 items" in found.evidence


def test_a_free_form_item_is_read_with_its_answer_and_statements() -> None:
    items = (
        Draft("1", ASKED, ("پاسخ پزشک درباره‌ی درمان کبد از",), "", None),
        Draft("2", "درد زانو چرا؟", ("",), "", None),
    )
    statements = {"1": ("باید استراحت کند", "nan")}
    found = lint([Subject("talk", items, False, "fa", statements)]).linted[0]
    told = {(f.kind, f.item, f.evidence.split(" ends")[0].split(" is ")[0]) for f in found.findings}
    assert told == {("cut", "1", "the answer"), ("placeholder", "1", "statement 2"), ("empty", "2", "the answer")}
    assert (found.rules, found.readers) == ([], [])


@pytest.mark.parametrize("text", ["\u200c", "\u2800", "\u3164", "«.»", "ـ", "\u200f\u00ad"])
def test_an_option_that_shows_nothing_is_empty(text: str) -> None:
    assert ("empty", "error") in kinds(draft("طحال بزرگ", text, "قلب تنگ", "ریه پر"))


@pytest.mark.parametrize("text", ["+", "(-)", "٪", "→", "C"])
def test_a_sign_that_says_something_is_not(text: str) -> None:
    assert ("empty", "error") not in kinds(draft("طحال بزرگ", text, "قلب تنگ", "ریه پر"))
