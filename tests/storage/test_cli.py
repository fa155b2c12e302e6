"""The `storage` command as its users run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage import db
from storage.settings import Settings
from tests.storage.rows import add_article, add_pair, add_verdict

PROGRAM = Path(sys.executable).parent / "storage"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def filled(database: Settings) -> Settings:
    with db.session() as session:
        add_verdict(session, add_pair(session, "drhast", "1"), cleaned={"answer": "پاسخ پاک"})
        add_verdict(session, add_article(session, "hidoctor", "7"))
    return database


def test_documents_as_read_and_as_cleaned(filled: Settings) -> None:
    raw = [json.loads(line) for line in run("documents", "--jsonl").stdout.splitlines()]
    clean = [json.loads(line) for line in run("documents", "--jsonl", "--clean", "--kind", "qa").stdout.splitlines()]
    assert [(r["source"], r["kind"], r["answer"]) for r in raw] == [
        ("drhast", "qa", "پاسخ 1."),
        ("hidoctor", "article", None),
    ]
    assert [row["answer"] for row in clean] == ["پاسخ پاک"]
    assert set(raw[0]) >= {
        "id",
        "url",
        "title",
        "question",
        "text",
        "doctor",
        "speciality",
        "published_at",
        "page_sha256",
    }


def test_stats_count_everything(filled: Settings) -> None:
    figures = json.loads(run("stats", "--json").stdout)
    assert figures["sources"]["drhast"] == {"pages": 1, "qa": {"new": 1}}
    assert figures["rows"]["documents"] == figures["rows"]["verdicts"] == 2


@pytest.mark.parametrize("split", ["grouped", "paper"])
def test_export_tells_a_person_what_is_shared(filled: Settings, split: str) -> None:
    told = run("export", "first", "--split", split)
    assert told.returncode == 0, told.stderr
    assert "against articles" in told.stdout
    last = told.stdout.splitlines()[-1]
    assert "registered benchmarks: persian-medical-basics (" in last


def test_export_tells_where(filled: Settings) -> None:
    told = json.loads(run("export", "first", "--json").stdout)
    assert run("verify", told["folder"]).returncode == 0
    assert told["files"]["corpus/train.parquet"]["rows"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["documents", "--source", "drhats"], "Did you mean drhast? There are: drhast, hidoctor"),
        (["documents", "--kind", "pair"], "There are: article, qa"),
        (["documents", "--state", "lost"], "There are: approved, dropped, kept, new, rejected, review"),
        (["documents", "--clean", "--recipe", "none"], "There are: default"),
        (["export", "x", "--recipe", "defualt"], "Did you mean default?"),
        (["export", "a/b"], "cannot name a snapshot"),
        (["documents", "--recipe", "default"], "give --clean with it"),
        (["migrate", "--to", "base"], "takes both --down and --to"),
        (["migrate", "--down"], "takes both --down and --to"),
        (["migrate", "--to", "nowhere"], "There are: 0001"),
        (["verify", "nowhere"], "is no snapshot"),
        (["sing"], "There are: decisions, documents, export, forget, migrate, stats, verify"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(filled: Settings, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_dead_database_is_one_line_and_exit_3(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none")
    done = run("stats")
    assert done.returncode == 3
    assert "PostgreSQL failed" in done.stderr
    assert "secret" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_debug_shows_the_traceback(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none")
    assert "Traceback" in run("stats", "--debug").stderr
