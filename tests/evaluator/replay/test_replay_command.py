"""`evaluator replay` as its users run it."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.replay import letters_file, replay, write_letters
from evaluator.replay.listing import print_replay
from storage.errors import UsageError
from tests.evaluator.replay.files import KEYS, answered, write

PROGRAM = Path(sys.executable).parent / "evaluator"


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "replay", *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_help_is_the_manual() -> None:
    told = run("--help")
    assert told.returncode == 0
    assert "Example: evaluator replay" in told.stdout
    assert "published_choice" in told.stdout


def test_letters_figures_and_what_is_odd(tmp_path: Path) -> None:
    ours = write(tmp_path / "exam" / "ours.jsonl.gz", answered([*KEYS[:11], None]))
    theirs = write(tmp_path / "exam" / "theirs.jsonl", answered(list(KEYS[:10])))
    letters = tmp_path / "letters.jsonl"
    told = run(ours, "--letters", letters, "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["files"][0]["unreadable"] == 1
    rows = [json.loads(line) for line in letters.read_text(encoding="utf-8").splitlines()]
    assert [row["letter"] for row in rows] == [*KEYS[:11], None]
    table = run(ours, theirs)
    assert table.returncode == 0, table.stderr
    assert "91.67 (64.6–98.5)" in table.stdout
    assert "missing rows: exam, theirs: 10 rows of 12; not there: items 11, 12" in table.stdout


def test_wrong_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl.gz", answered(list(KEYS)))
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(gzip.decompress(good.read_bytes())[:-20]))
    letters = tmp_path / "letters.jsonl"
    told = run(good, broken, "--letters", letters)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"evaluator: {broken}: line 12 is not JSON")
    assert told.stderr.count("\n") == 1
    assert not letters.exists()


def test_letters_that_cannot_be_written_are_told_before_anything_is_read(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl.gz", answered(list(KEYS)))
    (tmp_path / "same.gz").symlink_to(good)
    before = good.read_bytes()
    for out, said in (
        (tmp_path / "no" / "letters.jsonl", "there is no folder"),
        (tmp_path, "is no regular file"),
        (good, "is one of the files to read"),
        (tmp_path / "same.gz", "is one of the files to read"),
    ):
        with pytest.raises(UsageError, match=said):
            letters_file(out, [good])
    with pytest.raises(UsageError, match="cannot be written"):
        write_letters(replay([good]), Path("/proc/letters.jsonl"))
    told = run(good, "--letters", good)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert good.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.jsonl.gz", "same.gz"]


def test_of_many_pairs_the_best_systems_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = {"a": 3, "b": 11, "c": 5, "d": 4}
    given = [[key if n < most else "D" if key != "D" else "A" for n, key in enumerate(KEYS)] for most in right.values()]
    files = [
        write(tmp_path / "exam" / f"{name}.jsonl", answered(letters))
        for name, letters in zip(right, given, strict=True)
    ]
    print_replay(replay(files).as_json())
    told = capsys.readouterr().out
    assert "--json has all 6 pairs" in told
    rows = [line.split("│")[2:4] for line in told.splitlines() if line.startswith("│ exam") and "│ 12 " in line]
    pairs = [tuple(cell.strip() for cell in row) for row in rows]
    assert [pair for pair in pairs if set(pair) <= set("abcd")] == [("a", "b"), ("b", "c"), ("b", "d")]
