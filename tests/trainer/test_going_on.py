"""A training that was killed, moved or damaged at an awkward moment goes on to what it would have come to."""

import fcntl
import os
import shutil
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, TrainingArguments

from storage import blobs
from storage.errors import DiskFull, UsageError
from storage.settings import settings
from tests.trainer import short
from tests.trainer.conftest import Trained
from tests.trainer.kept import changed
from tests.trainer.short import At
from trainer import finished, lineage, stage
from trainer.folder import ROOM_BESIDE_MODELS, RunFolder
from trainer.merging import merged
from trainer.model import Loading, parameters
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.train import export_and_train

CONSTANT: dict[str, Any] = {"lr_scheduler_type": "constant"}
MERGED = "merged/model.safetensors"


class Killed(BaseException):
    """As SIGKILL: nothing that is done at an error is done."""


@pytest.fixture(scope="module")
def undisturbed(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run comes to when nothing happens; a rate that stays shows one step too many."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return short.trained_apart(folder, snapshot, **CONSTANT)


@pytest.fixture
def wanted(tmp_path: Path) -> str:
    """The recipe of all these trainings."""
    return short.recipe(tmp_path / "short.yaml", **CONSTANT)


@pytest.mark.parametrize("at", ["corpus", "pairs"])
def test_killed_after_the_last_step_it_takes_no_more(
    snapshot: Path, data_dir: Path, wanted: str, undisturbed: dict[str, Any], at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the adapter is merged, written and measured, which are minutes for a large model."""

    def killed(*given: Any) -> Any:
        if given[-1].folder.name.endswith(f"{at}.partial"):
            raise Killed
        return merged(*given)

    _killed_at((stage, "merged", killed), (wanted, snapshot), monkeypatch)
    _is_the_same(short.train(wanted, snapshot), undisturbed)


@pytest.mark.parametrize("left", [finished.BESIDE, ()])
def test_killed_before_a_stage_counts_as_done_its_checkpoints_are_there(
    snapshot: Path,
    data_dir: Path,
    wanted: str,
    undisturbed: dict[str, Any],
    left: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Right before the renaming, or right after it: then the leftovers go with the next start."""
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        if path.name == "1-corpus.partial":
            if not left:
                rename(path, target)
            raise Killed
        return rename(path, target)

    _killed_at((Path, "rename", killed), (wanted, snapshot), monkeypatch)
    corpus = _run(data_dir).work / ("1-corpus.partial" if left else "1-corpus")
    assert {path.name for path in corpus.iterdir()} >= {*finished.BESIDE, "stage.json", "model", "adapter"}
    assert (corpus / "checkpoints" / f"checkpoint-{short.STEPS}" / "whole.json").exists()
    with pytest.raises(KeyboardInterrupt):
        short.train(wanted, snapshot, At("pairs", 1, short.interrupt))
    assert not [name for name in finished.BESIDE if (_run(data_dir).work / "1-corpus" / name).exists()]
    _is_the_same(short.train(wanted, snapshot), undisturbed)


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("work/1-corpus/model/model.safetensors", "corpus"),
        ("work/1-corpus/adapter/adapter_model.safetensors", "corpus"),
        ("base/model.safetensors", "warm-start, corpus"),
        ("base/tokenizer.json", "warm-start, corpus"),
    ],
)
def test_a_finished_stage_that_is_not_what_it_was_is_trained_again(
    snapshot: Path,
    data_dir: Path,
    wanted: str,
    undisturbed: dict[str, Any],
    file: str,
    again: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        short.train(wanted, snapshot, At("pairs", 4, short.interrupt))
    changed(_run(data_dir).path / file)
    capsys.readouterr()
    state = short.train(wanted, snapshot)
    said = capsys.readouterr().err
    assert f"files of finished stages are not what they were when they were written: {again} trained again" in said
    _is_the_same(state, undisturbed)


def test_a_stage_whose_start_is_gone_is_trained_again_from_what_is_left(
    snapshot: Path, data_dir: Path, wanted: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when all is in its place but the word `done`, and then the model is damaged."""
    _killed_at_the_seal(wanted, snapshot, monkeypatch)
    run = _run(data_dir)
    assert not (run.work / "1-corpus" / "model").exists()
    changed(run.path / MERGED)
    _is_the_same(short.train(wanted, snapshot), undisturbed)
    assert not run.work.exists()


def test_what_is_in_its_place_and_whole_is_not_trained_again(
    snapshot: Path, data_dir: Path, wanted: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed_at_the_seal(wanted, snapshot, monkeypatch)
    before = (_run(data_dir).path / MERGED).stat().st_mtime_ns
    _is_the_same(short.train(wanted, snapshot), undisturbed)
    assert (_run(data_dir).path / MERGED).stat().st_mtime_ns == before


def test_what_a_finished_run_left_is_removed_when_it_is_asked_for_again(
    snapshot: Path, data_dir: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rmtree = shutil.rmtree

    def killed(path: str | Path, **how: Any) -> None:
        if Path(path).name == "work":
            raise Killed
        rmtree(path, **how)

    _killed_at((shutil, "rmtree", killed), (wanted, snapshot), monkeypatch)
    run = _run(data_dir)
    assert run.is_done()
    assert run.work.exists()
    with run.held():
        assert short.train(wanted, snapshot)["was_done"]
    assert run.work.exists()  # whoever holds it is about to
    assert short.train(wanted, snapshot)["was_done"]
    assert not run.work.exists()


def test_a_base_that_moved_is_the_same_base(trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    wanted, old, new = short.of_a_base(tmp_path), tmp_path / "old", tmp_path / "new"
    shutil.copytree(trained.folder / "base", old)
    asked = Request(wanted, snapshot=str(snapshot), model=str(old))
    for name in ("corpus", "pairs"):
        with pytest.raises(KeyboardInterrupt):
            export_and_train(asked, At(name, 4, short.interrupt))
        old.rename(new)
        asked = Request(wanted, resume=True, model=str(new))
        old, new = new, old
    state = export_and_train(asked, Reporter())
    assert RunFolder(state["name"]).base.resolve() == old
    assert state["metrics"]["base"]["sha256"] == trained.state["metrics"]["base"]["sha256"]


@pytest.mark.parametrize("dry", [True, False])
def test_several_gpus_in_one_process_are_refused_for_every_stage(
    snapshot: Path, data_dir: Path, wanted: str, monkeypatch: pytest.MonkeyPatch, dry: bool
) -> None:
    """Padded stages too: the Trainer would take the recipe's rows on each of them."""
    monkeypatch.setattr(TrainingArguments, "n_gpu", property(lambda _: 2))
    with pytest.raises(UsageError, match=r"one process sees 2 GPUs and would take 2 times the recipe's rows"):
        export_and_train(Request(wanted, snapshot=str(snapshot), dry_run=dry), Reporter())
    assert not data_dir.exists()


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("bfloat16", 2)])
def test_room_is_asked_for_what_is_still_to_be_written(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, dtype: str, width: int
) -> None:
    """In the recipe's dtype, whatever the base is kept in; two models are there at once and never three."""
    wanted = short.of_a_base(tmp_path, dtype=dtype, third=True)
    base, seen = trained.folder / "base", _Watching()
    weights = parameters(AutoModelForCausalLM.from_pretrained(base))["all"]
    recipe, run = load(wanted), RunFolder("any")
    beside = ROOM_BESIDE_MODELS + 3 * 12 * max(_adapter(base, stage.lora or {}) for stage in recipe.content.stages)
    assert run._still_to_write(base, recipe) == 2 * weights * width + beside
    asked = Request(wanted, snapshot=str(snapshot), model=str(base))
    with pytest.raises(KeyboardInterrupt):
        export_and_train(asked, At("again", 4, short.interrupt))
    run = _run(data_dir)
    one = (run.work / "1-pairs" / "model" / "model.safetensors").stat().st_size
    assert one == pytest.approx(weights * width, rel=0.2)  # a header beside
    assert run._still_to_write(base, recipe) == 2 * weights * width - one + beside
    export_and_train(asked, seen)
    assert seen.most == 1
    assert run._still_to_write(base, recipe) <= weights * width + beside


