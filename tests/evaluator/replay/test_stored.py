"""Files of answers, and what is wrong with them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.replay.stored import read
from storage.errors import UsageError
from tests.evaluator.replay.files import answered, write

ROWS = answered("ABCD" * 3)


def test_rows_are_read_plain_and_packed_in_members(tmp_path: Path) -> None:
    plain = read(write(tmp_path / "a.jsonl", ROWS))
    assert plain == read(write(tmp_path / "b.jsonl.gz", ROWS))
    halves = [write(tmp_path / f"{n}.jsonl.gz", rows).read_bytes() for n, rows in enumerate((ROWS[:5], ROWS[5:]))]
    (tmp_path / "c.jsonl.gz").write_bytes(b"".join(halves))
    assert plain == read(tmp_path / "c.jsonl.gz")
    assert [a.line for a in plain] == list(range(1, 13))
    assert [a.published for a in plain] == list("ABCD" * 3)


def test_letters_are_taken_as_people_write_them(tmp_path: Path) -> None:
    odd: dict[str, Any] = {"published_choice": " b ", "correct": "a", "generation": None, "options": ["x", 2, None]}
    found = read(
        write(tmp_path / "a.jsonl", [ROWS[0] | odd, ROWS[1] | {"published_choice": "invalid", "correct": "?"}])
    )
    assert (found[0].published, found[0].correct, found[0].generation) == ("B", "A", "")
    assert found[0].options == {"A": "x", "B": "2", "C": ""}
    assert (found[1].published, found[1].correct) == (None, None)


@pytest.mark.parametrize(
    ("options", "correct", "letters"),
    [
        (["x", "y"], "b", "AB"),
        (list("uvwxyz"), "F", "ABCDEF"),
        ({"1": "x", "2": "y", "3": "z"}, "2", "ABC"),
        ({"الف": "x", "ب": "y"}, "ب", "AB"),
        ({"B": "y", "A": "x"}, "B", "BA"),
    ],
)
def test_options_are_two_to_ten_whatever_they_are_called(
    tmp_path: Path, options: object, correct: str, letters: str
) -> None:
    row = ROWS[0] | {"options": options, "correct": correct, "published_choice": "E"}
    (found,) = read(write(tmp_path / "a.jsonl", [row]))
    assert "".join(found.options) == letters
    assert found.correct == ("F" if correct == "F" else "B")
    assert found.published == ("E" if "E" in letters else None)


def line(**changes: object) -> bytes:
    return json.dumps(ROWS[0] | changes).encode()


@pytest.mark.parametrize(
    ("data", "number", "said"),
    [
        (b"", 1, "the file is empty"),
        (b"\n\n", 1, "the file is empty"),
        (line() + b"\n{\n", 2, "is not JSON"),
        (line() + b"\n" + line()[:40], 2, "is not JSON"),
        (line() + b"\n\n[1]\n", 3, "is list, not an object"),
        (b'{"a": ' * 100_000, 1, "is not JSON"),
        (line() + b"\n" + b'{"question": "\xff"}', 2, "is not UTF-8"),
        (b'{"question": "q", "answer": "A"}', 1, "has no column 'options'; its columns are: question, answer"),
        (line(generation=["a"]), 1, "has no text in the column 'generation' but list"),
        (line(options="A"), 1, "has no 2 to 10 options"),
        (line(options={"A": "x"}), 1, "has no 2 to 10 options"),
        (line(options=["x"] * 11), 1, "has no 2 to 10 options"),
        (line(options={"A": "x", "a ": "y"}), 1, "has several options of one name: A, A"),
        (line(options={"A": ["x"], "B": "y"}), 1, "has no text in the column 'options' but list"),
        (gzip.compress(line() + b"\n" + line() + b"\n")[:-30], 1, "the gzip file is broken from here on"),
        (gzip.compress(line() + b"\n")[:-6] + b"abcdef", 1, "the gzip file is broken from here on"),
        (b"\x1f\x8b not gzip at all", 1, "the gzip file is broken from here on"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, data: bytes, number: int, said: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError) as told:
        read(path)
    assert str(told.value).startswith(f"{path}: line {number}")
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("column", ["question", "options", "correct", "generation", "published_choice"])
def test_every_column_is_asked_for(tmp_path: Path, column: str) -> None:
    rows = [ROWS[0], {name: value for name, value in ROWS[1].items() if name != column}]
    with pytest.raises(UsageError, match=f"line 2 has no column '{column}'"):
        read(write(tmp_path / "a.jsonl", rows))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.jsonl"):
        with pytest.raises(UsageError, match="line 1: it cannot be read"):
            read(path)
