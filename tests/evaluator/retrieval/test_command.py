"""`evaluator retrieve` as its users run it."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from storage import db
from storage.settings import Settings
from tests.evaluator.retrieval.commands import Told, evaluator
from tests.evaluator.retrieval.made import PAIRS, id_of, write
from tests.evaluator.rows import freeze_snapshot

PROGRAM = Path(sys.executable).parent / "evaluator"


@pytest.fixture
def snapshot(data_dir: Path, tmp_path: Path) -> str:
    return str(write(tmp_path / "snapshot"))


def run(*arguments: str, said: str = "") -> Told:
    return evaluator("retrieve", *arguments, said=said)


@pytest.mark.parametrize("method", ["bm25", "trigram"])
def test_pairs_are_told_with_their_ids_and_scores(snapshot: str, method: str) -> None:
    told = run("کودک تب دارد", "--snapshot", snapshot, "--k", "2", "--method", method, "--json")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert found["left_out"] == 0
    assert found["pairs"][0] == {
        "id": id_of(0),
        "score": found["pairs"][0]["score"],
        "question": PAIRS[0][0],
        "answer": PAIRS[0][1],
    }
    assert found["pairs"][0]["score"] > 0
    assert len(found["pairs"]) <= 2
    shown = run("-", "--snapshot", snapshot, "--method", method, said="کودک تب دارد\n").out
    assert f"1. {found['pairs'][0]['score']:.4f}  {id_of(0)}" in shown
    assert PAIRS[0][1] in shown


def test_the_question_itself_can_be_left_out(snapshot: str) -> None:
    question = PAIRS[3][0]
    assert json.loads(run(question, "--snapshot", snapshot, "--json").out)["pairs"][0]["id"] == id_of(3)
    guarded = json.loads(run(question, "--snapshot", snapshot, "--guard", "--json").out)
    assert guarded["left_out"] == 1
    assert id_of(3) not in [pair["id"] for pair in guarded["pairs"]]
    assert "left out as the question itself: 1" in run(question, "--snapshot", snapshot, "--guard").out


def test_nothing_in_common_is_said(snapshot: str) -> None:
    assert "no training question has anything in common with it" in run("xyz", "--snapshot", snapshot).out
    assert json.loads(run("xyz", "--snapshot", snapshot, "--json").out) == {"left_out": 0, "pairs": []}


def test_a_question_of_megabytes_is_read_to_its_bound(snapshot: str) -> None:
    told = run("-", "--snapshot", snapshot, "--json", said="کودک تب دارد " * 200_000)
    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out)["pairs"][0]["id"] == id_of(0)


def test_a_snapshots_folder_is_told_from_any_other(snapshot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(snapshot)
    monkeypatch.chdir(folder.parent)
    assert run("تب", "--snapshot", folder.name).code == 0
    Path("autumn").mkdir()
    told = run("تب", "--snapshot", "autumn")  # a name then, and no database is running
    assert (told.code, told.err.count("\n")) == (3, 1)


def test_the_program_itself(snapshot: str) -> None:
    command = [str(PROGRAM), "retrieve", "کودک تب دارد", "--snapshot", snapshot, "--k", "1"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"  {id_of(0)}\n" in told.stdout


def test_no_text_of_a_pair_moves_the_terminal(data_dir: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "s", [("تب\x1b[2J\x1b]0;x\x07 دارم", "آب\x9b31m [red]بنوش[/red]\r\nو بخواب")])
    told = run("تب", "--snapshot", str(folder)).out
    assert not [char for char in told if unicodedata.category(char) == "Cc" and char != "\n"]
    assert "[red]بنوش[/red] و بخواب" in told


@pytest.mark.parametrize(
    ("question", "arguments", "said"),
    [
        ("تب", ("--method", "bm"), "no method of retrieval is named 'bm'"),
        ("تب", ("--k", "0"), "--k"),
        ("تب", ("--k", "1001"), "--k"),
        ("تب", ("--snapshot", "/nowhere/at/all"), "there is no snapshot folder /nowhere/at/all"),
        ("", (), "the question holds no letter or digit to search by"),
        ("؟! \t", (), "the question holds no letter or digit to search by"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(snapshot: str, question: str, arguments: tuple[str, ...], said: str) -> None:
    told = run(question, "--snapshot", snapshot, *arguments)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert told.err.count("\n") == 1


def test_an_unknown_snapshot_is_named_with_those_there_are(database: Settings) -> None:
    with db.session() as session:
        freeze_snapshot(session)
    told = run("تب", "--snapshot", "autum")
    assert (told.code, told.out) == (2, "")
    assert told.err == "evaluator: no snapshot is named 'autum'. Did you mean autumn? There are: autumn\n"
    assert run("تب ۲ روزه", "--snapshot", "autumn").out.startswith("1. ")


def test_damage_and_emptiness_have_their_exit_codes(snapshot: str, tmp_path: Path) -> None:
    empty = run("تب", "--snapshot", str(write(tmp_path / "empty", [])))
    assert (empty.code, "nothing to search" in empty.err) == (2, True)
    Path(snapshot, "pairs", "train.parquet").write_bytes(b"PAR1")
    damaged = run("تب", "--snapshot", snapshot)
    assert (damaged.code, "does not match the manifest" in damaged.err) == (6, True)
