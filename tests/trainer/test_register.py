"""A run trained on a machine without a database comes home whole or not at all, with its row."""

import json
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import db, runs, snapshots
from storage.errors import DataDamaged, DiskFull, UsageError
from storage.models import Run, Snapshot
from storage.settings import Settings, settings
from tests.trainer.conftest import Trained
from tests.trainer.kept import changed, finish, kept, killed_at_each
from tests.trainer.test_cli import run as command
from trainer import home, lineage
from trainer.folder import RunFolder


@pytest.fixture
def box(trained: Trained, snapshot: Path, tmp_path: Path, database: Settings) -> Path:
    """The run's folder on the other machine."""
    return kept(trained.folder, snapshot, tmp_path / "box")


@pytest.fixture
def known(snapshot: Path, box: Path) -> None:
    """The run's snapshot has a row here."""
    manifest = json.loads((snapshot / "manifest.json").read_text())
    with db.session() as session:
        row = {key: manifest[key] for key in ("sha256", "recipe", "recipe_sha256")}
        session.add(Snapshot(name="autumn", manifest=manifest, **row))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"}


@pytest.mark.usefixtures("known")
def test_it_comes_home_with_its_row_and_twice_is_the_same(box: Path, trained: Trained, database: Settings) -> None:
    before = contents(box)
    arrived = home.bring(box)
    assert arrived.brought
    assert arrived.run.path == database.home / "runs" / trained.state["name"]
    assert contents(arrived.run.path) == before == contents(box)
    with db.session() as session:
        row = runs.get(session, trained.state["name"])
        assert (row.status, row.model_sha256, row.folder) == (
            "done",
            trained.state["model_sha256"],
            f"runs/{trained.state['name']}",
        )
        assert row.metrics == trained.state["metrics"]
        assert row.finished_at is not None
        assert row.finished_at.isoformat() == trained.state["finished_at"]
    for _ in range(2):
        assert not home.bring(box).brought
    assert not home.bring(arrived.run.path).brought
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("one_disk", [True, False])
def test_it_is_moved(box: Path, one_disk: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    before, renamed = contents(box), Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self == box:
            raise OSError(18, "Invalid cross-device link")
        return renamed(self, target)

    if not one_disk:
        monkeypatch.setattr(Path, "rename", rename)
    arrived = home.bring(box, move=True)
    assert not box.exists()
    assert contents(arrived.run.path) == before
    assert not home.bring(box, move=True).brought


def test_an_unknown_snapshot_is_refused_until_it_is_brought(
    box: Path, snapshot: Path, trained: Trained, database: Settings
) -> None:
    sha256 = trained.state["snapshot_sha256"]
    place = database.home / "snapshots" / sha256[:16]
    with pytest.raises(UsageError, match=f"bring its folder to {place}"):
        home.bring(box)
    assert not (database.home / "runs").exists()
    shutil.copytree(snapshot, place)
    before = changed(place / "pairs" / "dev.parquet")
    with pytest.raises(DataDamaged, match=r"pairs/dev\.parquet"):
        home.bring(box)
    (place / "pairs" / "dev.parquet").write_bytes(before)
    assert home.bring(box).brought
    with db.session() as session:
        assert snapshots.find(session, sha256).manifest["files"]


@pytest.mark.parametrize("key", ["recipe", "recipe_sha256"])
def test_a_snapshot_that_does_not_say_its_recipe_is_told(
    box: Path, snapshot: Path, trained: Trained, database: Settings, key: str
) -> None:
    place = database.home / "snapshots" / trained.state["snapshot_sha256"][:16]
    shutil.copytree(snapshot, place)
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    del manifest[key]
    manifest["sha256"] = snapshots._manifest_sha256(manifest)
    own = place.with_name(manifest["sha256"][:16])
    place.rename(own)
    (own / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    state = json.loads((box / "run.json").read_text(encoding="utf-8")) | {"snapshot_sha256": manifest["sha256"]}
    (box / "run.json").write_bytes(lineage.as_bytes(state))
    with pytest.raises(DataDamaged, match=f"does not say its {key}"):
        home.bring(box)
    _nothing_is_here(database)


@pytest.mark.usefixtures("known")
def test_a_part_of_another_run_does_not_come_home(box: Path, snapshot: Path, database: Settings) -> None:
    own = lineage.read_json(box / "run.json")
    shutil.copytree(box / "adapter" / "pairs", box.parent / "pairs")
    (box / "run.json").write_bytes(lineage.as_bytes(own | {"name": "other", "seed": 8}))
    finish(box, snapshot)
    shutil.rmtree(box / "adapter" / "pairs")
    (box.parent / "pairs").rename(box / "adapter" / "pairs")
    with pytest.raises(DataDamaged, match=r"adapter/pairs/lineage\.json \(changed\)"):
        home.bring(box)
    _nothing_is_here(database)


@pytest.mark.usefixtures("known")
def test_a_damaged_run_is_refused_and_nothing_is_left(box: Path, database: Settings) -> None:
    changed(box / "adapter" / "corpus" / "adapter_model.safetensors", 3000)
    with pytest.raises(DataDamaged, match=r"adapter/corpus/adapter_model\.safetensors \(changed\)"):
        home.bring(box)
    _nothing_is_here(database)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("move", [True, False])
def test_a_damaged_folder_is_told_also_where_its_run_is_here(box: Path, move: bool, database: Settings) -> None:
    before = contents(home.bring(box).run.path)
    changed(box / "adapter" / "corpus" / "adapter_model.safetensors", 3000)
    with pytest.raises(DataDamaged, match=f"Bring {box} back"):
        home.bring(box, move)
    assert box.exists()
    assert contents(home.runs_root() / box.name) == before


@pytest.mark.usefixtures("known")
def test_a_name_with_other_content_is_refused(box: Path, trained: Trained, snapshot: Path, database: Settings) -> None:
    own = kept(trained.folder, snapshot, database.home)
    RunFolder(own.name).write_state(trained.state | {"seed": 8})
    before = contents(own)
    with pytest.raises(UsageError, match="is there already, with other content"):
        home.bring(box)
    assert contents(own) == before
    shutil.rmtree(own)
    home.bring(box)
    shutil.rmtree(own)
    with db.session() as session:
        session.get_one(Run, own.name).model_sha256 = "0" * 64
    with pytest.raises(UsageError, match="another run is registered"):
        home.bring(box)
    assert not own.exists()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"status": "running"}, UsageError, "only a finished one can be registered"),
        ({"name": "../../outside"}, DataDamaged, "no name of a folder"),
        ({"name": ".hidden"}, DataDamaged, "no name of a folder"),
        ({"name": 3}, DataDamaged, "no name of a folder"),
        ({"recipe": None}, DataDamaged, "does not say all of"),
        ({"started_at": "yesterday"}, DataDamaged, "no time in 'yesterday'"),
        ({"seed": 9}, DataDamaged, "run.json"),
    ],
)
def test_a_run_json_that_lies_is_refused(
    box: Path, snapshot: Path, change: dict[str, Any], kind: type[Exception], said: str, database: Settings
) -> None:
    path = box / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change, ensure_ascii=False, indent=1))
    if "started_at" in change:
        finish(box, snapshot)  # the lie is sealed with it
    with pytest.raises(kind, match=said):
        home.bring(box)
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0


