"""What breaks under a training: a damaged checkpoint, a full disk, figures that are no numbers."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from storage.errors import DataDamaged, DiskFull, TabibError
from storage.settings import settings
from tests.trainer import short
from tests.trainer.conftest import Trained
from tests.trainer.short import At, Embedded
from trainer import disk
from trainer.checkpoints import newest_whole
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train

PROGRAM = str(Path(sys.executable).parent / "trainer")
LARGEST_FILE = 200_000  # bytes; the model's file has 127,136, its optimizer's twice as many


@pytest.fixture(scope="module")
def undisturbed(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run comes to when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return short.trained_apart(folder, snapshot)


@pytest.fixture
def wanted(tmp_path: Path) -> str:
    """The recipe of all these trainings."""
    return short.recipe(tmp_path / "short.yaml")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder on a disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root mounts a small disk")
    monkeypatch.setenv("TABIB_DATA_DIR", str(place))
    settings.cache_clear()
    yield place
    settings.cache_clear()
    # Lazily: the encoded rows are mapped into memory until they are collected.
    subprocess.run(["umount", "--lazy", place], check=True)


def _truncate(checkpoint: Path) -> None:
    file = checkpoint / "optimizer.pt"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _change_a_byte(checkpoint: Path) -> None:
    file = checkpoint / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + bytes([file.read_bytes()[-1] ^ 1]))


def _lose_a_file(checkpoint: Path) -> None:
    (checkpoint / "rng_state.pth").unlink()


@pytest.mark.parametrize("damage", [_truncate, _change_a_byte, _lose_a_file])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    snapshot: Path,
    data_dir: Path,
    wanted: str,
    undisturbed: dict[str, Any],
    damage: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        short.train(wanted, snapshot, At("corpus", short.STEPS, short.interrupt))
    checkpoints = _checkpoints(data_dir, "1-corpus")
    assert {path.name for path in checkpoints.iterdir()} == {"checkpoint-3", "checkpoint-6"}
    damage(checkpoints / "checkpoint-6")
    state = short.train(wanted, snapshot)
    said = capsys.readouterr().err
    assert said.count("corpus: checkpoint-6 is not whole (") == 1
    assert "corpus: going on from step 3" in said
    assert state["model_sha256"] == undisturbed["model_sha256"]
    assert _curves(state) == _curves(undisturbed)


@pytest.mark.parametrize("free", [0, 40_000])
def test_a_disk_that_fills_up_leaves_the_last_checkpoint_and_the_run_goes_on_when_there_is_room(
    snapshot: Path, small_disk: Path, wanted: str, undisturbed: dict[str, Any], free: int
) -> None:
    ballast = small_disk / "ballast"

    def fill() -> None:
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - free))

    with pytest.raises(DiskFull, match="last whole checkpoint are kept: make room, then run the same") as stopped:
        short.train(wanted, snapshot, At("corpus", 5, fill))
    assert stopped.value.exit_code == 4
    checkpoints = _checkpoints(small_disk, "1-corpus")
    assert [path.name for path in checkpoints.iterdir()] == ["checkpoint-3"]
    assert newest_whole(checkpoints)[0] == checkpoints / "checkpoint-3"
    ballast.unlink()
    assert short.train(wanted, snapshot)["model_sha256"] == undisturbed["model_sha256"]


def test_a_limit_on_files_ends_the_command_as_a_full_disk_does(snapshot: Path, data_dir: Path, wanted: str) -> None:
    """torch.save names no error number when its file may not grow."""
    done = subprocess.run(
        [PROGRAM, "export-and-train", "--recipe", wanted, "--snapshot", str(snapshot)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE)),
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.splitlines()[-1].startswith("trainer: the disk of ")
    assert not list(_checkpoints(data_dir, "0-warm-start").iterdir())


def _loss(_ids: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    return given * float("nan")


def _gradient(_ids: torch.Tensor, given: torch.Tensor) -> None:
    given.register_hook(lambda gradient: gradient * float("inf"))


@pytest.mark.parametrize(
    ("broken", "said"), [(_loss, "the loss is nan at step 5"), (_gradient, "the gradient is no number at step 5")]
)
def test_what_is_no_number_never_reaches_the_weights(
    snapshot: Path,
    data_dir: Path,
    wanted: str,
    undisturbed: dict[str, Any],
    broken: Callable[[torch.Tensor, torch.Tensor], torch.Tensor | None],
    said: str,
) -> None:
    """And where it came from outside, as of a GPU that computes wrong, the run goes on to the same bits."""
    with (
        Embedded(broken).hooked(on=False) as layer,
        pytest.raises(TabibError, match=f"{said}: lower learning_rate or max_grad_norm"),
    ):
        short.train(wanted, snapshot, At("warm-start", 4, lambda: setattr(layer, "on", True)))
    assert newest_whole(_checkpoints(data_dir, "0-warm-start"))[0].name == "checkpoint-3"
    (state,) = data_dir.glob("runs/*/run.json")
    assert json.loads(state.read_text(encoding="utf-8"))["status"] == "running"
    assert short.train(wanted, snapshot)["model_sha256"] == undisturbed["model_sha256"]


def test_a_base_of_no_numbers_is_told_as_such_before_the_first_step(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(trained.folder / "base", tmp_path / "base")
    weights = load_file(base / "model.safetensors")
    weights["model.layers.1.mlp.up_proj.weight"][3, 5] = float("nan")
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    asked = Request(short.of_a_base(tmp_path), snapshot=str(snapshot), model=str(base))
    with pytest.raises(DataDamaged, match=r"weights of model\.layers\.1\.mlp\.up_proj\.weight are no finite numbers"):
        export_and_train(asked, Reporter())
    assert not list(data_dir.glob("runs/*/work/*/checkpoints/*"))


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(122, "Disk quota exceeded"), True),
        (OSError(5, "Input/output error"), False),
        (Exception("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"), True),
        (RuntimeError("inline_container.cc: PytorchStreamReader failed reading zip archive"), False),
        (ValueError("wrong"), False),
    ],
)
def test_each_library_s_word_for_a_full_disk_is_known(tmp_path: Path, error: Exception, full: bool) -> None:
    assert disk.is_full(error, tmp_path) is full
    outer = RuntimeError("said again by another library")
    outer.__context__ = error
    assert disk.is_full(outer, tmp_path) is full


def _checkpoints(home: Path, stage: str) -> Path:
    (run,) = (home / "runs").iterdir()
    return run / "work" / f"{stage}.partial" / "checkpoints"


def _curves(state: dict[str, Any]) -> list[list[dict[str, float]]]:
    return [stage["loss"] for stage in state["metrics"]["stages"]]
