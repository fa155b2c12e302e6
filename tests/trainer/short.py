"""Recipes of the smoke one's shape that train in seconds, and trainings under which something gives way."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.nn.modules.module import register_module_forward_hook
from transformers import CohereForCausalLM, TrainerCallback

from storage.settings import settings
from tests.trainer.conftest import SMOKE
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train

STEPS, SAVED, LOGGED = 7, 3, 2
PACK = 384
LONGEST_WAIT = 120  # seconds
ROWS = 2  # as many fit into the memory of `scarce`


def recipe(path: Path, dropout: float = 0.05, **training: Any) -> str:
    """Every stage of the smoke recipe in STEPS steps, `training` among its TrainingArguments."""
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    common = {"max_steps": STEPS, "save_steps": SAVED, "logging_steps": LOGGED, "per_device_train_batch_size": 4}
    for stage in (data["base"]["make"]["warm_start"], *data["stages"]):
        stage["TrainingArguments"] = stage["TrainingArguments"] | common | training
        if "LoraConfig" in stage:
            stage["LoraConfig"] = stage["LoraConfig"] | {"lora_dropout": dropout}
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def of_a_base(folder: Path, dtype: str = "float32", third: bool = False) -> str:
    """The same of a base that has to be given, in that format; with a third stage where one is wanted."""
    data = yaml.safe_load(Path(recipe(folder / "whole.yaml")).read_text(encoding="utf-8"))
    data["base"] = {"pretrained_model_name_or_path": "nobody/none", "dtype": dtype}
    if third:
        data["stages"].append(data["stages"][1] | {"name": "again"})
    path = folder / "given.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def train(wanted: str, snapshot: Path, reporter: Reporter | None = None) -> dict[str, Any]:
    """The state of a run trained in this test's data folder."""
    return export_and_train(Request(wanted, snapshot=str(snapshot)), reporter or Reporter())


def trained_apart(folder: Path, snapshot: Path, **training: Any) -> dict[str, Any]:
    """The state of a run of `recipe` in a data folder of its own, in `folder`."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATA_DIR", str(folder / "data"))
        settings.cache_clear()
        state = train(recipe(folder / "short.yaml", **training), snapshot)
    settings.cache_clear()
    return state


def interrupt() -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


class At(Reporter):
    """Does something after a step of a stage."""

    def __init__(self, stage: str, step: int, act: Callable[[], object]) -> None:
        super().__init__()
        self.stage, self.step, self.act = stage, step, act

    @contextmanager
    def bar(self, stage: str) -> Iterator[TrainerCallback | None]:
        yield _At(self) if stage == self.stage else None


class _At(TrainerCallback):
    def __init__(self, at: At) -> None:
        self.at = at

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        if state.global_step == self.at.step:
            self.at.act()


class Embedded:
    """Stands at the first layer of whatever is trained, or at the last, and gives way as it is told."""

    def __init__(
        self, give_way: Callable[[torch.Tensor, torch.Tensor], torch.Tensor | None], at_last: bool = False
    ) -> None:
        self.give_way, self.at_last, self.on = give_way, at_last, True
        self.ids = torch.empty(0)

    def __call__(self, module: torch.nn.Module, read: Any, given: Any) -> torch.Tensor | None:
        """torch's hook of a forward pass: token ids (rows, length) into the first layer, vectors out of either."""
        if not (self.on and module.training):
            return None
        if isinstance(module, torch.nn.Embedding):
            self.ids = read[0]
            return None if self.at_last else self.give_way(self.ids, given)
        if self.at_last and isinstance(module, CohereForCausalLM):
            self.give_way(self.ids, given.logits)
        return None

    @contextmanager
    def hooked(self, on: bool = True) -> Iterator["Embedded"]:
        """In force within the block, or from when `on` is set."""
        self.on = on
        handle = register_module_forward_hook(self)
        try:
            yield self
        finally:
            handle.remove()


def scarce(ids: torch.Tensor, _given: torch.Tensor) -> None:
    """Memory for ROWS rows, or as many packs."""
    if ids.shape[0] > ROWS or ids.numel() > ROWS * PACK:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def scarce_backward(ids: torch.Tensor, given: torch.Tensor) -> None:
    """The same found out at the end of the backward pass, when most gradients are made."""
    if given.requires_grad:
        given.register_hook(lambda _: scarce(ids, given))
    else:
        scarce(ids, given)


def none_left(_ids: torch.Tensor, _given: torch.Tensor) -> None:
    """Not even memory for a single row."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def killed_once_halved(wanted: str, snapshot: Path) -> None:
    """Train in a process of its own: from step 5 of the corpus on memory is scarce, after step 6 it is killed -9."""
    process = multiprocessing.get_context("spawn").Process(target=_halved_and_killed, args=(wanted, snapshot))
    process.start()
    process.join(LONGEST_WAIT)
    assert process.exitcode == -signal.SIGKILL


def _halved_and_killed(wanted: str, snapshot: Path) -> None:
    with Embedded(scarce).hooked(on=False) as memory:
        train(wanted, snapshot, _Dying(memory))


class _Dying(At):
    def __init__(self, memory: Embedded) -> None:
        super().__init__("corpus", 0, lambda: None)
        self.memory = memory

    @contextmanager
    def bar(self, stage: str) -> Iterator[TrainerCallback | None]:
        yield _Watch(self.memory) if stage == self.stage else None


class _Watch(TrainerCallback):
    def __init__(self, memory: Embedded) -> None:
        self.memory = memory

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        self.memory.on = state.global_step >= 5
        if state.global_step == 6:
            os.kill(os.getpid(), signal.SIGKILL)
