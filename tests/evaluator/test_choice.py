"""The file of items is refused with one line that names file and item; the prompt is the paper's form."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.benchmark import Likelihood
from evaluator.choice import Item, OpenedChoice, likeliest, read_items
from storage.errors import UsageError
from storage.models import Answer

GOOD = {"id": "x-1", "question": "کدام؟", "options": ["کبد", "طحال بزرگ", "قلب"], "answer": "B"}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "items.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"options": ["کبد"]}, "has 1 options; it needs 2 to 26"),
        ({"options": ["کبد", "قلب", " کبد "]}, "has equal options: A and C"),
        ({"options": "کبد"}, "has options that are not a list of texts"),
        ({"options": ["کبد", ""]}, "has options that are not a list of texts"),
        ({"answer": "D"}, "has the key 'D'; with 3 options it is one of A, B, C"),
        ({"answer": "بگو"}, "has the key 'بگو'"),
        ({"answer": 1}, "has the key 1"),
        ({"question": " "}, "has an empty id or question"),
        ({"id": 7}, "has an empty id or question"),
        ({"correct": "B"}, "has the unknown correct; its columns are answer, id, options, question, topic"),
    ],
)
def test_a_broken_item_is_named(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    path = written(tmp_path, GOOD | {"id": "x-0"}, GOOD | change)
    with pytest.raises(UsageError) as error:
        read_items(path)
    assert str(error.value).startswith(f"{path}: item {change.get('id', 'x-1')} (line 2) {fault}")
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    row = {name: value for name, value in GOOD.items() if name != "answer"}
    with pytest.raises(UsageError, match=r"item x-1 \(line 1\) lacks answer; its columns are"):
        read_items(written(tmp_path, row))


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "holds no items"), ("{", "line 1 is not JSON"), ("[1]", "line 1 is list, not an object with answer, id")],
)
def test_a_file_that_is_no_benchmark(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=fault):
        read_items(path)


def test_a_line_ends_where_json_lines_end(tmp_path: Path) -> None:
    (item,) = read_items(written(tmp_path, GOOD | {"question": "کدام\u2028اندام\u0085؟"}))
    assert item.question == "کدام\u2028اندام\u0085؟"


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"item x-1 \(line 2\) stands there twice"):
        read_items(written(tmp_path, GOOD, GOOD))


def test_bytes_that_are_not_utf8_and_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    with pytest.raises(UsageError, match="cannot be read"):
        read_items(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        read_items(path)


def test_the_prompt_has_the_papers_form() -> None:
    question = OpenedChoice((Item("x", "کدام؟", ("کبد", "قلب"), "A"),)).questions[0]
    assert question.prompt == "## پرسش\nکدام؟\n\n## گزینه ها\n[A] : کبد\n[B] : قلب\n\n## پاسخ\n"
    assert question.continuations == {"letter A": "A", "letter B": "B", "text A": "کبد", "text B": "قلب"}


def weighed(**nats: float | None) -> dict[str, Likelihood]:
    return {name.replace("_", " "): Likelihood(value, 1, 0) for name, value in nats.items()}


OPENED = OpenedChoice((Item("x", "?", ("ab", "abcd"), "B"),))


def test_the_letter_is_primary_and_texts_are_weighed_per_byte() -> None:
    found = OPENED.answer(OPENED.questions[0], weighed(letter_A=-1.0, letter_B=-2.0, text_A=-3.0, text_B=-5.0))
    assert (found.choice, found.correct) == ("A", False)
    assert found.output["text"] == {"A": -1.5, "B": -1.25}
    assert likeliest(found.output["text"]) == "B"


def test_without_a_likelihood_nothing_is_chosen_and_it_counts_as_wrong() -> None:
    found = OPENED.answer(OPENED.questions[0], weighed(letter_A=None, letter_B=-2.0, text_A=None, text_B=None))
    assert (found.choice, found.correct) == (None, False)
    rows = [Answer(item="x", choice=found.choice, correct=found.correct, output=found.output)]
    assert OPENED.unanswered(rows) == 1
    assert [f.value for f in OPENED.figures(rows)] == [0.0, 0.0]


def test_the_hash_covers_what_a_score_depends_on() -> None:
    same = OpenedChoice((Item("x", "?", ("ab", "abcd"), "B", topic="other"),))
    other = OpenedChoice((Item("x", "?", ("ab", "abcd"), "A"),))
    assert OPENED.sha256 == same.sha256 != other.sha256


def test_items_that_repeat_one_another_widen_the_interval_and_move_no_score() -> None:
    questions = [f"پرسش {n}" for n in range(60)]
    alone = OpenedChoice(tuple(Item(f"{n:03}", q, ("کبد", "قلب"), "A") for n, q in enumerate(questions)))
    again = alone.items + tuple(Item(f"x{item.id}", item.question, item.options, "A") for item in alone.items)
    twice = OpenedChoice(again)
    apart = OpenedChoice(tuple(Item(i.id, f"{i.question} {i.id}", i.options, "A") for i in again))

    def given(model: int) -> list[Answer]:
        right = [(int(item.id[-3:]) * (7 + model)) % 5 < 3 + model for item in again]
        output = {"text": {"A": -1.0, "B": -2.0}}
        return [Answer(item=i.id, correct=r, choice="A", output=output) for i, r in zip(again, right, strict=True)]

    wide, narrow = twice.figures(given(0))[0], apart.figures(given(0))[0]
    assert wide.value == narrow.value == alone.figures(given(0)[:60])[0].value
    assert wide.items == 120
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)
    assert twice.compare(given(0), given(1))[0].p == alone.compare(given(0)[:60], given(1)[:60])[0].p
    assert apart.compare(given(0), given(1))[0].p != twice.compare(given(0), given(1))[0].p
