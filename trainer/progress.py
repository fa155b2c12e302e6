"""What a person at a terminal sees of a training: a bar with loss, tokens a second and the time left."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback

from trainer import ranks


class Reporter:
    """Notes go to the error stream as lines; bars only when that is a terminal. Of several processes the first's."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)

    def note(self, line: str) -> None:
        """One line that a user should not miss."""
        if not ranks.is_first():
            return
        if self.console.is_terminal:
            self.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr)  # noqa: T201  the error stream of a command

    @contextmanager
    def bar(self, stage: str) -> Iterator[TrainerCallback | None]:
        """A callback for transformers' Trainer that moves a bar; None when nobody watches."""
        if not self.console.is_terminal or not ranks.is_first():
            yield None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
        )
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console) as progress:
            yield _Bar(progress, progress.add_task(stage, total=None, figures=""))


class _Bar(TrainerCallback):
    def __init__(self, progress: Progress, task: Any) -> None:
        self.progress, self.task = progress, task
        self.begun: tuple[float, int] | None = None

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        self.progress.update(self.task, total=state.max_steps, completed=state.global_step)

    def on_log(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        loss, now = kwargs.get("logs", {}).get("loss"), self.progress.get_time()
        if loss is None:
            return
        since, tokens = self.begun or (now, state.num_input_tokens_seen)
        self.begun = since, tokens
        rate = f"{(state.num_input_tokens_seen - tokens) / (now - since):,.0f} tokens/s" if now > since else ""
        self.progress.update(self.task, figures=f"loss {float(loss):.3f} {rate}")
