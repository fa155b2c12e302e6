"""The commands, as a shell runs them."""

import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage import benchmarks
from storage.benchmarks import Item
from storage.benchmarks.files import of_items
from storage.settings import Settings
from tests.cleaning.judged import PAIR, PROGRAM, line


def command(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([PROGRAM, *arguments], input=given, capture_output=True, check=False)


def test_the_command_counts_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR) + b"\n" + line(**PAIR))
    done = command("apply", "--in", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"kept": 1, "dropped: repeated_pair": 1})


def test_normalise_by_lines_and_by_nul() -> None:
    assert command("normalise", given="علي\nكودك".encode()).stdout.decode() == "علی\nکودک"
    assert command("normalise", "-0", given="علي\n كودك\0ي\0".encode()).stdout.decode() == "علی\nکودک\0ی\0"
    assert command("normalise", given=b"\xff\n").stdout.decode() == "\ufffd\n"


def test_wrong_names_exit_2(tmp_path: Path) -> None:
    for arguments in (["show", "defalt"], ["run", "--recipe", "defalt"], ["normalise", "--recipe", "defalt"]):
        done = command(*arguments)
        assert done.returncode == 2
        assert b"Did you mean default? There are: default, paper" in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_listings() -> None:
    assert b"paper" in command("recipes").stdout
    assert b"exact_repeats(field, cap, folded)" in command("filters").stdout
    assert b"too_few_tokens" in command("show", "paper").stdout
    assert b"takes back the reviews asked for before it" in command("filters").stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"Question": "x", "Answer": "y"}\n' * 700, "no question and answer, and no text: it has Question, Answer"),
        (b'[\n{"question": "x", "answer": "y"},\n', "a list begins here, where each line is to hold one object"),
    ],
    ids=["names", "list"],
)
def test_a_file_without_a_record_is_told_and_exits_2(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "in").write_bytes(content)
    done = command("apply", "--in", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json")
    lines = content.count(b"\n")
    assert done.returncode == 2
    assert json.loads(done.stdout) == {"dropped: not_a_record": lines}
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith(f"cleaning: no line of {tmp_path / 'in'} is a record; of the first: ")
    assert told in last
    assert (tmp_path / "out").read_bytes().count(b"\n") == lines


def test_a_table_without_a_record_exits_2_and_one_record_is_enough(tmp_path: Path) -> None:
    for name, answers in (("wrong", [1, 2]), ("none", [])):
        held = {"question": pa.array(["x"] * len(answers), pa.string()), "answer": pa.array(answers, pa.int64())}
        pq.write_table(pa.table(held), tmp_path / f"{name}.parquet")
    out = ("--out", str(tmp_path / "out"))
    wrong = command("apply", "--in", str(tmp_path / "wrong.parquet"), *out)
    assert (wrong.returncode, b"answer is a number, not a text" in wrong.stderr) == (2, True)
    assert command("apply", "--in", str(tmp_path / "none.parquet"), *out).returncode == 0
    given = b"nothing\n" * 3 + line(question="x", answer="y")
    assert command("apply", "--in", "-", "--out", "-", given=given).returncode == 0
    alone = command("apply", "--in", "-", "--out", "-", given=b"nothing")
    assert (alone.returncode, b"no line of standard input is a record" in alone.stderr) == (2, True)


def test_which_benchmarks_are_looked_for_is_told_once(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes((line(**PAIR) + b"\n") * 1200)
    arguments = ("apply", "--in", str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    alone = command(*arguments).stderr.decode()
    assert alone == (
        "benchmarks looked for: persian-medical-basics, which comes with the project; others, such as K-QA, MMLU and "
        "IBMSEE, are not until they are registered: evaluator register --data FILE\n"
    )
    stem = "کودکی چهار ساله با تب بالا و گرفتگی گردن و بی‌حالی آورده شده است"
    of_items("exam", [Item("7", stem)]).write(benchmarks.own_folder())
    assert command(*arguments).stderr.decode() == "benchmarks looked for: exam, persian-medical-basics\n"
    assert command(*arguments, "--recipe", "paper").stderr == b""


def test_a_run_over_the_database_tells_them_too(database: Settings) -> None:
    done = command("run", "--processes", "1")
    assert (done.returncode, done.stderr.count(b"benchmarks looked for: persian-medical-basics, ")) == (0, 1)
    assert done.stderr.count(b"\n") == 1
