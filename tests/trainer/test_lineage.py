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
from tests.trainer.kept import changed, finish, kept, kill_the_sealing
from trainer import attempted, checkpoints, lineage, lineage_told, machine, plots, verify, whereabouts

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


def test_a_stage_trained_under_other_versions_says_so_for_good(run: Path, snapshot: Path, trained: Trained) -> None:
    """Its attempt was the run's first; the run was resumed under others, and sealed."""
    older = trained.state["versions"] | {"torch": "2.0.1", "trainer_sources": "e" * 64}
    elsewhere = trained.state["hardware"] | {"cpu": "another", "threads": 64}
    first = {"began_at": "2026-11-27T01:00:00+00:00", "versions": older, "hardware": elsewhere}
    last = {"began_at": "2026-11-28T01:00:00+00:00"} | {k: trained.state[k] for k in ("versions", "hardware")}
    lineage.write(run / "adapter" / "corpus", trained.state | first | {"attempts": [first]})
    (run / "run.json").write_bytes(lineage.as_bytes(trained.state | {"attempts": [first, last]}))
    for _ in range(2):  # a sealing that was killed is done again
        finish(run, snapshot)
        corpus, merged = lineage.of(run / "adapter" / "corpus"), lineage.of(run / "merged")
        assert (corpus["versions"], corpus["hardware"], corpus["attempts"]) == (older, elsewhere, [first])
        assert corpus["part"] == "adapter/corpus"
        assert (merged["versions"], merged["attempts"]) == (trained.state["versions"], [first, last])
        assert lineage.of(run / "adapter" / "pairs")["versions"] == trained.state["versions"]
    assert verify.damage(verify.verify(run)) is None
    told = lineage_told.told(merged, None)
    assert f"2026-11-28T01:00:00: torch 2.0.1 → {trained.state['versions']['torch']}" in told
    assert "cpu another → " in told
    assert "threads 64 → " in told
    assert "→" not in lineage_told.told(corpus, None)
    changed(run / "adapter" / "corpus" / lineage.NAME)  # which loses no training
    finish(run, snapshot)
    assert lineage.of(run / "adapter" / "corpus")["versions"] == trained.state["versions"]


@pytest.mark.parametrize("attempts", [None, 3, [3, None], [{}, {"versions": 3, "hardware": {}}], {"a": 1}])
def test_attempts_of_anything_are_no_crash(attempts: object) -> None:
    assert attempted.changes(attempts) == []


def test_a_run_from_before_attempts_were_kept_has_its_last_one(trained: Trained) -> None:
    older = {key: value for key, value in trained.state.items() if key != "attempts"}
    first, second = machine.attempt(older, "2026-11-28")["attempts"]
    assert first == {"began_at": older["started_at"]} | {key: older[key] for key in ("versions", "hardware")}
    assert second["began_at"] == "2026-11-28"
    assert len(machine.attempt({}, "2026-11-28")["attempts"]) == 1
    assert len(machine.attempt({"attempts": [first, second]}, "2026-11-29")["attempts"]) == 3


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
    here = machine.code.__wrapped__()
    splits = tmp_path / "storage" / "splits"
    splits.mkdir(parents=True)
    (splits / "rule.py").write_text("SHARE = 0.1\n")
    first = machine.code.__wrapped__()
    assert set(first) == {"trainer_sources", "storage_sources"}
    assert first["trainer_sources"] == here["trainer_sources"]
    (splits / "rule.py").write_text("SHARE = 0.2\n")
    assert machine.code.__wrapped__()["storage_sources"] != first["storage_sources"]


def test_what_shapes_weights_is_told_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = machine.versions()
    assert {"torch", "storage_sources", "trainer_sources"} <= set(plain)
    assert {"flash-attn", "nvidia-driver"} & set(plain) == set() or machine.torch.cuda.is_available()
    (tmp_path / "flash_attn-2.8.3.dist-info").mkdir()
    (tmp_path / "flash_attn-2.8.3.dist-info" / "METADATA").write_text("Name: flash-attn\nVersion: 2.8.3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert machine.versions()["flash-attn"] == "2.8.3"
    assert machine.gpu_versions() == {}
    monkeypatch.setattr(machine.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(machine.torch.version, "cuda", "12.8")
    monkeypatch.setattr(machine.torch.backends.cudnn, "version", lambda: 91002)
    monkeypatch.setattr(machine, "_said", lambda *_: "570.86.15\n570.86.15")
    assert machine.gpu_versions() == {"cuda": "12.8", "cudnn": "91002", "nvidia-driver": "570.86.15"}
    monkeypatch.setattr(machine, "_said", _gone)
    assert set(machine.gpu_versions()) == {"cuda", "cudnn"}


def _gone(*_: str) -> str:
    raise FileNotFoundError("nvidia-smi")


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
