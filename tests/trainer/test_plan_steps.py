"""Optimizer steps of a plan against those that trainings take, pass by pass."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Trainer, TrainingArguments

from tests.trainer.conftest import Trained
from tests.trainer.short import of_a_base
from trainer.plan.asked import Asked
from trainer.plan.gpus import named
from trainer.plan.planning import plan
from trainer.plan.steps import Steps
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.train import export_and_train

PASSES, ROWS, ACCUMULATED = 3, 4, 8


@pytest.fixture
def in_passes(tmp_path: Path) -> str:
    """A recipe of PASSES passes over few rows, none of which fill the last step."""
    path = Path(of_a_base(tmp_path))
    recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    for stage in recipe["stages"]:
        training = stage["TrainingArguments"]
        training |= {"num_train_epochs": PASSES, "per_device_train_batch_size": ROWS}
        training |= {"gradient_accumulation_steps": ACCUMULATED}
        del training["max_steps"]
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return str(path)


def test_a_run_in_passes_takes_the_steps_of_its_plan(
    in_passes: str, trained: Trained, snapshot: Path, data_dir: Path
) -> None:
    base = str(trained.folder / "merged")
    run = export_and_train(Request(in_passes, snapshot=str(snapshot), model=base), Reporter())
    asked = Asked(in_passes, named("a100-40gb"), snapshot=str(snapshot), model=base)
    stages = plan(asked, asked.take_snapshot(load(in_passes)))["stages"]
    taken = [stage["steps"] for stage in run["metrics"]["stages"]]
    assert [stage["batching"]["optimizer_steps"] for stage in stages] == taken
    assert all(steps % PASSES == 0 for steps in taken)
    assert [stage["data"]["passes"] for stage in stages] == [PASSES, PASSES]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 90),
    size=st.integers(1, 9),
    accumulated=st.integers(1, 9),
    passes=st.floats(0.05, 4),
    most=st.one_of(st.just(-1), st.integers(1, 40)),
)
def test_steps_are_those_of_the_library(rows: int, size: int, accumulated: int, passes: float, most: int) -> None:
    said = {"num_train_epochs": passes, "max_steps": most}
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=size, gradient_accumulation_steps=accumulated, use_cpu=True, **said
        )
        trainer = Trainer(torch.nn.Linear(1, 1), arguments, train_dataset=[{"x": n} for n in range(rows)])
        *_, librarys = trainer.set_initial_training_values(arguments, trainer.get_train_dataloader())
    assert Steps.of(said, rows, size, accumulated).count == librarys


@pytest.mark.parametrize(("most", "rows_read"), [(2, 64), (4, 100), (5, 132), (8, 200)])
def test_the_last_step_of_a_pass_reads_what_is_left(most: int, rows_read: int) -> None:
    """Four steps a pass over 100 rows: of 32, 32, 32 and 4."""
    planned = Steps.of({"num_train_epochs": 3, "max_steps": most}, 100, ROWS, ACCUMULATED)
    assert planned.passes * 100 == pytest.approx(rows_read)


def test_rows_that_a_sample_stands_for_are_whole() -> None:
    """3,000 of 60,000 sequences stand for 20 each, give or take the last bit."""
    counted = Steps.of({"num_train_epochs": 1, "max_steps": -1}, 64 * (1 + 1e-12), ROWS, ACCUMULATED)
    assert counted.count == 2
