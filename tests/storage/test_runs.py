"""Runs are found again by name, by recipe, and from the hash of their weights."""

import datetime as dt
from pathlib import Path

import pytest

from storage import db, runs
from storage.errors import DataDamaged, UsageError
from storage.settings import Settings

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def fields(home: Path, name: str = "tiny-1", recipe: str = "tiny", hour: int = 0) -> runs.RunFields:
    return runs.RunFields(
        name=name,
        snapshot_sha256="a" * 64,
        recipe_name=recipe,
        recipe="seed: 1",
        seed=1,
        versions={"torch": "2.13.0"},
        hardware={"threads": 2},
        folder=home / "runs" / name,
        started_at=NOW + dt.timedelta(hours=hour),
    )


def test_a_run_is_begun_finished_and_found(database: Settings) -> None:
    with db.session() as session:
        begun = runs.start(session, fields(database.home))
        assert (begun.status, begun.folder, begun.model_sha256) == ("running", "runs/tiny-1", None)
        runs.finish(session, "tiny-1", "b" * 64, {"stages": []})
    with db.session() as session:
        run = runs.get(session, "tiny-1")
        assert (run.status, run.model_sha256, run.metrics) == ("done", "b" * 64, {"stages": []})
        assert run.finished_at is not None
        assert runs.folder(run) == database.home / "runs" / "tiny-1"


def test_a_finished_run_is_not_begun_again(database: Settings) -> None:
    with db.session() as session:
        runs.start(session, fields(database.home))
        runs.finish(session, "tiny-1", "b" * 64, {})
        assert runs.start(session, fields(database.home)).status == "done"


def test_a_failed_run_says_why_and_is_taken_up_again(database: Settings) -> None:
    with db.session() as session:
        runs.start(session, fields(database.home))
        failed = runs.fail(session, "tiny-1", "the loss is nan")
        assert (failed.status, failed.metrics) == ("failed", {"failure": "the loss is nan"})
        assert runs.start(session, fields(database.home)).status == "running"


def test_an_unknown_run_lists_those_that_exist(database: Settings) -> None:
    with db.session() as session:
        runs.start(session, fields(database.home))
        with pytest.raises(UsageError, match=r"no run is named 'tiny-2'\. Did you mean tiny-1"):
            runs.get(session, "tiny-2")


def test_the_latest_is_the_last_to_finish_and_the_list_is_newest_first(database: Settings) -> None:
    with db.session() as session:
        with pytest.raises(UsageError, match="no run has finished"):
            runs.latest(session)
        for hour, (name, recipe) in enumerate((("tiny-1", "tiny"), ("paper-1", "paper"), ("tiny-2", "tiny"))):
            runs.start(session, fields(database.home, name, recipe, hour))
        runs.finish(session, "tiny-1", "b" * 64, {})
    with db.session() as session:
        runs.finish(session, "paper-1", "c" * 64, {})
    with db.session() as session:
        assert [run.name for run in runs.list(session)] == ["tiny-2", "paper-1", "tiny-1"]
        assert runs.latest(session).name == "paper-1"
        assert runs.latest(session, "tiny").name == "tiny-1"
        with pytest.raises(UsageError, match="no run of recipe qlora has finished"):
            runs.latest(session, "qlora")


def test_a_folder_elsewhere_is_kept_whole(database: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        run = runs.start(session, fields(tmp_path / "elsewhere"))
        assert runs.folder(run) == tmp_path / "elsewhere" / "runs" / "tiny-1"


def test_the_fingerprint_sees_what_decides_answers_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match="holds no weights"):
        runs.fingerprint(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"one")
    seen = {runs.fingerprint(tmp_path)}
    for aside in ("README.md", "run.json", "trainer_state.json"):
        (tmp_path / aside).write_text("a card")
    assert {runs.fingerprint(tmp_path)} == seen
    for decisive in ("model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja", "tokenizer.model"):
        (tmp_path / decisive).write_bytes(b"two")
        assert runs.fingerprint(tmp_path) not in seen
        seen.add(runs.fingerprint(tmp_path))