@pytest.mark.usefixtures("known")
def test_links_and_pipes_are_refused(box: Path, database: Settings) -> None:
    secret = box.parent / "secret"
    secret.write_text("x")
    link = box / "merged" / "notes.txt"
    link.symlink_to(secret)
    with pytest.raises(UsageError, match="is a link"):
        home.bring(box)
    link.unlink()
    os.mkfifo(box / "merged" / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        home.bring(box)
    _nothing_is_here(database)


@pytest.mark.usefixtures("known")
def test_a_full_disk_is_told_before_anything_is_copied(
    box: Path, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "SPARE", 1 << 60)
    with pytest.raises(DiskFull, match="MiB free, the run takes"):
        home.bring(box)
    _nothing_is_here(database)


@pytest.mark.usefixtures("known")
def test_killed_while_it_copies_it_is_whole_or_not_there(box: Path, database: Settings, tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_copy_and_die, args=(box, tmp_path / "killed"))
    child.start()
    child.join(120)
    assert child.exitcode == 0


@pytest.mark.usefixtures("known")
def test_the_command(box: Path, trained: Trained) -> None:
    done = command("register", box)
    assert (done.returncode, done.stderr) == (0, "")
    assert "brought home and registered" in done.stdout
    assert "was here already, registered" in command("register", box).stdout
    assert command("register", box.parent / "none").returncode == 2
    assert json.loads(command("register", box, "--json").stdout)["name"] == trained.state["name"]
    assert trained.state["name"] in command("runs").stdout


def test_without_a_database_it_is_refused(trained: Trained, snapshot: Path, tmp_path: Path, data_dir: Path) -> None:
    done = command("register", kept(trained.folder, snapshot, tmp_path / "box"))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert not data_dir.exists()


def _nothing_is_here(database: Settings) -> None:
    left = database.home / "runs"
    assert [p for p in left.rglob("*") if p.suffix != ".lock" and p.name != home.COMING] == []


def _copy_and_die(box: Path, work: Path) -> None:
    """Killed before and after each file that is copied and at the rename; what is there then is whole."""

    def bring(place: Path) -> None:
        os.environ["TABIB_DATA_DIR"] = str(place)
        settings.cache_clear()
        (place / "runs").mkdir(parents=True, exist_ok=True)
        home._copy(box, RunFolder(box.name))

    def check(place: Path) -> None:
        come = place / "runs" / box.name
        if not come.exists():
            bring(place)
        assert contents(come) == contents(box)
        assert list((place / "runs" / home.COMING).iterdir()) == []

    assert killed_at_each({shutil: "copyfile", Path: "rename"}, work, bring, check, 9) > 4
