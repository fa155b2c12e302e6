"""Every hash is computed again: a changed byte anywhere is told by name, and what is not at hand is no damage."""

import hashlib
import json
import shutil
import uuid
from pathlib import Path

import pytest

from storage import db
from storage.models import ForgottenRow
from storage.settings import Settings
from tests.trainer.conftest import Trained
from tests.trainer.kept import bad, changed, files, finish, kept
from tests.trainer.test_cli import run as command
from trainer import card, forgotten, lineage, register, report
from trainer.folder import RunFolder
from trainer.verify import damage, verify

NOTHING = hashlib.sha256(b"{}").hexdigest()
SEALED = f'{{\n "lineage_sha256": "{NOTHING}"\n}}'  # whole, and says nothing


@pytest.fixture
def run(trained: Trained, snapshot: Path, data_dir: Path) -> Path:
    return kept(trained.folder, snapshot, data_dir)


def test_nothing_is_wrong_with_a_run_as_it_was_made(run: Path) -> None:
    found = verify(run)
    assert damage(found) is None
    names = {item.name: item.status for item in found["items"]}
    wanted = ("run.json", "energy.json", "snapshot", "base/weights", "adapter/corpus/weights", "adapter/pairs/weights")
    assert {names[name] for name in (*wanted, "merged/weights", "merged/tokenizer", "merged/card")} == {"right"}
    assert names["model_sha256"] == "right"
    assert names["row"] == "absent"


def test_a_changed_byte_of_any_file_is_told_by_its_name(run: Path) -> None:
    for name in files(run):
        before = changed(run / name, len(name) * 7919)
        assert bad(verify(run)).get(name) == "changed", name
        assert name in str(damage(verify(run)))
        (run / name).write_bytes(before)
    assert damage(verify(run)) is None


def test_a_missing_file_is_told_by_its_name(run: Path) -> None:
    for name in files(run):
        if name != "run.json":  # without which it is no run's folder
            (run / name).rename(run / "aside")
            assert bad(verify(run)).get(name) == "missing", name
            (run / "aside").rename(run / name)
    shutil.rmtree(run / "merged")
    assert bad(verify(run))["merged"] == "missing"


def test_a_file_that_was_added_matters_where_it_decides(run: Path) -> None:
    (run / "merged" / "notes.txt").write_text("mine")
    assert damage(verify(run)) is None
    (run / "merged" / "adapter_model.safetensors").write_bytes(b"another's")
    assert bad(verify(run))["merged/adapter_model.safetensors"] == "added"


