"""Where memory runs out the micro-batch is halved, and the training stays the same training."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import TabibError
from storage.settings import settings
from tests.trainer import sample, short
from tests.trainer.short import At, Embedded
from trainer import halving
from trainer.checkpoints import newest_whole
from trainer.halving import MicroBatch, is_out_of_memory
from trainer.recipe import load
from trainer.steplog import read

LONGEST_WAIT = 120
HALVED = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}


@pytest.fixture(scope="module")
def begun_halved(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The run that has two rows at once from its first step on."""
    folder = tmp_path_factory.mktemp("halved")
    return short.trained_apart(folder, snapshot, **HALVED)


@pytest.mark.parametrize("memory", [short.scarce, short.scarce_backward])
def test_a_step_that_does_not_fit_is_computed_in_halves(
    snapshot: Path,
    data_dir: Path,
    tmp_path: Path,
    begun_halved: dict[str, Any],
    memory: Callable[[torch.Tensor, torch.Tensor], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not a bit differs from the run that was begun so, dropout and half-made gradients included."""
    with Embedded(memory).hooked():
        state = short.train(short.recipe(tmp_path / "scarce.yaml"), snapshot)
    assert state["model_sha256"] == begun_halved["model_sha256"]
    assert _curves(state) == _curves(begun_halved)
    for stage in state["metrics"]["stages"]:
        assert stage["steps"] == short.STEPS
        assert stage["micro_batch"] == {"rows": 2, "accumulated": 2, "halved_at": [1]}
    assert begun_halved["metrics"]["stages"][0]["micro_batch"] == {"rows": 2, "accumulated": 2, "halved_at": []}
    told = capsys.readouterr().err
    assert "corpus: out of memory at step 1 with 4 rows at once; goes on from before it with 2 rows, 2 times" in told
    assert "pairs: out of memory at step 1 with 4 packs at once; goes on from before it with 2 packs" in told


def test_later_in_a_stage_too_and_killed_after_it_the_same_bits(
    snapshot: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the step nor the log fall on a checkpoint of the recipe's; in mixed precision, as on a GPU."""
    wanted = short.recipe(tmp_path / "scarce.yaml", bf16=True)
    with Embedded(short.scarce).hooked(on=False) as memory:
        whole = short.train(wanted, snapshot, At("corpus", 5, lambda: setattr(memory, "on", True)))
    warm, corpus, pairs = whole["metrics"]["stages"]
    assert [stage["micro_batch"]["halved_at"] for stage in (warm, corpus, pairs)] == [[], [6], [1]]
    monkeypatch.setenv("TABIB_DATA_DIR", str(tmp_path / "again"))
    settings.cache_clear()
    short.killed_once_halved(wanted, snapshot)
    run = tmp_path / "again" / "runs" / whole["name"]
    assert newest_whole(run / "work" / "1-corpus.partial" / "checkpoints")[0].name == "checkpoint-5"
    capsys.readouterr()
    with Embedded(short.scarce).hooked(on=False) as memory:
        resumed = short.train(wanted, snapshot, At("corpus", 7, lambda: setattr(memory, "on", True)))
    assert "corpus: going on from step 5 with 2 rows at once" in capsys.readouterr().err
    assert resumed["model_sha256"] == whole["model_sha256"]
    assert _curves(resumed) == _curves(whole)
    logs = [[_figures(line) for line in read(path)] for path in sorted((run / "logs").iterdir())]
    assert logs == [[_figures(line) for line in read(path)] for path in sorted(_logs(data_dir, whole))]


def test_it_goes_back_to_where_a_checkpoint_of_the_recipes_would_be(
    snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Dropout, losses not logged yet and tokens counted: all as before the step whose second half did not fit."""
    seen = []

    def fits_once(ids: torch.Tensor, logits: torch.Tensor) -> None:
        seen.append(len(ids))
        if len(seen) > 1:
            short.scarce(ids, logits)

    twice = {"gradient_accumulation_steps": 2}
    with Embedded(fits_once, at_last=True).hooked(on=False) as memory:
        scarce_later = At("corpus", 5, lambda: setattr(memory, "on", True))
        found = short.train(short.recipe(tmp_path / "found.yaml", **twice), snapshot, scarce_later)
    assert found["metrics"]["stages"][1]["micro_batch"]["halved_at"] == [6]
    regular = short.recipe(tmp_path / "regular.yaml", **twice, save_steps=5)
    with pytest.raises(KeyboardInterrupt):
        short.train(regular, snapshot, At("corpus", 6, short.interrupt))
    (work,) = data_dir.glob("runs/regular-*/work")
    for place in ("1-corpus.partial", "2-pairs.partial"):
        (work / place).mkdir(exist_ok=True)
        halving.keep(MicroBatch(2, 4), work / place)
    expected = short.train(regular, snapshot)
    assert found["model_sha256"] == expected["model_sha256"]
    assert _curves(found) == _curves(expected)
    assert [s["tokens"] for s in found["metrics"]["stages"]] == [s["tokens"] for s in expected["metrics"]["stages"]]


def test_halved_on_the_way_it_learns_what_it_would_have_learned(snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    """Without dropout, whose draws depend on the rows: same rows, order and learning rates, the same losses."""
    with Embedded(short.scarce).hooked(on=False) as memory:
        found = short.train(
            short.recipe(tmp_path / "scarce.yaml", dropout=0.0),
            snapshot,
            At("warm-start", 3, lambda: setattr(memory, "on", True)),
        )
    begun = short.train(short.recipe(tmp_path / "halved.yaml", dropout=0.0, **HALVED), snapshot)
    assert found["metrics"]["stages"][0]["micro_batch"]["halved_at"] == [4]
    for one, other in zip(found["metrics"]["stages"], begun["metrics"]["stages"], strict=True):
        assert (one["steps"], one["tokens"]) == (other["steps"], other["tokens"])
        for point, expected in zip(one["loss"], other["loss"], strict=True):
            assert (point["step"], point["learning_rate"]) == (expected["step"], expected["learning_rate"])
            assert point["loss"] == pytest.approx(expected["loss"], abs=1e-6)


def test_epochs_that_end_within_a_step_have_as_many_steps(data_dir: Path, tmp_path: Path) -> None:
    """A single row is left for the last step of each epoch of the pairs."""
    snapshot = sample.write(tmp_path / "few", sample.pairs("drhast")[:10], sample.articles()[:2])
    epochs = {"max_steps": -1, "num_train_epochs": 2, "save_steps": 50, "logging_steps": 1}
    three = short.recipe(tmp_path / "three.yaml", **epochs, per_device_train_batch_size=3)
    with Embedded(short.scarce).hooked():
        found = short.train(three, snapshot)
    ones = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 3}
    begun = short.train(short.recipe(tmp_path / "one.yaml", **(epochs | ones)), snapshot)
    assert [stage["micro_batch"]["rows"] for stage in found["metrics"]["stages"]] == [1, 1, 1]
    assert found["model_sha256"] == begun["model_sha256"]
    assert _curves(found) == _curves(begun)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("corpus", r"with one row of up to 128 tokens, which cannot be halved: lower the stage's max_length"),
        ("pairs", r"with one pack of 384 tokens, which cannot be halved: lower the stage's max_length"),
    ],
)
def test_a_single_row_or_pack_that_does_not_fit_is_an_error_that_says_what_to_change(
    snapshot: Path, data_dir: Path, tmp_path: Path, stage: str, said: str
) -> None:
    wanted = short.recipe(tmp_path / "none.yaml")
    with (
        Embedded(short.none_left).hooked(on=False) as memory,
        pytest.raises(TabibError, match=f"{stage}: out of memory at step 5 {said}"),
    ):
        short.train(wanted, snapshot, At(stage, 4, lambda: setattr(memory, "on", True)))
    (checkpoints,) = data_dir.glob(f"runs/*/work/*-{stage}.partial/checkpoints")
    assert newest_whole(checkpoints)[0].name == "checkpoint-4"


@given(rows=st.integers(1, 300), accumulated=st.integers(1, 300))
def test_a_smaller_micro_batch_has_at_most_half_the_rows_and_makes_the_same_step(rows: int, accumulated: int) -> None:
    smaller = MicroBatch(rows, accumulated).smaller(9)
    if rows == 1:
        assert smaller is None
        return
    assert smaller is not None
    assert smaller.rows <= rows // 2
    assert smaller.rows * smaller.accumulated == rows * accumulated
    assert rows % 2 or smaller == MicroBatch(rows // 2, accumulated * 2, (9,))
    assert smaller.halved_at == (9,)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("no room"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:126] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED."), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (RuntimeError(7), False),
        (RuntimeError(), False),
        (ValueError("CUDA out of memory."), False),
    ],
)
def test_what_fewer_rows_may_help(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{}",
        '{"rows": 0, "accumulated": 4, "halved_at": []}',
        '{"rows": 2, "accumulated": 3, "halved_at": []}',
    ],
)
def test_what_is_kept_is_believed_only_where_it_makes_the_recipes_step(tmp_path: Path, written: str) -> None:
    stage = load(short.recipe(tmp_path / "four.yaml")).content.stages[0]
    (tmp_path / halving.KEPT).write_text(written, encoding="utf-8")
    assert halving.begun(stage, tmp_path) == MicroBatch(4, 1)
    halving.keep(MicroBatch(2, 2, (3,)), tmp_path)
    assert halving.begun(stage, tmp_path) == MicroBatch(2, 2, (3,))
    assert json.loads((tmp_path / halving.KEPT).read_text())["halved_at"] == [3]


def _curves(state: dict[str, Any]) -> list[list[dict[str, float]]]:
    return [stage["loss"] for stage in state["metrics"]["stages"]]


def _figures(line: dict[str, Any]) -> dict[str, Any]:
    return {key: line[key] for key in line if key != "seconds"}


def _logs(data_dir: Path, state: dict[str, Any]) -> list[Path]:
    return list((data_dir / "runs" / state["name"] / "logs").iterdir())
