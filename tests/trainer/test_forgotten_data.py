"""Whoever trains on forgotten data, or uses a model that learned from it, is told; the card says so at once."""

import json
import uuid
from pathlib import Path

import pytest

from storage import db
from storage.models import ForgottenRow, Snapshot
from storage.settings import Settings
from tests.trainer import short
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.kept import kept
from tests.trainer.test_cli import run as command
from trainer import forgotten, home, lineage
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train
from trainer.verify import damage, verify

BEFORE = "b" * 64  # another export of the same two documents
SAID = "FORGOTTEN DATA: of the documents to train on, 2 were forgotten"
MARKED = "Of the documents it may have learned from, 2 were forgotten"


@pytest.fixture
def lost(snapshot: Path, database: Settings) -> None:
    """Two of the snapshot's training documents were forgotten after its export."""
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    row = {key: manifest[key] for key in ("sha256", "recipe", "recipe_sha256")}
    with db.session() as session:
        session.add(Snapshot(name="autumn", manifest=manifest, **row))
        both = [uuid.uuid4() for _ in range(2)]
        session.add_all(
            ForgottenRow(snapshot_sha256=sha256, document_id=document, path="pairs/train.parquet")
            for sha256 in (row["sha256"], BEFORE)
            for document in both
        )


@pytest.mark.usefixtures("lost")
def test_a_new_training_warns_and_its_card_is_born_marked(
    snapshot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = short.recipe(tmp_path / "short.yaml")
    export_and_train(Request(wanted, snapshot=str(snapshot), dry_run=True), Reporter())
    assert SAID in capsys.readouterr().err
    state = short.train(wanted, snapshot)
    assert SAID in capsys.readouterr().err
    run = home.RunFolder(state["name"])
    assert MARKED in (run.merged / "README.md").read_text(encoding="utf-8")
    assert damage(verify(run.path)) is None


@pytest.mark.usefixtures("lost")
def test_a_run_that_comes_home_is_marked(trained: Trained, snapshot: Path, tmp_path: Path) -> None:
    arrived = home.bring(kept(trained.folder, snapshot, tmp_path / "box"))
    assert MARKED in (arrived.run.merged / "README.md").read_text(encoding="utf-8")
    assert damage(verify(arrived.run.path)) is None


@pytest.mark.usefixtures("lost")
def test_whoever_asks_the_model_or_looks_at_the_data_is_told(
    trained: Trained, snapshot: Path, database: Settings
) -> None:
    run = kept(trained.folder, snapshot, database.home)
    for arguments in (("chat", run.name, "--once", "سلام", "--max-new-tokens", "1"), ("chat", run / "merged")):
        assert "FORGOTTEN DATA: 2 documents it may have learned from" in command(*arguments).stderr
    assert SAID in command("inspect", SMOKE, "--snapshot", snapshot, "--model", run / "base").stderr


def test_nothing_is_said_where_nothing_was_forgotten(
    trained: Trained, snapshot: Path, database: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    export_and_train(Request(SMOKE, snapshot=str(snapshot), dry_run=True), Reporter())
    assert "FORGOTTEN" not in capsys.readouterr().err


@pytest.mark.usefixtures("lost")
def test_of_a_base_of_ours_it_is_told_apart_and_no_document_counts_twice(
    trained: Trained, snapshot: Path, database: Settings
) -> None:
    run = kept(trained.folder, snapshot, database.home)
    found = lineage.read_json(run / "merged" / lineage.NAME)
    del found[lineage.OWN]
    lineage._write(run / "merged", found | {"snapshots": [BEFORE, trained.state["snapshot_sha256"]]})
    data, base = forgotten.warnings(trained.state["snapshot_sha256"], run / "merged")
    assert "of the documents to train on, 2 were forgotten" in data
    assert "of the documents that the base learned from, 2 were forgotten" in base
    marked = forgotten.of_run("any", run / "merged")
    assert marked is not None
    assert marked["trained_on"] == 2
