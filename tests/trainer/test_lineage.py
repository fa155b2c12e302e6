"""From any part of a run: what it was made of; and the file that says so changes no hash."""

import json
import multiprocessing
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from storage import runs
from storage.errors import DataDamaged, UsageError
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.kept import changed, kept, kill_the_sealing
from trainer import checkpoints, lineage, lineage_told, machine, plots, whereabouts

PARTS = ("base", "adapter/corpus", "adapter/pairs", "merged")


@pytest.fixture
def run(trained: Trained, snapshot: Path, data_dir: Path) -> Path:
    return kept(trained.folder, snapshot, data_dir)


def test_every_part_tells_what_it_was_made_of(run: Path, trained: Trained, snapshot: Path) -> None:
    state = trained.state
    for part in PARTS:
        found = lineage.of(run / part)
        assert (found["run"], found["part"]) == (state["name"], part)
        assert found["snapshot_sha256"] == json.loads((snapshot / "manifest.json").read_text())["sha256"]
        assert found["snapshots"] == [found["snapshot_sha256"]]
        assert found["recipe"] == Path(SMOKE).read_text(encoding="utf-8")
        assert found["seed"] == 7
        assert found["hardware"] == state["hardware"]
        assert found["energy"] == state["metrics"]["energy"]
        assert {"torch", "transformers", "peft", "trainer_sources"} <= set(found["versions"])
        assert found["sha256"] == runs.fingerprint(run / part)
    assert lineage.of(run) == lineage.of(run / "merged")


def test_it_changes_no_models_hash(run: Path, trained: Trained) -> None:
    assert runs.fingerprint(run / "merged") == trained.state["model_sha256"]
    assert runs.fingerprint(run / "base") == trained.state["metrics"]["base"]["sha256"]
    assert lineage.MARK == checkpoints.MARK


def test_any_changed_byte_of_it_is_noticed(run: Path) -> None:
    path = run / "adapter" / "pairs" / lineage.NAME
    size = path.stat().st_size
    for place in range(0, size, max(1, size // 150)):
        before = changed(path, place)
        with pytest.raises(DataDamaged):
            lineage.read(path.parent)
        path.write_bytes(before)
    path.write_bytes(before + b"\n")
    with pytest.raises(DataDamaged, match="was changed after it was written"):
        lineage.read(path.parent)


def test_killed_between_any_two_writes_it_is_whole_or_absent(trained: Trained, snapshot: Path, tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(
        target=kill_the_sealing, args=(trained.folder, snapshot, tmp_path / "killed")
    )
    child.start()
    child.join(120)
    assert child.exitcode == 0


def test_a_run_on_a_model_of_ours_comes_from_its_snapshot_too(run: Path, trained: Trained, tmp_path: Path) -> None:
    base = {"name": "ours", "folder": str(run / "merged"), "sha256": trained.state["model_sha256"], "given": True}
    begun = trained.state | {"snapshot_sha256": "b" * 64, "base": base, "status": "running"}
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.json").write_text(json.dumps(begun))
    assert lineage.of(other)["snapshots"] == ["b" * 64, trained.state["snapshot_sha256"]]
    changed(run / "merged" / lineage.NAME)
    found = lineage.of(other)
    assert found["snapshots"] == ["b" * 64]
    assert "are not known" in lineage_told.told(found, None)


def test_a_part_is_found_from_a_file_in_it_and_a_run_by_its_name(run: Path, trained: Trained, tmp_path: Path) -> None:
    assert whereabouts.run_or_part(str(run / "merged" / "model.safetensors")) == run / "merged"
    assert whereabouts.run_or_part(str(run / "adapter")) == run
    assert whereabouts.run_or_part(trained.state["name"]) == run
    copied = shutil.copytree(run / "merged", tmp_path / "copied")
    assert lineage.of(whereabouts.run_or_part(str(copied)))["run"] == trained.state["name"]
    for wrong, said in (("no-such-run", "no run is named"), (str(tmp_path), "neither a run's folder nor")):
        with pytest.raises(UsageError, match=said):
            whereabouts.run_or_part(wrong)


def test_it_is_told_whole(run: Path, trained: Trained) -> None:
    told = lineage_told.told(lineage.of(run / "merged"), None)
    for part in (trained.state["snapshot_sha256"], trained.state["model_sha256"], "seed         7", "torch 2", "kWh"):
        assert part in told
    assert "trainer's sources sha256" in told
    assert "nobody knows: the database cannot be asked" in told


def test_the_code_is_told_by_commit_in_a_checkout_and_by_hash_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = shutil.copytree(machine.SOURCES, tmp_path / "trainer")
    monkeypatch.setattr(machine, "SOURCES", copied)
    here = machine.code.__wrapped__()
    assert set(here) == {"trainer_sources"}
    (copied / "train.py").write_text((copied / "train.py").read_text() + "\n")
    assert machine.code.__wrapped__() != here


def test_the_card_shows_a_plot_of_each_stage(run: Path, trained: Trained) -> None:
    written = (run / "merged" / "README.md").read_text(encoding="utf-8")
    for stage in trained.state["metrics"]["stages"]:
        name = f"loss-{stage['stage']}.svg"
        assert f"]({name})" in written
        root = ElementTree.parse(run / "merged" / name).getroot()  # noqa: S314  written just now
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        text = " ".join(root.itertext())
        assert f"{stage['held_out']['after']['bits_per_byte']:.4f} bits a byte" in text
        assert f"step {stage['loss'][-1]['step']}: {stage['loss'][-1]['loss']:.3f}" in text


def test_a_stage_that_logged_nothing_has_no_plot() -> None:
    empty = {"stage": "pairs", "steps": 1, "loss": [], "held_out": {"before": None, "after": None}}
    assert plots.drawn([empty]) == {}
    logged = empty | {"loss": [{"step": 1, "loss": 2.5}]}
    assert "no held-out pairs" in plots.drawn([logged])["loss-pairs.svg"].decode()
