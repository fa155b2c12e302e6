"""What files score, by both ways of reading, and systems against one another."""

import json
import os
from pathlib import Path

import pytest

from evaluator.replay import replay, write_letters
from evaluator.statistics import holm, paired, wilson
from storage.errors import UsageError
from tests.evaluator.replay.files import KEYS, answered, write
from tests.evaluator.replay.published import SYSTEMS, TASKS, path_of

WRONG = ["C", "D", "A", "B"]


def test_a_file_is_scored_by_letters_read_and_published(tmp_path: Path) -> None:
    letters = [*KEYS[:8], *WRONG]
    published = [*KEYS[:7], "invalid", *KEYS[8:]]
    told = replay([write(tmp_path / "exam" / "ours.jsonl.gz", answered(letters, published))]).as_json()
    file = told["files"][0]
    assert (file["task"], file["system"], file["rows"]) == ("exam", "ours", 12)
    low, high = wilson(8, 12)
    assert file["extracted"] == {"count": 8, "of": 12, "share": 8 / 12, "low": low, "high": high}
    assert (file["published"]["count"], file["agreement"]["count"]) == (11, 7)
    assert (file["unreadable"], file["published_unreadable"], file["letters"]) == (0, 1, letters)
    rows = next(a["rows"] for a in told["anomalies"] if a["kind"] == "disagreement")
    assert [(r["row"], r["published"], r["read"]) for r in rows] == [
        (8, None, KEYS[7]),
        *((9 + n, KEYS[8 + n], WRONG[n]) for n in range(4)),
    ]
    assert {r["kind"] for r in rows[1:]} == {"the text gives another letter"}


def test_rows_that_repeat_others_make_no_interval_narrower(tmp_path: Path) -> None:
    rows = answered([*KEYS[:8], *WRONG], KEYS)
    once, twice = (
        replay([write(tmp_path / "exam" / f"{name}.jsonl.gz", given)]).as_json()["files"][0]
        for name, given in (("once", rows), ("twice", [*rows, *rows]))
    )
    assert (twice["rows"], twice["different_rows"]) == (24, 12)
    assert twice["extracted"]["count"] == 16
    for end in ("low", "high"):
        assert twice["extracted"][end] == pytest.approx(once["extracted"][end])


def test_the_letters_do_not_depend_on_the_key(tmp_path: Path) -> None:
    rows = answered([*"ABCD", None, *"DCBA", None, "A", "B"])
    moved = [row | {"correct": "ABCD"[n % 4]} for n, row in enumerate(rows)]
    found = replay([write(tmp_path / name, given) for name, given in (("a.jsonl", rows), ("b.jsonl", moved))])
    write_letters(found, tmp_path / "letters.jsonl")
    told = [json.loads(line) for line in (tmp_path / "letters.jsonl").read_text().splitlines()]
    assert [row["letter"] for row in told] == [*"ABCD", None, *"DCBA", None, "A", "B"] * 2
    assert [row["row"] for row in told] == [*range(1, 13)] * 2
    assert {Path(row["file"]).name for row in told[:12]} == {"a.jsonl"}


def test_systems_of_one_task_are_tested_over_the_items_they_share(tmp_path: Path) -> None:
    ours = answered(list(KEYS))
    theirs = answered([*KEYS[:4], *["C" if key != "C" else "D" for key in KEYS[4:]]])
    files = [write(tmp_path / "exam" / "ours.jsonl", ours), write(tmp_path / "exam" / "theirs.jsonl", theirs[1:])]
    task = replay(files).as_json()["tasks"][0]
    pair = task["pairs"][0]
    expected = paired("accuracy", [True] * 11, [True] * 3 + [False] * 8)
    assert (task["items"], pair["items"]) == (12, 11)
    assert pair["extracted"] == {"only_first": 8, "only_second": 0, "p": expected.p, "holm": expected.p}
    assert pair["published"] == pair["extracted"]


def test_the_p_of_all_pairs_is_corrected_together(tmp_path: Path) -> None:
    none = ["C" if key != "C" else "D" for key in KEYS]
    given = {"a": list(KEYS), "b": none, "c": [*KEYS[:6], *none[6:]]}
    files = [write(tmp_path / "exam" / f"{name}.jsonl", answered(letters)) for name, letters in given.items()]
    (task,) = replay(files).as_json()["tasks"]
    tests = [pair["extracted"] for pair in task["pairs"]]
    assert [(test["only_first"], test["only_second"]) for test in tests] == [(12, 0), (6, 0), (0, 6)]
    assert [test["holm"] for test in tests] == holm([test["p"] for test in tests])


def test_a_name_that_is_no_utf_8_is_told_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "exam" / os.fsdecode(b"sys\xff.jsonl"), answered(list(KEYS)))
    found = replay([path])
    write_letters(found, tmp_path / "letters.jsonl")
    assert (found.sheets[0].system, len((tmp_path / "letters.jsonl").read_text().splitlines())) == ("sys?", 12)


def test_files_of_two_tasks_are_not_compared(tmp_path: Path) -> None:
    rows = answered(list(KEYS))
    other = [row | {"options": {k: f"{v} دوم" for k, v in row["options"].items()}, "correct": "A"} for row in rows]
    files = [write(tmp_path / "ours.jsonl", rows), write(tmp_path / "theirs.jsonl", other)]
    assert [task["pairs"] for task in replay(files).as_json()["tasks"]] == [[], []]
    with pytest.raises(UsageError, match="given twice"):
        replay([files[0], tmp_path / "." / "ours.jsonl"])


def test_the_published_tables_are_reproduced_from_the_published_letters() -> None:
    files = replay([path_of(task, system) for task in TASKS for system in SYSTEMS]).as_json()["files"]
    assert len(files) == 18
    assert all(file["paper"]["reproduced"] for file in files)
    ours = next(file for file in files if (file["task"], file["system"]) == ("ibmsee_2023_09", "gaokerena"))
    assert (ours["published"]["count"], ours["paper"]["figure"]) == (65, 38.69)
