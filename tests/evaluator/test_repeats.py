"""Which items ask the same thing again."""

from evaluator.repeats import labels, repeated
from storage.benchmarks.files import Item

OPTIONS = ("دست", "پای راست", "سر و گردن", "شکم")


def test_the_same_words_are_one_group_whatever_their_spelling_and_the_order_of_options() -> None:
    found = labels(
        {
            "anatomy": [Item("1", "کدام استخوان بلندتر است؟", OPTIONS), Item("2", "قلب کجاست؟", OPTIONS)],
            "medicine": [Item("1", "كدام  استخوان بلندتر است", OPTIONS[::-1])],
        }
    )
    assert found == {
        ("anatomy", "1"): "anatomy/1",
        ("anatomy", "2"): "anatomy/2",
        ("medicine", "1"): "anatomy/1",
    }


def test_a_question_asked_of_anything_is_no_repeat() -> None:
    which = "کدام گزینه درست است؟"
    items = [
        Item("1", which, OPTIONS),
        Item("2", which, ("تب", "لرز", "درد", "سرفه")),
        Item("3", which, (*OPTIONS[:1], "خون", "پوست", "مو")),
        Item("4", which, (*OPTIONS[:2], "خون", "پوست")),
    ]
    assert repeated({"b": items}) == [[("b", "1"), ("b", "3"), ("b", "4")]]


def test_free_questions_repeat_by_their_words_alone() -> None:
    items = [Item("1", "تب نوزاد؟"), Item("2", "تب  نوزاد"), Item("3", "تب کودک")]
    assert repeated({"k": items}) == [[("k", "1"), ("k", "2")]]


def test_texts_without_words_are_held_by_their_signs() -> None:
    assert repeated({"b": [Item("1", "؟؟؟"), Item("2", "!!"), Item("3", " ؟؟؟ ")]}) == [[("b", "1"), ("b", "3")]]


def test_nothing_repeats_nothing() -> None:
    assert labels({}) == {}
    assert repeated({"b": [Item("1", "الف", ("ب",))]}) == []


def test_a_question_asked_a_thousand_times_is_parted_by_its_options() -> None:
    items = [Item(str(n), "کدام؟", (f"الف{n}", f"ب{n // 2}", f"پ{n // 2}")) for n in range(1000)]
    assert len(repeated({"b": items})) == 500
