"""The whole training: what it leaves, that it is repeatable, goes on after a kill, and stops clearly."""

import json
import multiprocessing
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from storage import db, runs, snapshots
from storage.errors import DataDamaged, DiskFull, TabibError, UsageError
from storage.models import Run
from storage.settings import Settings, settings
from tests.storage.rows import add_article, add_pair, add_verdict
from tests.trainer import sample
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.cut_short import Interrupted, train_and_die
from trainer import folder as folders
from trainer import register, report
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.train import export_and_train

LONGEST_WAIT = 120


def test_a_run_leaves_base_adapters_model_and_card(trained: Trained) -> None:
    names = {path.name for path in trained.folder.iterdir()}
    assert names == {"adapter", "base", "energy.json", "lock", "logs", "merged", "run.json", "tensorboard"}
    assert {path.name for path in (trained.folder / "adapter").iterdir()} == {"corpus", "pairs"}
    assert trained.state["status"] == "done"
    assert trained.state["model_sha256"] == runs.fingerprint(trained.folder / "merged")
    assert json.loads((trained.folder / "run.json").read_text()) == trained.state
    adapter = json.loads((trained.folder / "adapter" / "pairs" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == f"{trained.state['name']}/base + adapter/corpus"


def test_a_run_says_what_it_was_made_of(trained: Trained, snapshot: Path) -> None:
    state, metrics = trained.state, trained.state["metrics"]
    assert state["snapshot_sha256"] == json.loads((snapshot / "manifest.json").read_text())["sha256"]
    assert state["recipe"] == Path(SMOKE).read_text(encoding="utf-8")
    assert state["seed"] == 7
    assert {"python", "torch", "transformers", "peft", "datasets"} <= set(state["versions"])
    assert state["hardware"]["threads"] >= 1
    assert metrics["energy"]["kwh"] > 0
    assert metrics["base"] == {"name": "made", "sha256": runs.fingerprint(trained.folder / "base")}
    assert metrics["attention"]["kernel"] == "sdpa"


def test_every_stage_is_measured(trained: Trained) -> None:
    warm, corpus, pairs = trained.state["metrics"]["stages"]
    assert [s["stage"] for s in (warm, corpus, pairs)] == ["warm-start", "corpus", "pairs"]
    assert [s["steps"] for s in (warm, corpus, pairs)] == [60, 40, 40]
    assert warm["rows"]["rows_corpus"] == 5
    assert corpus["rows"]["rows_corpus"] == 10
    assert pairs["rows"]["rows_pairs"] == 52
    assert warm["parameters"]["trained"] == warm["parameters"]["all"]
    # LoRA r=4 on seven projections of two layers: 4 x (in + out) each, q, k, v, o, gate, up, down.
    assert pairs["parameters"]["trained"] == 2 * 4 * (64 + 48 + 48 + 64 + 96 + 96 + 96)
    for stage in (warm, corpus, pairs):
        assert [point["step"] for point in stage["loss"]] == list(range(10, stage["steps"] + 1, 10))
        assert stage["tokens"] > 0
    assert corpus["held_out"]["before"] == warm["held_out"]["after"]
    assert pairs["held_out"]["before"] == corpus["held_out"]["after"]
    bits = [warm["held_out"]["before"], *(s["held_out"]["after"] for s in (warm, pairs))]
    assert bits[0]["bits_per_byte"] > bits[1]["bits_per_byte"] > bits[2]["bits_per_byte"]


def test_the_card_tells_data_training_energy_and_risks(trained: Trained) -> None:
    card = (trained.folder / "merged" / "README.md").read_text(encoding="utf-8")
    for part in (trained.state["snapshot_sha256"], trained.state["model_sha256"], "kWh", "must not advise a patient"):
        assert part in card
    assert card.startswith("---\nlanguage: [fa]\n")


def test_a_finished_run_is_recognised_and_left_alone(
    trained: Trained, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(trained.home, monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in trained.folder.rglob("*")}
    state = _train(snapshot)
    assert state.pop("was_done")
    assert state == trained.state
    assert {path: path.stat().st_mtime_ns for path in trained.folder.rglob("*")} == before


def test_killed_and_gone_on_with_it_is_the_same_model(
    trained: Trained, snapshot: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the first stage, killed in the last, finished by --resume: not a bit differs."""
    with pytest.raises(KeyboardInterrupt):
        export_and_train(Request(SMOKE, snapshot=str(snapshot)), Interrupted())
    killed = multiprocessing.get_context("spawn").Process(target=train_and_die, args=(snapshot,))
    killed.start()
    killed.join(LONGEST_WAIT)
    assert killed.exitcode == -signal.SIGKILL
    work = data_dir / "runs" / trained.state["name"] / "work"
    assert list((work / "2-pairs.partial" / "checkpoints").glob("*/whole.json"))
    assert (work / "1-corpus" / "stage.json").exists()
    state = export_and_train(Request(SMOKE, resume=True), Reporter())
    assert state["model_sha256"] == trained.state["model_sha256"]
    assert state["metrics"]["base"] == trained.state["metrics"]["base"]
    curves = [[(p["step"], p["loss"]) for p in s["loss"]] for s in state["metrics"]["stages"]]
    assert curves == [[(p["step"], p["loss"]) for p in s["loss"]] for s in trained.state["metrics"]["stages"]]
    again = export_and_train(Request(SMOKE, snapshot=str(snapshot), resume=True), Reporter())
    assert (again["was_done"], again["model_sha256"]) == (True, state["model_sha256"])
    work.mkdir()
    dry = export_and_train(Request(SMOKE, resume=True, dry_run=True), Reporter())
    assert (dry["was_done"], work.exists()) == (True, True)
    with pytest.raises(UsageError, match="there is no model folder /no/such"):
        export_and_train(Request(SMOKE, resume=True, model="/no/such"), Reporter())


def test_another_seed_is_another_run(trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "smoke.yaml"
    other.write_text(Path(SMOKE).read_text(encoding="utf-8").replace("seed: 7", "seed: 8"), encoding="utf-8")
    plan = export_and_train(Request(str(other), snapshot=str(snapshot), dry_run=True), Reporter())
    same = export_and_train(Request(SMOKE, snapshot=str(snapshot), dry_run=True), Reporter())
    assert same["name"] == trained.state["name"] != plan["name"]
    assert plan["rows"]["pairs/train.parquet"] == 52
    assert not data_dir.exists()


def test_a_given_model_is_the_base(trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    short = _shortened(tmp_path, ("max_steps: 40", "max_steps: 2"))
    state = export_and_train(Request(short, snapshot=str(snapshot), model=str(trained.folder / "base")), Reporter())
    base = data_dir / "runs" / state["name"] / "base"
    assert base.resolve() == trained.folder / "base"
    assert [stage["stage"] for stage in state["metrics"]["stages"]] == ["corpus", "pairs"]
    assert state["metrics"]["base"]["sha256"] == trained.state["metrics"]["base"]["sha256"]


def test_a_resumed_run_keeps_the_model_it_was_begun_with(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    short = _shortened(tmp_path, ("max_steps: 40", "max_steps: 2"))
    given = str(trained.folder / "base")
    state = export_and_train(Request(short, snapshot=str(snapshot), model=given), Reporter())
    assert state["base"] == {"name": given, "folder": given, "sha256": runs.fingerprint(Path(given)), "given": True}
    run = folders.RunFolder(state["name"])
    run.write_state(state | {"status": "running"})
    with pytest.raises(UsageError, match="was begun from another model"):
        export_and_train(Request(short, resume=True, model=str(trained.folder / "merged")), Reporter())
    for model in (None, given):
        plan = export_and_train(Request(short, resume=True, model=model, dry_run=True), Reporter())
        assert (plan["name"], plan["base"]) == (state["name"], given)


def test_resume_takes_the_run_on_the_snapshot_that_is_named(snapshot: Path, data_dir: Path) -> None:
    asked = Request(SMOKE, snapshot=str(snapshot))
    sha256 = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))["sha256"]
    begun = {"recipe_sha256": load(SMOKE).sha256, "status": "running", "snapshot_folder": str(snapshot)}
    for name, other in (("older", {"started_at": "1", "snapshot_sha256": sha256}), ("newer", {"started_at": "2"})):
        run = folders.RunFolder(name)
        run.path.mkdir(parents=True)
        run.write_state(begun | other)
    assert asked.run_to_go_on(load(SMOKE)).name == "older"
    assert Request(SMOKE, resume=True).run_to_go_on(load(SMOKE)).name == "newer"
    folders.RunFolder("newer").write_state(begun | {"started_at": "2", "status": "done"})
    assert Request(SMOKE, resume=True).run_to_go_on(load(SMOKE)).name == "older"
    shutil.rmtree(data_dir / "runs" / "older")
    with pytest.raises(UsageError, match=f"no run of recipe smoke on snapshot {sha256[:16]} waits to be gone on with"):
        export_and_train(Request(SMOKE, snapshot=str(snapshot), resume=True), Reporter())


def test_a_run_that_another_process_finished_meanwhile_is_left_alone(
    trained: Trained, snapshot: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish_elsewhere(*_: object) -> None:
        shutil.copytree(trained.home / "runs", data_dir / "runs")

    monkeypatch.setattr(folders.RunFolder, "require_room", finish_elsewhere)
    state = _train(snapshot)
    assert state.pop("was_done")
    assert state == trained.state


def test_the_papers_recipe_runs_on_a_small_base(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    """All of its values, in bfloat16 with activation checkpointing; only the GPU is left out."""
    small = _on_the_cpu("paper", tmp_path)
    state = export_and_train(Request(small, snapshot=str(snapshot), model=str(trained.folder / "base")), Reporter())
    corpus, pairs = state["metrics"]["stages"]
    assert corpus["rows"]["rows_corpus"] == 6
    assert pairs["steps"] == 2  # 52 pairs in one epoch of 2 x 16
    adapter = load_file(data_dir / "runs" / state["name"] / "adapter" / "pairs" / "adapter_model.safetensors")
    grown = [name for name, weights in adapter.items() if "lora_B" in name and weights.abs().max() > 0]
    assert len(grown) == 7 * 2
    if not torch.cuda.is_available():
        assert state["metrics"]["attention"]["reason"] == "flash_attention_2 cannot run: no GPU"


def test_the_packed_recipe_runs_on_a_small_base(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of its values too; what became of the rows and how documents are kept apart is said."""
    small = _on_the_cpu("packed", tmp_path)
    state = export_and_train(Request(small, snapshot=str(snapshot), model=str(trained.folder / "base")), Reporter())
    corpus, pairs = state["metrics"]["stages"]
    assert corpus["rows"]["rows_corpus"] == 6
    assert pairs["rows"]["packs"] < pairs["rows"]["sequences"] == 52
    assert pairs["tokens"] == 2 * pairs["rows"]["tokens"]  # two epochs, and no slot but real tokens
    said = capsys.readouterr().err
    assert f"pairs: 52 pairs → 52 documents, {pairs['rows']['tokens']:,} tokens" in said
    if not torch.cuda.is_available():
        assert "pairs: packed, documents kept apart by sdpa_by_document" in said
    merged = json.loads((data_dir / "runs" / state["name"] / "merged" / "config.json").read_text(encoding="utf-8"))
    assert "sdpa_by_document" not in json.dumps(merged)


@pytest.mark.parametrize(
    ("pairs", "articles", "lacking"),
    [
        (0, 2, "pairs/train.parquet"),
        (2, 0, "corpus/train.parquet"),
        (0, 0, "pairs/train.parquet"),
    ],
)
def test_a_snapshot_without_rows_is_refused(
    data_dir: Path, tmp_path: Path, pairs: int, articles: int, lacking: str
) -> None:
    empty = sample.write(tmp_path / "empty", sample.pairs()[:pairs], sample.articles()[:articles])
    with pytest.raises(UsageError, match=f"has no rows in .*{lacking}"):
        _train(empty)
    assert not data_dir.exists()


def test_without_dev_pairs_nothing_is_measured_and_it_trains(data_dir: Path, tmp_path: Path) -> None:
    pairs = sample.pairs("drhast")[:8]
    without = sample.write(tmp_path / "without", pairs, sample.articles()[:4])
    short = _shortened(tmp_path, ("max_steps: 60", "max_steps: 2"), ("max_steps: 40", "max_steps: 2"))
    state = export_and_train(Request(short, snapshot=str(without)), Reporter())
    assert [stage["held_out"]["after"] for stage in state["metrics"]["stages"]] == [None, None, None]
    assert "no dev pairs" in (data_dir / "runs" / state["name"] / "merged" / "README.md").read_text(encoding="utf-8")


def test_a_changed_snapshot_is_refused(data_dir: Path, snapshot: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(snapshot, tmp_path / "changed")
    file = changed / "pairs" / "train.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(DataDamaged, match=r"pairs/train\.parquet does not match the manifest"):
        _train(changed)
    assert not data_dir.exists()


def test_a_loss_that_is_no_number_stops_and_keeps_what_is_finished(
    snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    wrong = _shortened(tmp_path, ("max_steps: 60", "max_steps: 2"), ("max_steps: 40", "learning_rate: 1.0e+18"))
    with pytest.raises(TabibError, match=r"lower learning_rate"):
        export_and_train(Request(wrong, snapshot=str(snapshot)), Reporter())
    (run,) = (data_dir / "runs").iterdir()
    assert (run / "base" / "model.safetensors").exists()
    assert (run / "work" / "0-warm-start" / "stage.json").exists()
    assert json.loads((run / "run.json").read_text())["status"] == "running"


def test_two_cannot_train_one_run(snapshot: Path, data_dir: Path) -> None:
    name = export_and_train(Request(SMOKE, snapshot=str(snapshot), dry_run=True), Reporter())["name"]
    with folders.RunFolder(name).held(), pytest.raises(UsageError, match="is being trained by another process"):
        _train(snapshot)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", small], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root mounts a small disk")
    try:
        _use(small, monkeypatch)
        run = folders.RunFolder("any")
        with pytest.raises(DiskFull, match=r"[12] MiB free, the training needs about 64 MiB"):
            run.require_room(None, load(SMOKE))
        with pytest.raises(DiskFull, match="last whole checkpoint are kept"), run.held():
            (run.path / "model").write_bytes(bytes(4 << 20))
    finally:
        subprocess.run(["umount", small], check=True)


def test_it_exports_trains_and_registers(database: Settings, trained: Trained, tmp_path: Path) -> None:
    _fill(30, 6)
    short = _shortened(tmp_path, ("max_steps: 60", "max_steps: 4"), ("max_steps: 40", "max_steps: 2"))
    state = export_and_train(Request(short, export="autumn"), Reporter())
    with db.session() as session:
        run, snapshot = runs.get(session, state["name"]), snapshots.find(session, "autumn")
        assert run.status == "done"
        assert run.snapshot_sha256 == snapshot.sha256
        assert run.model_sha256 == runs.fingerprint(runs.folder(run) / "merged")
        assert run.metrics == state["metrics"]
        assert run.recipe == Path(short).read_text(encoding="utf-8")
        assert runs.latest(session).name == state["name"]
        assert not Path(run.folder).is_absolute()
    again = export_and_train(Request(short, snapshot="autumn"), Reporter())
    assert (again["name"], again["was_done"]) == (state["name"], True)


def test_a_run_that_died_is_listed_as_stopped(database: Settings, trained: Trained) -> None:
    state = trained.state | {"status": "running"}
    run = folders.RunFolder(trained.state["name"])
    run.path.mkdir(parents=True)
    run.write_state(state)
    register.begun(run)
    with run.held():
        assert [row["status"] for row in report.runs()] == ["running"]
    assert [row["status"] for row in report.runs()] == ["stopped"]
    register.failed(run, "the loss is nan")
    assert [(row["status"], row["failure"]) for row in report.runs()] == [("failed", "the loss is nan")]


def test_a_run_trained_without_a_database_is_registered_later(
    database: Settings, trained: Trained, snapshot: Path
) -> None:
    shutil.copytree(trained.home / "runs", database.home / "runs")
    assert _train(snapshot)["was_done"]
    with db.session() as session:
        run = runs.get(session, trained.state["name"])
        assert (run.status, run.model_sha256) == ("done", trained.state["model_sha256"])
        changed = run.finished_at
    _train(snapshot)
    with db.session() as session:
        assert session.get_one(Run, trained.state["name"]).finished_at == changed


def _train(snapshot: Path) -> dict[str, Any]:
    return export_and_train(Request(SMOKE, snapshot=str(snapshot)), Reporter())


def _use(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_DATA_DIR", str(home))
    settings.cache_clear()


def _on_the_cpu(name: str, folder: Path) -> str:
    recipe = load(name)
    data = recipe.data | {"base": recipe.data["base"] | {"device": "any"}}
    for stage in data["stages"]:
        stage["TrainingArguments"] |= {"use_cpu": True, "dataloader_pin_memory": False}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def _shortened(folder: Path, *changes: tuple[str, str]) -> str:
    text = Path(SMOKE).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "short.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _fill(pairs: int, articles: int) -> None:
    with db.session() as session:
        for row in (sample.pairs("drhast") + sample.pairs("niniban"))[-pairs:]:
            cleaned = {"question": row["question"], "answer": row["answer"]}
            add_verdict(session, add_pair(session, row["source"], row["id"], **cleaned), cleaned=cleaned)
        for row in sample.articles()[:articles]:
            cleaned = {"title": row["title"], "text": row["text"]}
            add_verdict(session, add_article(session, row["source"], row["id"]), cleaned=cleaned)
