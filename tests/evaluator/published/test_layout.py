"""Columns are found under their publishers' names, and one that is missing is named with what there is instead."""

import json
from pathlib import Path

import pytest

from evaluator.items import published_items
from evaluator.published.layout import Choices, Draft, drafts, letter
from evaluator.published.rows import read
from storage.errors import UsageError
from tests.evaluator.published.sheets import table

FOUR = Choices(options=("option1", "option2", "option3", "option4"), answer="correct answer")
HEAD = ["Question", "Option1", "Option2", "Option3", "Option4", "Correct answer", "Topic", "Source"]


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_a_publishers_sheet_and_our_lines_are_the_same_items(tmp_path: Path) -> None:
    excel = table(tmp_path / "a.xlsx", HEAD, ["کدام؟", "کبد", "قلب", "ریه", 45, 4, "آناتومی", "401"])
    ours = {
        "question": "کدام؟",
        "options": ["کبد", "قلب", "ریه", "45"],
        "answer": "4",
        "topic": "آناتومی",
        "source": "401",
    }
    expected = Draft("1", "کدام؟", ("کبد", "قلب", "ریه", "45"), "4", "D", "آناتومی", "401")
    assert drafts(excel, read(excel), FOUR) == [expected]
    written = lines(tmp_path / "a.jsonl", ours)
    assert drafts(written, read(written), FOUR) == drafts(written, read(written)) == [expected]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "q", "choices": ["a", "b", "c"], "answer": 1},  # as MMLU has it, from 0
        {"question": "q", "options": {"A": "a", "B": "b", "C": "c"}, "answer_idx": "B"},
        {"ID": "7", "Question Body": "q", "Choice 1": "a", "Choice 2": "b", "Choice 3": "c", "Key": 2},
        {"question": "q", "A": "a", "B": "b", "C": "c", "answer": "B"},
        {"سوال": "q", "گزینه 1": "a", "گزینه 2": "b", "گزینه 3": "c", "پاسخ": "ب"},
        {"question": "q", "option1": "a", "option2": "b", "option3": "c", "option4": None, "answer": "۲"},
        {"question": "q", "options": ["a", "b", "c"], "answer": "b"},
    ],
)
def test_usual_names_of_columns_are_understood(tmp_path: Path, row: dict[str, object]) -> None:
    path = lines(tmp_path / "a.jsonl", row)
    (found,) = drafts(path, read(path))
    assert (found.question, found.options, found.answer) == ("q", ("a", "b", "c"), "B")


@pytest.mark.parametrize(("key", "expected"), [("2.0", "B"), (2.0, "B"), ("۲٫۰", None), ("2.5", None), ("NaN", None)])
def test_a_number_that_a_program_wrote_with_a_point_is_a_key(key: object, expected: str | None) -> None:
    assert letter(key, ("a", "b", "c")) == expected


def test_numbers_from_zero_are_told_from_those_from_one(tmp_path: Path) -> None:
    def keys(*answers: int) -> list[str | None]:
        rows = [{"question": f"q{n}", "options": ["a", "b", "c"], "answer": answer} for n, answer in enumerate(answers)]
        path = lines(tmp_path / "a.jsonl", *rows)
        return [draft.answer for draft in drafts(path, read(path))]

    assert keys(0, 1, 2) == ["A", "B", "C"]
    assert keys(1, 2, 3) == ["A", "B", "C"]
    assert keys(0, 0, 3, 2) == ["A", "A", None, "C"]
    assert keys(*[0, 1, 2] * 7) == ["A", "B", "C"] * 7


def test_a_broken_key_does_not_move_all_others(tmp_path: Path) -> None:
    def keys(*answers: int | str, column: str = "options") -> list[str | None]:
        rows = [{"question": f"q{n}", column: ["a", "b", "c"], "answer": answer} for n, answer in enumerate(answers)]
        path = lines(tmp_path / "a.jsonl", *rows)
        return [draft.answer for draft in drafts(path, read(path))]

    assert keys(0, 3, 3, 1) == [None, "C", "C", "A"]
    assert keys(0, 2, 2, 1) == [None, "B", "B", "A"]  # nobody has the last option
    assert keys(0, 0, *[1, 2] * 20) == [None, None, *["A", "B"] * 20]
    assert keys(0, "b", "c", "a", "a") == [None, "B", "C", "A", "A"]
    assert keys(0, 1, 2, 3, column="choices") == ["A", "B", "C", None]  # MMLU's own column counts from 0
    assert keys(*[1, 2, 3] * 4, column="choices") == ["A", "B", "C"] * 4


