"""A translation held against its original."""

from dataclasses import replace

import pytest

from evaluator.lint import Subject, lint
from evaluator.lint.original import Unlike, against
from evaluator.published import Draft
from tests.evaluator.lint.items import sound

ENGLISH = Draft("q", "How much may a catheter bag hold at night?", ("350ml.", "500ml.", "1L.", "2L."), "D", "D")
PERSIAN = replace(
    ENGLISH, question="کیسه کاتتر شب چه اندازه باشد؟", options=("350 میلی لیتر", "500 میلی لیتر", "1 لیتر", "۲ لیتر")
)


def told(item: Draft, original: Draft = ENGLISH) -> list[tuple[str, str]]:
    return [(f.kind, f.severity) for f in against("exam", [item], [original])]


def test_a_true_translation_has_no_finding() -> None:
    assert told(PERSIAN) == []


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("350 میلی لیتر", "500 میلی لیتر", "1 لیتر", "بگو"), "number_lost"),
        (("350 میلی لیتر", "50 میلی لیتر", "1 لیتر", "2 لیتر"), "number_lost"),
        (("350 میلی لیتر", "500 میلی لیتر", "1 لیتر 7", "2 لیتر"), "number_added"),
        (("350 میلی لیتر", "500", "1 لیتر", "2 لیتر"), "unit_lost"),
        (("350 میلی لیتر", "500 میلی لیتر", "2 لیتر", "2 لیتر"), "merged_in_translation"),
        (("350 میلی لیتر", "500 میلی لیتر", "1 لیتر"), "original_options"),
    ],
)
def test_what_was_lost_on_the_way(options: tuple[str, ...], kind: str) -> None:
    assert kind in {found for found, _ in told(replace(PERSIAN, options=options))}


def test_numbers_in_words_slashes_and_the_other_direction_are_kept() -> None:
    english = Draft(
        "q", "Her temperature is 37.2, the odds +0.61, in the 50th percentile of 10 000 men.", ("two", "3"), "A", "A"
    )
    persian = Draft("q", "دمای او 37/2 و بخت 61/0+ در صدک پنجاهم از 10000 مرد است.", ("2", "سه"), "A", "A")
    assert told(persian, english) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1.25 mg", "۱۲۵۰ میکروگرم"),
        ("14 days", "چهارده روز"),
        ("forty", "چهل"),
        ("a third", "یک سوم"),
        ("7 days", "یک هفته"),
    ],
)
def test_equal_amounts_and_words_are_no_loss(source: str, text: str) -> None:
    assert told(Draft("q", "چقدر؟", (text, "2 L"), "B", "B"), Draft("q", "How?", (source, "2 L"), "B", "B")) == []


@pytest.mark.parametrize(("source", "text"), [("1.25 mg", "۱۲۵۰ میلی‌گرم"), ("40", "چهارده"), ("forty", "چهارده")])
def test_other_amounts_and_words_are(source: str, text: str) -> None:
    found = told(Draft("q", "چقدر؟", (text, "2 L"), "B", "B"), Draft("q", "How?", (source, "2 L"), "B", "B"))
    assert ("number_lost", "error") in found


def test_other_keys_letters_and_lengths() -> None:
    keyed = [replace(item, answer="B") if item.id == "3" else item for item in sound(10)]
    assert [(f.kind, f.item) for f in against("exam", keyed, sound(10))] == [("original_key", "3")]
    gene = Draft("q", "Which gene?", ("FGFR3", "RET"), "A", "A")
    assert told(Draft("q", "کدام ژن؟", ("گفتن", "RET"), "A", "A"), gene) == [("letters_lost", "note")]
    long = [replace(item, question=item.question * 3) for item in sound(9)]
    short = [replace(long[0], question="چه؟"), *long[1:]]
    assert [(f.kind, f.item) for f in against("exam", short, long) if f.kind == "original_length"] == [
        ("original_length", "0")
    ]


def test_files_that_do_not_belong_together_are_not_compared() -> None:
    moved = [replace(item, answer="ABCD"["ABCD".index(str(item.answer)) - 1]) for item in sound(12)]
    with pytest.raises(Unlike, match="0 of 12 items have the key"):
        list(against("exam", moved, sound(12)))
    report = lint([Subject("exam", tuple(moved), True, "fa", originals=tuple(sound(12)))])
    assert report.linted[0].said[0].startswith("not held against its original: 0 of 12 items")
