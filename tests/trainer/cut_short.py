"""Trainings that end at a chosen step: a watcher in another process would have to win a race against them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tests.trainer.conftest import SMOKE
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train


class Interrupted(Reporter):
    """Ctrl-C in the warm start, after its checkpoint at step 30 and before the next."""

    stage, step = "warm-start", 35

    def end(self) -> None:
        raise KeyboardInterrupt

    @contextmanager
    def bar(self, stage: str) -> Iterator[TrainerCallback | None]:
        yield _At(self) if stage == self.stage else None


class Killed(Interrupted):
    """SIGKILL in the last stage, after its checkpoint at step 20 and before the next."""

    stage, step = "pairs", 25

    def end(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class _At(TrainerCallback):
    def __init__(self, cut: Interrupted) -> None:
        self.cut = cut

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        if state.global_step == self.cut.step:
            self.cut.end()


def train_and_die(snapshot: Path) -> None:
    """Goes on with the run in a process of its own, which does not come back."""
    export_and_train(Request(SMOKE, snapshot=str(snapshot)), Killed())