def _adapter(base: Path, lora: dict[str, Any]) -> int:
    """How many weights an adapter of it has."""
    named = AutoModelForCausalLM.from_pretrained(base).named_parameters()
    targets = tuple(lora["target_modules"])
    return int(lora["r"]) * sum(sum(w.shape) for name, w in named if name.removesuffix(".weight").endswith(targets))


def test_too_little_room_is_told_before_any_work(
    trained: Trained, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, base = load(short.of_a_base(tmp_path)), trained.folder / "base"
    needed = RunFolder("any")._still_to_write(base, recipe)
    free = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=needed))
    RunFolder("any").require_room(base, recipe)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=needed - 1))
    with pytest.raises(DiskFull, match="the training needs about"):
        RunFolder("any").require_room(base, recipe)


class _Watching(Reporter):
    """The most models of finished stages that were seen below `work` when a stage began to train."""

    most = 0

    def note(self, line: str) -> None:
        """Called with each line that a user is told; of these one stands before each stage."""
        if "trained on" not in line:
            return
        found = list((settings().home / "runs").glob("*/work/*/model/model.safetensors"))
        found = [path for path in found if path.parents[1].suffix != ".partial"]
        self.most = max(self.most, len(found))


def _killed_at_the_seal(wanted: str, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise Killed

    _killed_at((lineage, "seal", killed), (wanted, snapshot), monkeypatch)


def _killed_at(call: tuple[Any, str, Any], what: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Train with another function in the place of one, which ends it."""
    with monkeypatch.context() as once:
        once.setattr(*call)
        with pytest.raises(Killed):
            short.train(*what)


def _is_the_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found["model_sha256"] == expected["model_sha256"]
    for one, other in zip(found["metrics"]["stages"], expected["metrics"]["stages"], strict=True):
        for key in ("steps", "tokens", "loss", "held_out", "merged"):
            assert one.get(key) == other.get(key)


def _run(home: Path) -> RunFolder:
    (folder,) = (home / "runs").iterdir()
    return RunFolder(folder.name)


def test_what_is_written_survives_a_power_cut_before_anything_is_removed_for_it(
    snapshot: Path, data_dir: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, flush = [], blobs.flush

    def noted(path: Path) -> None:
        flushed.append(path)
        flush(path)

    monkeypatch.setattr(blobs, "flush", noted)
    short.train(wanted, snapshot)
    names = {(path.parent.parent.name.partition(".")[0], path.parent.name, path.name) for path in flushed}
    for name in ("0-warm-start", "1-corpus", "2-pairs"):
        assert (name, "model", "model.safetensors") in names
    for name in ("1-corpus", "2-pairs"):
        assert (name, "adapter", "adapter_model.safetensors") in names
    assert {("checkpoints", f"checkpoint-{short.SAVED}", name) for name in ("optimizer.pt", "rng_state.pth")} <= names


def test_no_model_of_a_stage_is_held_when_the_next_one_is_loaded(
    snapshot: Path, data_dir: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the 8-billion model two would be twice 15 GiB."""
    models: list[weakref.ref[Any]] = []
    load_model, adapt = Loading.model, stage._adapted

    def adapted(model: Any, job: Any) -> Any:
        found = adapt(model, job)
        models.append(weakref.ref(found))
        return found

    def loaded(loading: Loading, folder: Path, device: Any = None) -> Any:
        if device is not None:
            alive.append(sum(model() is not None for model in models))
        return load_model(loading, folder, device)

    alive: list[int] = []
    monkeypatch.setattr(stage, "_adapted", adapted)
    monkeypatch.setattr(Loading, "model", loaded)
    short.train(wanted, snapshot)
    assert alive == [0, 0, 0]


def test_whoever_asks_whether_a_run_is_held_keeps_nobody_from_training(data_dir: Path) -> None:
    run = RunFolder("any")
    run.path.mkdir(parents=True)
    (run.path / "lock").touch()
    (run.path / ".partial-x").touch()  # left by one that was killed
    asking = os.open(run.path / "lock", os.O_RDWR)
    fcntl.flock(asking, fcntl.LOCK_SH)
    threading.Timer(0.1, os.close, (asking,)).start()
    with run.held():
        assert run.is_held()
        assert not (run.path / ".partial-x").exists()
    assert not run.is_held()
