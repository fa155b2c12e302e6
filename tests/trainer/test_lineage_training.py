"""What a training leaves on its way: each checkpoint, adapter and model with its lineage before it counts as done."""

import json
from pathlib import Path

import pytest

from storage import db
from storage.forgetting import exports
from storage.settings import Settings
from tests.trainer import short
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.cut_short import Interrupted
from trainer import lineage, machine, register
from trainer.checkpoints import newest_whole
from trainer.folder import RunFolder
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train
from trainer.verify import damage, verify


class InTheSecond(Interrupted):
    stage, step = "corpus", 15


def test_an_interrupted_run_has_lineages_and_its_attempts_add_up(
    trained: Trained,
    snapshot: Path,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = machine.versions()
    for cut in (Interrupted(), InTheSecond()):
        monkeypatch.setattr(machine, "versions", lambda: ours | {"torch": "2.0.1"})
        with pytest.raises(KeyboardInterrupt):
            export_and_train(Request(SMOKE, snapshot=str(snapshot)), cut)
    assert "goes on under" not in capsys.readouterr().err
    monkeypatch.setattr(machine, "versions", lambda: ours)
    run = data_dir / "runs" / trained.state["name"]
    checkpoint, _ = newest_whole(run / "work" / "1-corpus.partial" / "checkpoints")
    assert checkpoint is not None
    assert lineage.NAME in json.loads((checkpoint / lineage.MARK).read_text())["files"]
    for folder in (checkpoint, run / "base"):
        found = lineage.of(folder)
        assert (found["run"], found["seed"], found["snapshot_sha256"]) == (
            trained.state["name"],
            7,
            trained.state["snapshot_sha256"],
        )
        assert found["energy"]["kwh"] > 0
    assert lineage.of(checkpoint)["base"]["sha256"] == trained.state["metrics"]["base"]["sha256"]
    assert damage(verify(run)) is None
    assert any("checkpoint-10/" in item.name for item in verify(run)["items"])
    state = export_and_train(Request(SMOKE, resume=True), Reporter())
    assert state["model_sha256"] == trained.state["model_sha256"]
    assert f"goes on under other versions or hardware: torch 2.0.1 → {ours['torch']}" in capsys.readouterr().err
    assert [attempt["versions"]["torch"] for attempt in state["attempts"]] == ["2.0.1", "2.0.1", ours["torch"]]
    sealed = {part: lineage.of(run / part) for part in ("base", "adapter/corpus", "merged")}
    assert [found["versions"]["torch"] for found in sealed.values()] == ["2.0.1", ours["torch"], ours["torch"]]
    assert [len(found["attempts"]) for found in sealed.values()] == [2, 3, 3]
    energy = state["metrics"]["energy"]
    assert len(energy["attempts"]) == 3
    assert energy["kwh"] == pytest.approx(sum(attempt["kwh"] for attempt in energy["attempts"]))
    assert energy["seconds"] == pytest.approx(sum(attempt["seconds"] for attempt in energy["attempts"]))
    assert all(attempt["kwh"] > 0 for attempt in energy["attempts"])
    assert damage(verify(run)) is None
    assert "the sum of 3 attempts" in (run / "merged" / "README.md").read_text(encoding="utf-8")


def test_a_run_that_was_stopped_at_its_very_end_is_told_and_finished(
    snapshot: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(short.recipe(tmp_path / "short.yaml"), snapshot=str(snapshot))
    with monkeypatch.context() as patched:
        patched.setattr(lineage, "seal", lambda *_: short.interrupt())
        with pytest.raises(KeyboardInterrupt):
            export_and_train(request, Reporter())
    (run,) = (data_dir / "runs").iterdir()
    (first, *_) = verify(run)["items"]
    assert (first.name, first.status) == ("run.json", "wrong")
    assert "stopped at its very end" in first.note
    state = export_and_train(request, Reporter())
    assert (state["status"], damage(verify(run))) == ("done", None)


def test_a_finished_run_is_sealed(trained: Trained) -> None:
    assert damage(verify(trained.folder, row=False)) is None
    assert {path.parent.name for path in trained.folder.rglob(lineage.NAME)} == {"base", "corpus", "pairs", "merged"}
    assert len(list((trained.folder / "merged").glob("loss-*.svg"))) == 3


def test_forgetting_names_what_was_trained_on_a_model_of_the_export(trained: Trained, database: Settings) -> None:
    base = trained.state["metrics"]["base"] | {"name": "ours", "sha256": trained.state["model_sha256"]}
    child = {"name": "child", "snapshot_sha256": "c" * 64, "model_sha256": "d" * 64}
    for state in (trained.state, trained.state | child | {"metrics": trained.state["metrics"] | {"base": base}}):
        run = RunFolder(state["name"])
        run.path.mkdir(parents=True)
        run.write_state(state)
        register.done(run)
    with db.session() as session:
        assert set(exports.trained(session, {trained.state["snapshot_sha256"]})) == {"child", trained.state["name"]}
        assert set(exports.trained(session, {"c" * 64})) == {"child"}