def test_the_snapshots_files_are_told_by_name_and_its_absence_is_none_of_the_runs(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(snapshot, tmp_path / "own")
    run = shutil.copytree(trained.folder, data_dir / "runs" / trained.folder.name)
    state = trained.state | {"snapshot_folder": str(own)}
    RunFolder(run.name).write_state(state)
    finish(run, own)
    for name in ("pairs/train.parquet", "pairs/test.parquet", "corpus/train.parquet", "README.md", "manifest.json"):
        before = changed(own / name, 400)
        assert bad(verify(run))[f"snapshot/{name}"] == "changed"
        (own / name).write_bytes(before)
    (own / "pairs" / "dev.parquet").unlink()
    assert bad(verify(run))["snapshot/pairs/dev.parquet"] == "missing"
    shutil.rmtree(own)
    found = verify(run)
    assert damage(found) is None
    assert {item.name: item.status for item in found["items"]}["snapshot"] == "absent"


def test_a_base_elsewhere_is_checked_while_it_is_there(run: Path, trained: Trained, snapshot: Path) -> None:
    elsewhere = run.parent.parent / "elsewhere"
    (run / "base").rename(elsewhere)
    (run / "base").symlink_to(elsewhere)
    given = {"name": str(elsewhere), "folder": str(elsewhere), "sha256": None, "given": True}
    RunFolder(run.name).write_state(trained.state | {"base": given})
    finish(run, snapshot)
    assert damage(verify(run)) is None
    changed(elsewhere / "tokenizer.json")
    assert bad(verify(run)) == {"base/tokenizer.json": "changed"}
    shutil.rmtree(elsewhere)
    found = verify(run)
    assert damage(found) is None
    assert {item.name: item.status for item in found["items"]}["base"] == "absent"


def test_a_model_that_was_copied_away_is_verified_alone(run: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(run / "merged", tmp_path / "copied")
    assert damage(verify(copied)) is None
    changed(copied / "model.safetensors", 5000)
    assert bad(verify(copied)) == {"model.safetensors": "changed"}


def test_a_run_from_before_lineages_has_its_models_hash_only(trained: Trained, data_dir: Path) -> None:
    run = shutil.copytree(trained.folder, data_dir / "runs" / trained.folder.name)
    for found in run.rglob(lineage.NAME):
        found.unlink()
    versions = {key: value for key, value in trained.state["versions"].items() if key != "trainer_sources"}
    RunFolder(run.name).write_state(trained.state | {"versions": versions})
    assert damage(verify(run)) is None
    changed(run / "merged" / "model.safetensors", 5000)
    assert bad(verify(run)) == {"model_sha256": "changed"}


def test_the_command_tells_ends_on_six_and_gives_json(run: Path) -> None:
    done = command("verify", run.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert "right   merged/tokenizer" in done.stdout
    changed(run / "merged" / "config.json")
    done = command("verify", run, "--json")
    assert done.returncode == 6
    assert "merged/config.json (changed)" in done.stderr
    assert done.stderr.count("\n") == 1
    told = {item["name"]: item for item in json.loads(done.stdout)["items"]}
    assert (told["merged/weights"]["status"], told["merged/tokenizer"]["status"]) == ("wrong", "right")
    assert command("verify", "no-such-run").returncode == 2
    assert json.loads(command("lineage", run, "--json").stdout)["run"] == run.name


def test_a_recipes_hash_is_made_again_from_its_text(run: Path, snapshot: Path) -> None:
    state = lineage.read_json(run / "run.json")
    state["recipe"] = state["recipe"].replace("seed: 7", "seed: 8")
    (run / "run.json").write_bytes(lineage.as_bytes(state))
    finish(run, snapshot)
    assert bad(verify(run)) == {"recipe_sha256": "changed"}


@pytest.mark.parametrize(
    "hostile", ["[]", '{"files": 3}', '{"a":' * 5000, "null", '{"run": "\\ud800"}', "", "{}", SEALED]
)
def test_a_lineage_of_anything_is_damage_and_no_crash(run: Path, hostile: str) -> None:
    (run / "merged" / lineage.NAME).write_text(hostile)
    (run / "adapter" / "pairs" / "gone.safetensors").symlink_to("nowhere")
    assert bad(verify(run))["merged/lineage.json"] == "changed"


@pytest.mark.parametrize("hostile", ["[]", "{", "null", "{" + '"a":{' * 5000])
def test_a_run_json_of_anything_is_damage_and_no_crash(run: Path, hostile: str) -> None:
    (run / "run.json").write_text(hostile)
    assert bad(verify(run))["run.json"] == "changed"


def test_a_row_that_says_otherwise_is_told(trained: Trained, snapshot: Path, database: Settings) -> None:
    run = kept(trained.folder, snapshot, database.home)
    register.done(RunFolder(run.name))
    assert {item.name: item.status for item in verify(run)["items"]}["row"] == "right"
    with db.session() as session:
        session.get_one(register.runs.Run, run.name).model_sha256 = "0" * 64
    assert bad(verify(run)) == {"row.model_sha256": "changed"}


def test_a_model_whose_data_was_forgotten_is_marked(trained: Trained, snapshot: Path, database: Settings) -> None:
    run = kept(trained.folder, snapshot, database.home)
    register.done(RunFolder(run.name))
    sha256 = trained.state["snapshot_sha256"]
    found = verify(run)["forgotten"]
    assert (found["trained_on"], found["last"]) == (0, None)
    _forget(sha256, "pairs/dev.parquet", 1)
    assert "1 of its dev and test pairs" in forgotten.told(verify(run)["forgotten"])
    assert "FORGOTTEN" not in command("runs").stdout
    _forget(sha256, "pairs/train.parquet", 3)
    _forget("f" * 64, "pairs/train.parquet", 9)
    assert verify(run)["forgotten"]["trained_on"] == 3
    assert report.runs()[0]["forgotten"]["trained_on"] == 3
    assert "FORGOTTEN DATA: 3 documents" in command("runs").stdout
    done = command("verify", run.name)
    assert (done.returncode, "FORGOTTEN DATA: 3 documents" in done.stdout) == (0, True)
    assert "FORGOTTEN DATA: 3 documents" in command("lineage", run / "merged").stdout
    written = (run / "merged" / "README.md").read_text(encoding="utf-8")
    assert "Of the documents it may have learned from, 3 were forgotten" in written
    assert written.startswith("---\nlanguage: [fa]\n")
    assert damage(verify(run)) is None
    (run / "merged" / "README.md").write_text(written.replace("do not use it", "use it"), encoding="utf-8")
    assert bad(verify(run)) == {"merged/README.md": "changed"}


def test_what_was_trained_on_a_marked_model_is_marked_too(trained: Trained, snapshot: Path, database: Settings) -> None:
    run = kept(trained.folder, snapshot, database.home)
    register.done(RunFolder(run.name))
    child = RunFolder("child")
    child.path.mkdir(parents=True)
    base = trained.state["metrics"]["base"] | {"name": "ours", "sha256": trained.state["model_sha256"]}
    own = {"name": "child", "snapshot_sha256": "c" * 64, "model_sha256": "d" * 64}
    child.write_state(trained.state | own | {"metrics": trained.state["metrics"] | {"base": base}})
    register.done(child)
    _forget(trained.state["snapshot_sha256"], "corpus/train.parquet", 2)
    assert {row["name"]: row["forgotten"]["trained_on"] for row in report.runs()} == {"child": 2, run.name: 2}


def test_a_snapshot_known_by_its_folder_alone_counts(trained: Trained, snapshot: Path, database: Settings) -> None:
    run = kept(trained.folder, snapshot, database.home)
    _forget(trained.state["snapshot_sha256"][:16], "pairs/train.parquet", 1)
    assert verify(run)["forgotten"]["trained_on"] == 1


def test_a_notice_is_replaced_and_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    for plain in ("---\nlicense: other\n---\n# Name\n", "# No header\n", "---\nnever closed\n"):
        path.write_text(plain)
        for words in (card.notice(1, "2026-11-27"), card.notice(12, "2026-11-28")):
            card.set_notice(tmp_path, words)
            assert path.read_text().count("forgotten -->") == 2
            assert card.without_notice(path.read_bytes()).decode() == plain
        assert ", 12 were forgotten" in path.read_text()
        card.set_notice(tmp_path, "")
        assert path.read_text() == plain


def _forget(sha256: str, path: str, documents: int) -> None:
    with db.session() as session:
        session.add_all(
            ForgottenRow(snapshot_sha256=sha256, document_id=uuid.uuid4(), path=path) for _ in range(documents)
        )