@pytest.mark.parametrize("column", ["options", "choices"])
@pytest.mark.parametrize("answers", [(0, 1, 2), (1, 2, 3), (0, 1, 2) * 5, (1, 2, 3) * 5, (0, *(1, 2) * 9), (2,), (0,)])
def test_a_model_is_asked_by_the_keys_that_lint_reads(tmp_path: Path, column: str, answers: tuple[int, ...]) -> None:
    rows = [{"question": f"q{n}", column: ["a", "b", "c"], "answer": answer} for n, answer in enumerate(answers)]
    path = lines(tmp_path / "a.jsonl", *rows)
    for form in (FOUR, Choices(options=("choices",), first=0)):
        try:
            asked = drafts(path, read(path), form)
        except UsageError as error:
            assert "has no column option1" in str(error)  # noqa: PT017  the other form has other columns
        else:
            assert asked == drafts(path, read(path))


@pytest.mark.parametrize("nothing", ["\u200c\u200f", " \u00a0\u2003", "\ufeff", "\u3164", "\u2800 \u2060", ""])
def test_a_text_of_which_nothing_is_seen_is_none(tmp_path: Path, nothing: str) -> None:
    path = lines(tmp_path / "a.jsonl", {"question": "q", "options": ["a", nothing, "می\u200cشود"], "answer": "A"})
    (found,) = drafts(path, read(path))
    assert found.options == ("a", "", "می\u200cشود")
    with pytest.raises(UsageError, match="item 1 has nothing as option B"):
        published_items(path, Choices())


@pytest.mark.parametrize(
    ("value", "named"),
    [
        *[("c", "C"), (" (B) ", "B"), ("ج", "C"), ("الف", "A"), ("3", "C"), (3.0, "C"), ("۳", "C")],
        *[(4, None), (0, None), ("بگو", None), ("", None), (None, None), (True, None), ("طحال", "B")],
    ],
)
def test_what_a_key_names(value: object, named: str | None) -> None:
    assert letter(value, ("کبد", "طحال", "قلب")) == named


def test_a_wrong_column_is_named_with_what_there_is(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"question": "q", "options": ["a", "b"], "anwser": "A"})
    with pytest.raises(UsageError) as error:
        drafts(path, read(path))
    assert str(error.value) == (
        f"{path} has no column answer (did you mean anwser?): it has question, options, anwser; "
        "needed are question, options, answer"
    )
    excel = table(tmp_path / "b.xlsx", ["Question", "Answer"], ["q", "a"])
    with pytest.raises(UsageError, match=r"has no column option1, option2.*as JSON lines, question, options, answer"):
        drafts(excel, read(excel), FOUR)
    second = lines(tmp_path / "c.jsonl", {"question": "q", "options": ["a", "b"], "answer": "A"}, {"question": "q"})
    with pytest.raises(UsageError, match=r"row 2 of .* has no column options, answer"):
        drafts(second, read(second))


def test_only_the_benchmarks_own_rows_are_kept_and_keep_their_numbers(tmp_path: Path) -> None:
    rows = [
        {"question": "q1", "options": ["a", "b"], "answer": 0, "language": "en"},
        {"question": "q2", "options": ["a", "b"], "answer": 1, "language": "fa"},
        {"question": "q3", "options": ["a", None], "answer": 1, "language": "fa"},
    ]
    path = lines(tmp_path / "a.jsonl", *rows)
    form = Choices(first=0, only={"language": ("fa",)}, whole=True)
    assert [(d.id, d.answer) for d in drafts(path, read(path), form)] == [("2", "B")]
    with pytest.raises(UsageError, match="no row has language ps"):
        drafts(path, read(path), Choices(only={"language": ("ps",)}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"question": " "}, "has no question"),
        ({"options": ["a"]}, "has 1 options; it needs 2 to 26"),
        ({"options": [f"option {n}" for n in range(40)]}, "has 27 options or more; it needs 2 to 26"),
        ({"options": ["a", "", "c"]}, "has nothing as option B"),
        ({"answer": "7"}, "has the key '7'; with 2 options it is one of A, B"),
        ({"answer": None}, "has the key ''"),
    ],
)
def test_an_item_that_cannot_be_asked_is_named_and_the_others_counted(
    tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    good = {"question": "q", "options": ["a", "b"], "answer": "B"}
    path = lines(tmp_path / "a.jsonl", good, good | change, good | change)
    with pytest.raises(UsageError) as error:
        published_items(path, Choices())
    assert f"item 2 {fault}" in str(error.value)
    assert f"1 more cannot be asked either. `evaluator lint --data {path}` tells all" in str(error.value)


def test_equal_options_and_ten_of_them_are_asked(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"question": "q", "options": ["a", "a", *"cdefghij"], "answer": "J"})
    (item,) = published_items(path, Choices())
    assert (len(item.options), item.lettered[item.answer]) == (10, "j")
    twice = lines(tmp_path / "b.jsonl", *[{"id": "x", "question": "q", "options": ["a", "b"], "answer": "A"}] * 2)
    with pytest.raises(UsageError, match="item x stands there twice"):
        published_items(twice, Choices())


def test_what_no_database_takes_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "a\\u0000b\\ud800", "options": ["a", "b"], "answer": "A"}', encoding="utf-8")
    (item,) = published_items(path, Choices())
    assert item.question == "a\ufffdb\ufffd"
