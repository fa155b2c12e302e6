"""`evaluator benchmarks`, `fetch` and `lint`, and a fetched benchmark put to a model, as their users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storage.settings import Settings
from tests.evaluator.models import make_model
from tests.evaluator.published.sheets import table

PROGRAM = Path(sys.executable).parent / "evaluator"
HEAD = ["question", "option1", "option2", "option3", "option4", "answer", "Source"]
ROWS: list[list[str | int]] = [
    ["شب چه کیسه‌ای برای کاتتر به کار می‌رود؟", "350 میلی لیتر", "500 میلی لیتر", "1 لیتر", "بگو", 4, "mmlu"],
    ["کدام اندام صفرا می‌سازد؟", "کبد", "طحال", "كبد.", "ریه", 1, "mmlu"],
    ["کدام ویتامین در آب حل می‌شود؟", "آ", "د", "ث", "کا", 3, "mmlu"],
]


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


def listed() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(run("benchmarks", "--json").stdout)}


@pytest.fixture
def excel(tmp_path: Path) -> Path:
    return table(tmp_path / "exam.xlsx", HEAD, *ROWS)


def test_a_file_is_run_for_one_call_and_leaves_nothing_behind(database: Settings, excel: Path) -> None:
    folder = make_model(excel.parent / "model")
    absent = run("run", "--benchmark", "mmlu-fa-anatomy", "--model", folder)
    assert absent.returncode == 2
    assert (
        "mmlu-fa-anatomy is not on this machine: `evaluator fetch mmlu-fa-anatomy` gets it from https" in absent.stderr
    )
    told = run("run", "--benchmark", "mmlu-fa-anatomy", "--data", excel, "--model", folder, "--json")
    assert told.returncode == 0, told.stderr
    (result,) = json.loads(told.stdout)["results"]
    assert (result["benchmark"], result["items"], result["asked"]) == ("mmlu-fa-anatomy", 3, 3)
    assert told.stderr == (
        f"evaluator: mmlu-fa-anatomy is read from {excel} for this call alone: not the publisher's own file; "
        "it holds 3 items, its publisher tells of 135\n"
    )
    row = listed()["mmlu-fa-anatomy"]
    assert (row["at_hand"], row["taken_from"], row["checksum"]) == (False, None, "known")
    assert run("run", "--benchmark", "mmlu-fa-anatomy", "--model", folder).returncode == 2
    again = run("run", "--benchmark", "mmlu-fa-anatomy", "--data", excel, "--model", folder, "--json")
    assert json.loads(again.stdout)["results"][0]["asked"] == 0
    wrong = run("run", "--benchmark", "mmlu-fa-anatomy", "--data", excel, "--model", folder / "nowhere")
    assert wrong.returncode == 2
    assert not list((database.data_dir / "benchmarks").rglob("*"))
    own = run("run", "--benchmark", "persian-medical-basics", "--data", excel, "--model", folder)
    assert (own.returncode, "persian-medical-basics needs no fetch and takes no file" in own.stderr) == (2, True)
    two = run("run", "--benchmark", "all", "--data", excel, "--model", folder)
    assert (two.returncode, two.stderr) == (
        2,
        "evaluator: --data is one benchmark's file: give --benchmark once, with its name\n",
    )


def test_a_strangers_file_is_told_as_such(data_dir: Path, excel: Path) -> None:
    told = run("fetch", "mmlu-fa-anatomy", "--data", excel)
    assert told.returncode == 0, told.stderr
    assert "not the publisher's own file; it holds 3 items, its publisher tells of 135" in told.stdout
    assert "its checksum is unknown" in run("fetch", "mmlu-en-anatomy", "--data", english(excel.parent)).stdout
    rows = listed()
    row = rows["mmlu-fa-anatomy"]
    assert (row["at_hand"], row["items"], row["declared"], row["checksum"]) == (True, 3, 135, "unknown")
    assert (row["taken_from"], row["licence"]) == (str(excel), "CC BY-NC-SA 4.0")
    assert row["columns"] == ["question", "option1", "option2", "option3", "option4", "answer"]
    assert rows["mmlu-en-anatomy"]["checksum"] == "unknown"
    assert rows["mmlu-en-college-biology"]["checksum"] == "pinned at the first fetch"
    printed = [line.split("│") for line in run("benchmarks").stdout.splitlines() if "mmlu-fa-anatomy" in line]
    assert [cell.strip() for cell in printed[0][2:4]] == ["3 of 135", "another file"]
    again = run("fetch", "mmlu-fa-anatomy").stdout
    assert f"at hand already, taken from {excel}; not the publisher's own file" in again


def test_without_a_network_a_fetch_says_so_in_one_line_and_exits_3(data_dir: Path) -> None:
    told = run("fetch", "mmlu-fa-anatomy")
    assert told.returncode == 3
    assert told.stderr.startswith(
        "evaluator: mmlu-fa-anatomy was not fetched: raw.githubusercontent.com cannot be reached"
    )
    assert told.stderr.endswith("then `evaluator fetch mmlu-fa-anatomy --data FILE`\n")
    assert told.stderr.count("\n") == 1


def test_a_wrong_column_exits_2_in_one_line_everywhere(data_dir: Path, tmp_path: Path) -> None:
    wrong = table(tmp_path / "wrong.xlsx", [*HEAD[:5], "anser"], [*ROWS[1][:5], 1])
    for arguments in (("fetch", "mmlu-fa-anatomy", "--data", wrong), ("lint", "--data", wrong)):
        told = run(*arguments)
        assert told.returncode == 2
        assert "has no column answer (did you mean anser?): it has question, option1, " in told.stderr
        assert told.stderr.count("\n") == 1
    assert not list(data_dir.rglob("*.pin"))


def test_lint_tells_of_a_file_what_is_broken_in_it(data_dir: Path, excel: Path) -> None:
    told = run("lint", "--data", excel, "--json")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    found = {(f["item"], f["kind"], f["severity"]) for f in report["findings"]}
    assert found == {("1", "odd_option", "error"), ("2", "key_twin", "error")}
    assert report["benchmarks"][0]["counts"] == {"key_twin": 1, "odd_option": 1}
    printed = run("lint", "--data", excel).stdout
    assert "error: exam item 2: key_twin: A and C are both «کبد», and A is the key" in printed


def english(folder: Path) -> Path:
    path = folder / "english.jsonl"
    rows = [
        {
            "question": "What size of catheter bag may be used at night?",
            "choices": ["350ml", "500ml", "1L", "2L"],
            "answer": 3,
        },
        {"question": "Which organ makes bile?", "choices": ["liver", "spleen", "the liver", "lung"], "answer": 0},
        {"question": "Which vitamin is soluble in water?", "choices": ["A", "D", "C", "K"], "answer": 2},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_a_translation_is_held_against_the_original_at_hand(data_dir: Path, excel: Path) -> None:
    original = english(excel.parent)
    given = json.loads(run("lint", "--data", excel, "--original", original, "--json").stdout)
    assert run("fetch", "mmlu-en-anatomy", "--data", original).returncode == 0
    assert run("fetch", "mmlu-fa-anatomy", "--data", excel).returncode == 0
    named = json.loads(run("lint", "mmlu-fa-anatomy", "--json").stdout)
    for report in (given, named):
        found = {(f["item"], f["kind"]) for f in report["findings"]}
        assert {("1", "number_lost"), ("2", "merged_in_translation")} <= found
        assert report["benchmarks"][0]["said"] == ["held against its original, 3 items"]


def test_one_damaged_benchmark_is_told_and_keeps_no_other_from_being_listed_or_linted(
    data_dir: Path, excel: Path
) -> None:
    assert run("fetch", "mmlu-fa-anatomy", "--data", excel).returncode == 0
    (pin,) = data_dir.rglob("mmlu-fa-anatomy.pin")
    pin.write_text("{", encoding="utf-8")
    listed = run("benchmarks", "--json")
    assert listed.returncode == 0
    (row,) = [row for row in json.loads(listed.stdout) if row["name"] == "mmlu-fa-anatomy"]
    assert "fetch mmlu-fa-anatomy again" in row["fault"]
    told = run("lint", "--data", excel, "--json")
    assert told.returncode == 0, told.stderr
    (said,) = json.loads(told.stdout)["benchmarks"][0]["said"]
    assert said.startswith("not looked for repeats in mmlu-fa-anatomy: ")
    assert run("lint", "mmlu-fa-anatomy").returncode == 6


def test_a_damaged_pin_or_file_is_left_out_of_all(database: Settings, excel: Path) -> None:
    assert run("fetch", "mmlu-fa-anatomy", "--data", excel).returncode == 0
    assert run("fetch", "mmlu-en-anatomy", "--data", english(excel.parent)).returncode == 0
    (pin,) = database.data_dir.rglob("mmlu-fa-anatomy.pin")
    pin.write_text("{", encoding="utf-8")
    (file,) = database.data_dir.rglob("mmlu-en-anatomy-*")
    file.write_text("", encoding="utf-8")
    told = run("run", "--benchmark", "all", "--model", make_model(excel.parent / "model"), "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert [each["benchmark"] for each in found["results"]] == ["persian-medical-basics"]
    assert "fetch mmlu-fa-anatomy again" in found["skipped"]["mmlu-fa-anatomy"]
    assert "is not what it was when it was taken" in found["skipped"]["mmlu-en-anatomy"]
    assert "evaluator: mmlu-fa-anatomy was left out: " in told.stderr
    assert run("run", "--benchmark", "mmlu-fa-anatomy", "--model", excel.parent / "model").returncode == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lint",), "nothing to lint: give a benchmark's name or --data FILE"),
        (("lint", "mmlu-fa-anatomy"), "mmlu-fa-anatomy is not on this machine"),
        (("lint", "dev-pairs"), "dev-pairs has no items of its own"),
        (("lint", "--data", "nowhere.xlsx"), "cannot be read"),
        (
            ("lint", "persian-medical-basics", "--original", "x"),
            "--original is what one --data FILE was translated from",
        ),
        (("lint", "persian-medical-basics", "--model", "nowhere"), "nowhere is no model"),
        (("fetch", "all", "--data", "x"), "--data is one benchmark's file"),
        (("fetch", "persian-medical-basics"), "needs no fetch"),
        (("fetch", "mmlu"), "no benchmark is named 'mmlu'"),
    ],
)
def test_wrong_use_exits_2_in_one_line(data_dir: Path, arguments: tuple[str, ...], said: str) -> None:
    told = run(*arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stderr.count("\n") == 1


def test_the_projects_own_benchmark_is_sound(data_dir: Path) -> None:
    report = json.loads(run("lint", "persian-medical-basics", "--json").stdout)
    assert {f["severity"] for f in report["findings"]} <= {"note"}
    assert os.environ["TABIB_DATA_DIR"] == str(data_dir)
