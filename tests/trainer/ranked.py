"""One of the processes that torchrun starts: whole trainings, and one whose second process is killed on its way."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
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
TWO, KILLED, CUT_UP, INTERRUPTED = "two", "killed", "cut-up", "interrupted"  # the data folders


class SecondDies(At):
    """SIGKILL in the process that writes nothing."""

    def __init__(self) -> None:
        step = STEP if ranks.number() == 1 else 0
        super().__init__(STAGE, step, lambda: os.kill(os.getpid(), signal.SIGKILL))


def main(recipe: str, sharding: str, snapshot: str, base: str, home: Path) -> None:
    """`sharding` is the same recipe with FSDP."""

    def train(place: str, recipe: str, reporter: Callable[[], Reporter] = Reporter) -> None:
        os.environ["TABIB_DATA_DIR"] = str(home / place)
        settings.cache_clear()
        export_and_train(Request(recipe, snapshot=snapshot, model=base), reporter())

    train(TWO, recipe)
    with patch.object(PartialState, "__init__", _shards_on_the_cpu_too):
        train(CUT_UP, sharding)
        with suppress(KeyboardInterrupt):
            train(INTERRUPTED, sharding, lambda: At(STAGE, STEP, interrupt))
        train(INTERRUPTED, sharding)
    train(KILLED, recipe, SecondDies)


_begin = PartialState.__init__


def _shards_on_the_cpu_too(self: PartialState, *args: object, **kwargs: object) -> None:
    """torch does, over gloo; accelerate asks for GPUs before it lets it."""
    _begin(self, *args, **kwargs)
    if self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type = DistributedType.MULTI_GPU


if __name__ == "__main__":
    extra.settle()
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], Path(sys.argv[5]))
