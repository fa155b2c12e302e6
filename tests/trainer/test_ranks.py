"""Several processes that torchrun starts: the same training as that of one, and one folder that one of them writes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate.data_loader import SeedableRandomSampler

from storage.errors import UsageError
from storage.settings import settings
from tests.trainer import preferred, short
from tests.trainer.conftest import Trained
from tests.trainer.ranked import CUT_UP, INTERRUPTED, KILLED, PREFERRED, STEP, TWO
from trainer import halving, ranks
from trainer.collate import flattened
from trainer.data import UNTRAINED
from trainer.filled import Filled, Order
from trainer.halving import MicroBatch
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.train import export_and_train

PROJECT = Path(__file__).parents[2]
LONGEST_WAIT = 240
# Sums of float32 in another order: measured 2e-7 of the loss after seven steps, 3e-6 after sixteen.
SAME = 1e-4
PREFERENCES = 11
BIN = Path(sys.executable).parent
CONFIGURATION = PROJECT / "infra" / "cluster" / "accelerate.yaml"
# accelerate's options for two processes, with others that would train in another way; then the driver.
HOSTILE = (
    *(f"--config_file={CONFIGURATION}", "--num_processes=2", "--mixed_precision=bf16", "--dynamo_backend=eager"),
    *("--use_fsdp", "--fsdp_version=2", "--fsdp_offload_params=true", "--fsdp_reshard_after_forward=false"),
    *("-m", "tests.trainer.ranked"),
)


@dataclass(frozen=True)
class Runs:
    """The states of one training: by one process, by two, and by two that were killed and went on.

    Then by two that hold half of the model each, and by two of those that were interrupted and went on. And a training
    on preferences by one process and by two.
    """

    one: dict[str, Any]
    two: dict[str, Any]
    resumed: dict[str, Any]
    cut_up: dict[str, Any]
    cut_up_resumed: dict[str, Any]
    preferred: tuple[dict[str, Any], dict[str, Any]]
    place: Path
    folder: Path
    said: str


@pytest.fixture(scope="module")
def runs(trained: Trained, snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Epochs end unevenly: 53 documents and 50 packs in steps of 8 rows, which the recipe takes 4 at a time."""
    place = tmp_path_factory.mktemp("ranks")
    training = {"max_steps": 16, "save_steps": 5, "gradient_accumulation_steps": 2}
    recipe, base = short.recipe(place / "short.yaml", dropout=0.0, **training), str(trained.folder / "base")
    short.recipe(place / "sharding.yaml", dropout=0.0, fsdp=True, fsdp_config={}, **training)
    preferring = _preferring(place / "preferring.yaml")
    preferences = str(preferred.write(place / "preferences", preferred.rows(PREFERENCES)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATA_DIR", str(place / "one"))
        settings.cache_clear()
        one = export_and_train(Request(recipe, snapshot=str(snapshot), model=base), Reporter())
        prefers = export_and_train(Request(preferring, snapshot=preferences, model=base), Reporter())
    settings.cache_clear()
    driver = [sys.executable, "-m", "tests.trainer.ranked", "main", str(place), base, str(snapshot)]
    killed = _torchrun(driver, place)
    assert killed.returncode != 0, killed.stderr
    folder = place / KILLED / "runs" / one["name"]
    assert list(folder.glob("work/1-pairs.partial/checkpoints/checkpoint-10/whole.json")), killed.stderr
    command = [str(BIN / "trainer"), "export-and-train", "--recipe", recipe, "--json"]
    resumed = _torchrun([*command, "--resume"], place / KILLED)
    assert resumed.returncode == 0, resumed.stderr
    two, cut_up, interrupted, shared = (_state(place / home) for home in (TWO, CUT_UP, INTERRUPTED, PREFERRED))
    gone_on = json.loads(resumed.stdout)
    return Runs(one, two, gone_on, cut_up, interrupted, (prefers, shared), place, folder, resumed.stderr)


@pytest.mark.parametrize("among", ["two", "cut_up"])
def test_two_processes_train_as_one(runs: Runs, among: str) -> None:
    several = getattr(runs, among)
    assert (runs.one["metrics"]["processes"], several["metrics"]["processes"]) == (1, 2)
    for alone, shared in zip(runs.one["metrics"]["stages"], several["metrics"]["stages"], strict=True):
        assert alone["parameters"] == shared["parameters"]
        assert (alone["steps"], alone["rows"]) == (shared["steps"], shared["rows"])
        assert [_figures(point) for point in shared["loss"]] == [
            pytest.approx(_figures(point), rel=SAME) for point in alone["loss"]
        ]
        assert shared["held_out"]["after"]["loss"] == pytest.approx(alone["held_out"]["after"]["loss"], rel=SAME)
        # A blank token for each row that the last round of an epoch lacks: at most 7, at the ends of two epochs.
        assert 0 <= shared["tokens"] - alone["tokens"] <= 7 * 2


def test_two_processes_prefer_as_one(runs: Runs) -> None:
    """Eleven preferences in steps of four: two epochs end with a step of three."""
    (alone,), (shared,) = (state["metrics"]["stages"] for state in runs.preferred)
    assert (alone["rows"]["rows_preferences"], alone["steps"], shared["steps"]) == (PREFERENCES, 6, 6)
    assert [_figures(point) for point in shared["loss"]] == [
        pytest.approx(_figures(point), rel=SAME) for point in alone["loss"]
    ]
    likelier = [stage["preferences"].pop("likelier") for stage in (alone, shared)]
    assert likelier[0] == likelier[1]
    assert shared["preferences"] == pytest.approx(alone["preferences"], rel=1e-3)
    assert shared["tokens"] - alone["tokens"] == 2 * 2  # of the two answers of a blank row at the ends of two epochs


def test_killed_and_gone_on_with_it_is_the_same_model(runs: Runs) -> None:
    assert runs.resumed["model_sha256"] == runs.two["model_sha256"]
    curves = [[stage["loss"] for stage in state["metrics"]["stages"]] for state in (runs.resumed, runs.two)]
    assert curves[0] == curves[1]


def test_interrupted_and_gone_on_with_it_is_the_same_cut_up_model(runs: Runs) -> None:
    assert runs.cut_up_resumed["model_sha256"] == runs.cut_up["model_sha256"]
    assert len(runs.cut_up_resumed["metrics"]["energy"]["attempts"]) == 2


def test_fsdp_is_never_left_out_unsaid(trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    recipe = short.recipe(tmp_path / "sharding.yaml", fsdp=True, fsdp_config={})
    with pytest.raises(UsageError, match="cuts the model up among several processes"):
        export_and_train(Request(recipe, snapshot=str(snapshot), model=str(trained.folder / "base")), Reporter())


@pytest.fixture(scope="module")
def launched(runs: Runs, trained: Trained, snapshot: Path) -> subprocess.CompletedProcess[str]:
    """The command that goes on, under a configuration that asks for what the recipe does not say."""
    recipe, home = str(runs.place / "sharding.yaml"), runs.place / "launched"
    killed = _accelerate([*HOSTILE, "killed", recipe, str(trained.folder / "base"), str(snapshot)], home)
    assert killed.returncode != 0, killed.stderr
    assert list(home.glob("runs/*/work/1-pairs.partial/checkpoints/checkpoint-10/whole.json")), killed.stderr
    return _accelerate([*HOSTILE, "resumed", recipe], home)


def test_what_accelerate_launches_is_the_same_model(runs: Runs, launched: subprocess.CompletedProcess[str]) -> None:
    assert launched.returncode == 0, launched.stderr
    state = _state(runs.place / "launched")
    assert state["model_sha256"] == runs.cut_up["model_sha256"]
    curves = [[stage["loss"] for stage in found["metrics"]["stages"]] for found in (state, runs.cut_up)]
    assert curves[0] == curves[1]
    assert (
        launched.stderr.count("accelerate's mixed_precision, dynamo_backend, fsdp_config left aside: the recipe") == 1
    )


def test_accelerates_one_process_in_place_of_several_is_refused(runs: Runs, snapshot: Path) -> None:
    recipe = str(runs.place / "short.yaml")
    command = [str(BIN / "trainer"), "export-and-train", "--recipe", recipe, "--snapshot", str(snapshot)]
    ended = _accelerate(["--cpu", "--num_processes=2", "--no_python", *command], runs.place / "alone")
    assert ended.returncode != 0
    assert "asked for several processes and started one" in ended.stderr
    assert not (runs.place / "alone").exists()


def test_the_first_process_alone_writes_and_speaks(runs: Runs) -> None:
    names = {path.name for path in runs.folder.iterdir()}
    assert names == {"adapter", "base", "energy.json", "lock", "logs", "merged", "run.json", "tensorboard"}
    assert runs.said.count("pairs: going on from step 10\n") == 1
    assert len(json.loads((runs.folder / "energy.json").read_text())) == 2  # one reading for each attempt
    steps = [json.loads(line)["step"] for line in (runs.folder / "logs" / "1-pairs.jsonl").read_text().splitlines()]
    assert steps == list(range(short.LOGGED, 17, short.LOGGED))
    assert STEP > 10


def test_the_order_is_that_of_one_process_and_then_blank() -> None:
    filled = Filled([{"input_ids": [n], "labels": [n], "seq_lengths": [1]} for n in range(11)], 4)
    order, alone = Order(filled, 7), SeedableRandomSampler(range(11), data_seed=7)
    for _ in range(2):
        found = list(order)
        assert (found[:11], found[11:]) == (list(alone), [11])
    assert len(order) == len(filled) == 12
    assert filled[11]["labels"] == [UNTRAINED]
    order.set_epoch(0)
    assert list(order)[:11] == list(SeedableRandomSampler(range(11), data_seed=7))


def test_packs_that_are_all_blank_train_nothing(trained: Trained) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(trained.folder / "base")
    blank = Filled([{"input_ids": [5], "labels": [5]}], 3)[1]
    loss = model(**flattened([blank, blank]), num_items_in_batch=torch.tensor(9)).loss
    loss.backward()
    assert loss.item() == 0
    assert all(weights.grad is None or not weights.grad.any() for weights in model.parameters())


@pytest.mark.parametrize(
    ("processes", "rows", "accumulated", "expected"),
    [(2, 4, 2, (4, 1)), (2, 4, 1, (2, 1)), (4, 2, 16, (2, 4)), (3, 4, 3, (4, 1)), (8, 6, 4, (3, 1))],
)
def test_a_step_has_the_recipes_rows_among_however_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int, rows: int, accumulated: int, expected: Any
) -> None:
    recipe = short.recipe(
        tmp_path / "r.yaml", per_device_train_batch_size=rows, gradient_accumulation_steps=accumulated
    )
    stage = load(recipe).content.stages[0]
    _among(monkeypatch, processes)
    training = halving.begun(stage, tmp_path).of(stage).training
    assert (training[halving.ROWS], training[halving.ACCUMULATED]) == expected
    assert expected[0] * expected[1] * processes == rows * accumulated


def test_a_smaller_micro_batch_divides_among_the_processes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _among(monkeypatch, 2)
    smaller = MicroBatch(6, 2).smaller(1)
    assert smaller is not None
    assert (smaller.rows, smaller.accumulated) == (3, 4)


def test_processes_that_cannot_share_a_step_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load(short.recipe(tmp_path / "r.yaml"))
    ranks.require(recipe, halving.rows_of_a_step)
    _among(monkeypatch, 3)
    with pytest.raises(UsageError, match=r"3 processes cannot share the rows of a step evenly \(4 in warm-start"):
        ranks.require(recipe, halving.rows_of_a_step)


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")  # as some clusters set it for whatever they start
    assert (ranks.count(), ranks.is_first(), ranks.number()) == (1, True, 0)
    assert ranks.first(lambda: 3) == 3
    assert not ranks.every(False)


def _torchrun(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--no-python"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "TABIB_DATA_DIR": str(home)}
    return subprocess.run(
        [*torchrun, *command], env=environment, capture_output=True, text=True, timeout=LONGEST_WAIT, check=False
    )


def _preferring(path: Path) -> str:
    """The last stage of the recipe of the tests of preferences, in two epochs."""
    data = yaml.safe_load(Path(preferred.PREFERRING).read_text(encoding="utf-8"))
    (*_, stage) = data["stages"]
    stage["TrainingArguments"] |= {"max_steps": 6, "save_steps": 5}
    path.write_text(yaml.safe_dump(data | {"stages": [stage]}), encoding="utf-8")
    return str(path)


def _accelerate(options: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "TABIB_DATA_DIR": str(home)}
    command = [str(BIN / "accelerate"), "launch", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_WAIT, check=False)


def _state(home: Path) -> dict[str, Any]:
    (run,) = home.glob("runs/*/run.json")
    found: dict[str, Any] = json.loads(run.read_text(encoding="utf-8"))
    return found


def _among(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    values = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": str(processes), "MASTER_ADDR": "::1", "MASTER_PORT": "1"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def _figures(point: dict[str, float]) -> list[float]:
    return [point[key] for key in ("step", "loss", "grad_norm", "learning_rate")]
