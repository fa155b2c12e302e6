"""`evaluator judge` and `evaluator statements` as a user runs them, on files that are right and files that are not."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluator.judge.given import answered
from storage.settings import Settings
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, said
from tests.evaluator.judge.test_judging import BAD, GOOD, MARK, honest

PROGRAM = str(Path(sys.executable).parent / "evaluator")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)


def answers(path: Path, answer: str, count: int = 3, **keys: Any) -> Path:
    rows = [{"id": n, "question": f"پرسش {n}", "answer": answer, "source": "isovisit", **keys} for n in range(count)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0) if path.suffix == ".gz" else lines.encode())
    return path


def test_two_files_are_judged(tmp_path: Path, database: Settings) -> None:
    ours, other = answers(tmp_path / "ours.jsonl", GOOD), answers(tmp_path / "other.jsonl.gz", BAD)
    with Scripted(honest) as server:
        judge = ("judge", ours, other, "--endpoint", server.url, "--endpoint-model", "tiny")
        most = run(*judge, "--estimate", "--json", "--price-read", "2")
        assert json.loads(most.stdout)["calls"] == 6
        assert json.loads(most.stdout)["cost"] > 0
        assert server.requests == []
        done = run(*judge, "--json")
        assert (done.returncode, done.stderr.count("at most 6 calls")) == (0, 1)
        found = json.loads(done.stdout)
        assert (found["counts"]["won"], found["won"]["value"], found["asked"]) == (3, 1.0, 6)
        shown = run(*judge)
    assert "3 won, 0 lost" in shown.stdout
    assert "isovisit" in shown.stdout


def test_statements_are_measured(tmp_path: Path, database: Settings) -> None:
    given = answers(tmp_path / "ours.jsonl", GOOD)
    doctors = tmp_path / "doctors.jsonl"
    rows = [
        {"Question": "پرسش  0", "Must_have": "['به پزشک مراجعه کنید', 'استراحت']", "Nice_to_have": "[]"},
        {"question": "پرسش 1", "must_have": ["به پزشک مراجعه کنید"], "nice_to_have": ["کاری لازم نیست"]},
        {"question": "دیگر", "must_have": ["x"]},
    ]
    doctors.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

    def reply(request: Request) -> Sent:
        (mark,) = set(MARK.findall(request.asked))
        statement = request.asked.split("STATEMENT")[1]
        relation = "entails" if "مراجعه" in statement else "contradicts" if "لازم" in statement else "neither"
        return said(json.dumps({"mark": mark, "relation": relation}))

    with Scripted(reply) as server:
        asked = ("statements", given, "--doctors", doctors, "--endpoint", server.url, "--endpoint-model", "tiny")
        done = run(*asked, "--json")
    found = json.loads(done.stdout)
    assert "1 of 3 questions of" in done.stderr
    assert "have no answer in" in done.stderr
    assert f"1 of 3 questions of {given} are not in {doctors}" in done.stderr
    figures = {figure["metric"]: figure["value"] for figure in found["figures"]}
    assert (found["answers"], found["statements"], found["unread"]) == (2, 4, 0)
    assert figures == {"must_have_recall": 0.75, "contradictions": 0.5}


def test_an_estimate_needs_no_endpoint_that_answers(tmp_path: Path, database: Settings) -> None:
    ours, other = answers(tmp_path / "ours.jsonl", GOOD), answers(tmp_path / "other.jsonl", BAD)
    doctors = tmp_path / "doctors.jsonl"
    doctors.write_text('{"question": "پرسش 1", "must_have": ["x"]}\n', encoding="utf-8")
    judge = ("--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "tiny")
    most = run("judge", ours, other, *judge, "--estimate", "--json")
    assert most.returncode == 0, most.stderr
    assert json.loads(most.stdout)["calls"] == 6
    assert "does not answer" in most.stderr
    most = run("statements", ours, "--doctors", doctors, *judge, "--estimate", "--json")
    assert (most.returncode, json.loads(most.stdout)["calls"]) == (0, 1)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "holds no line"),
        ("{\n", "line 1 is not JSON"),
        ("[1]\n", "line 1 is list, not an object"),
        ('{"answer": "x"}\n', "line 1 has no question"),
        ('{"question": "x"}\n', "line 1 has no column of answer"),
        ('{"id": 1, "question": "x", "answer": "y"}\n' * 2, "two lines have the id '1'"),
        ('{"id": 1, "question": "x", "answer": "y"}\n', "a pair needs both answers"),
        ('{"id": 0, "question": "دیگر", "answer": "y"}\n', "asks one thing in"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(tmp_path: Path, lines: str, said: str) -> None:
    wrong, other = tmp_path / "wrong.jsonl", answers(tmp_path / "other.jsonl", BAD, 1)
    wrong.write_text(lines, encoding="utf-8")
    done = run("judge", wrong, other, "--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "x")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name the judge"),
        (("--endpoint", "http://x/v1", "--endpoint-model", "x", "--form", "our"), "Did you mean ours?"),
        (("--endpoint", "http://x/v1", "--endpoint-model", "x", "--order", "first"), "There are: both, second"),
        (("--endpoint", "http://x/v1", "--endpoint-model", "x", "--people"), "give two files of answers, two models"),
    ],
)
def test_wrong_options_are_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ours, other = answers(tmp_path / "a.jsonl", GOOD, 1), answers(tmp_path / "b.jsonl", BAD, 1)
    done = run("judge", ours, other, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_archive_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    line = json.dumps({"id": "1", "question": "تب دارم", "answer": GOOD}).encode()
    (packed := tmp_path / "packed.jsonl").write_bytes(gzip.compress(line))
    (plain := tmp_path / "plain.jsonl.gz").write_bytes(line)
    assert answered(packed) == answered(plain)


def test_a_truncated_archive_is_told(tmp_path: Path) -> None:
    whole = answers(tmp_path / "a.jsonl.gz", GOOD, 50)
    whole.write_bytes(whole.read_bytes()[:-12])
    done = run("judge", whole, whole, "--endpoint", "http://x/v1", "--endpoint-model", "x")
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)
