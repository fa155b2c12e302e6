"""One of the processes that torchrun starts: whole trainings, and one whose second process is killed on its way.

Or one of those that `accelerate launch` starts: a training of the model that FSDP cuts up, killed or gone on with.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from accelerate.state import PartialState
from accelerate.utils import DistributedType

from storage.settings import settings
from tests.trainer.short import At, interrupt
from trainer import extra, ranks
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train

STAGE, STEP = "pairs", 11
# The data folders.
TWO, KILLED, CUT_UP, INTERRUPTED, PREFERRED = "two", "killed", "cut-up", "interrupted", "preferred"


class SecondDies(At):
    """SIGKILL in the process that writes nothing."""

    def __init__(self) -> None:
        step = STEP if ranks.number() == 1 else 0
        super().__init__(STAGE, step, lambda: os.kill(os.getpid(), signal.SIGKILL))


def main(home: Path, base: str, snapshot: str) -> None:
    """`home` holds the recipes, and the snapshot with preferences."""
    recipe, sharding, preferring = (str(home / f"{name}.yaml") for name in ("short", "sharding", "preferring"))

    def train(place: str, recipe: str, reporter: Callable[[], Reporter] = Reporter, read: str = snapshot) -> None:
        os.environ["TABIB_DATA_DIR"] = str(home / place)
        settings.cache_clear()
        export_and_train(Request(recipe, snapshot=read, model=base), reporter())

    train(TWO, recipe)
    train(PREFERRED, preferring, read=str(home / "preferences"))
    with sharding_on_the_cpu():
        train(CUT_UP, sharding)
        with suppress(KeyboardInterrupt):
            train(INTERRUPTED, sharding, lambda: At(STAGE, STEP, interrupt))
        train(INTERRUPTED, sharding)
    train(KILLED, recipe, SecondDies)


def killed(recipe: str, base: str, snapshot: str) -> None:
    """The same with FSDP, of which the second process dies."""
    with sharding_on_the_cpu():
        export_and_train(Request(recipe, snapshot=snapshot, model=base), SecondDies())


def resumed(recipe: str) -> None:
    """Gone on with."""
    with sharding_on_the_cpu():
        export_and_train(Request(recipe, resume=True), Reporter())


def sharding_on_the_cpu() -> Any:
    """A block within which accelerate lets processes without GPUs shard."""
    return patch.object(PartialState, "__init__", _shards_on_the_cpu_too)


_begin = PartialState.__init__


def _shards_on_the_cpu_too(self: PartialState, *args: object, **kwargs: object) -> None:
    """torch does, over gloo; accelerate asks for GPUs before it lets it."""
    _begin(self, *args, **kwargs)
    if self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type = DistributedType.MULTI_GPU


if __name__ == "__main__":
    extra.settle()
    what, place, *rest = sys.argv[1:]
    if what == "main":
        main(Path(place), *rest)
    else:
        {"killed": killed, "resumed": resumed}[what](place, *rest)
