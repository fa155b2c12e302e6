"""The processes of one training that torchrun or `accelerate launch` started: the first decides and writes.

Whatever is made once (a snapshot's row, encoded data, a merged model, a checkpoint's mark) is made by the first process
while the others wait, and is read by all. They need one data folder (TABIB_DATA_DIR) that all machines see. Started
alone, a process is the first and nothing here waits or imports torch.
"""

import atexit
import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from storage.errors import TabibError, UsageError
from trainer.recipe import Recipe

T = TypeVar("T")
NEEDED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
STEP = dt.timedelta(minutes=30)  # as TrainingArguments.ddp_timeout: a process that takes longer for a step hangs
FIRSTS_WORK = dt.timedelta(days=2)  # an export, or encoding a corpus: whoever waits is ended when the first one dies
LOST = ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer", "Timed out")

_waiting: list[Any] = []  # the group that waits for the first process, while there is one


def count() -> int:
    """How many processes train together."""
    return int(os.environ["WORLD_SIZE"]) if all(os.environ.get(name) for name in NEEDED) else 1


def is_first() -> bool:
    """Whether this process is the one that writes."""
    return count() == 1 or int(os.environ["RANK"]) == 0


def number() -> int:
    """This process's, from 0."""
    return int(os.environ["RANK"]) if count() > 1 else 0


@contextmanager
def together() -> Iterator[None]:
    """Within the block the processes know each other. Raises TabibError in one that lost another."""
    if count() == 1:
        yield
        return
    try:
        _meet()
        yield
    except RuntimeError as error:
        if any(words in str(error) for words in LOST):
            raise TabibError(_lost()) from error
        raise


def _meet() -> None:
    """Once a process: a launcher's store keeps the addresses of groups that are gone."""
    if _waiting:
        return
    import torch
    from torch import distributed

    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=STEP)
    _waiting.append(distributed.new_group(backend="gloo", timeout=FIRSTS_WORK))
    atexit.register(distributed.destroy_process_group)


def first(action: Callable[[], T]) -> T:
    """What the first process gets from `action`, in all of them. An error of it is raised there, and ends the others.

    What it gives is pickled: paths, figures, memory-mapped data.
    """
    if count() == 1:
        return action()
    from torch import distributed

    sent: list[Any] = [False, None]
    if is_first():
        try:
            sent = [True, action()]
        finally:
            distributed.broadcast_object_list(sent, 0, group=_waiting[0])
    else:
        distributed.broadcast_object_list(sent, 0, group=_waiting[0])
    if not sent[0]:
        raise TabibError(f"process {number()} stops, as the first one did: see what that says")
    return cast("T", sent[1])


def every(value: bool) -> bool:
    """Whether it is so in all processes; each waits here for the others."""
    if count() == 1:
        return value
    from torch import distributed

    found: list[Any] = [None] * count()
    distributed.all_gather_object(found, value, group=_waiting[0])
    return all(found)


def require(recipe: Recipe, rows_of_a_step: Callable[[Any], int]) -> None:
    """Raise UsageError where a step of some stage cannot be divided among the processes, or FSDP has only one."""
    made = recipe.content.base.make
    stages = ([made.warm_start] if made else []) + list(recipe.content.stages)
    if count() == 1 and any(stage.training.get("fsdp") for stage in stages):
        raise UsageError(
            f"recipe {recipe.name} cuts the model up among several processes (TrainingArguments.fsdp), nothing was "
            "trained: start it by `torchrun --nproc-per-node GPUS --no-python trainer export-and-train …`"
        )
    in_order = [s.name for s in stages if count() > 1 and s.training.get("train_sampling_strategy") == "sequential"]
    if in_order:
        raise UsageError(
            f"TrainingArguments.train_sampling_strategy: sequential in {', '.join(in_order)} is for one process, as "
            "several would train on some rows twice; nothing was trained: leave it out"
        )
    uneven = {stage.name: rows for stage in stages if (rows := rows_of_a_step(stage)) % count()}
    if uneven:
        told = ", ".join(f"{rows} in {name}" for name, rows in uneven.items())
        raise UsageError(
            f"{count()} processes cannot share the rows of a step evenly ({told}), nothing was trained: start as many "
            "as divide per_device_train_batch_size x gradient_accumulation_steps"
        )


def _lost() -> str:
    return (
        f"process {number()} lost another one of the training: see what that says; the last whole checkpoint is kept, "
        "the same command goes on from it"
    )
