"""The measures of a stage while it trains, a line of JSON each time it logs: read them with anything.

`step`, `loss` (nats a token, mean since the line before), `learning_rate`, `grad_norm` (before it was clipped),
`tokens` (read so far) and `seconds` (trained so far, over all attempts). The recipe's logging_steps says how often.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from storage.blobs import flush, write_whole
from trainer.events import Events


class StepLog(TrainerCallback):
    """Writes the log at `path`, and the same as events; a resumed training goes on with it from its own step."""

    def __init__(self, path: Path, seconds: Callable[[], float], events: Events | None = None) -> None:
        self.path, self.seconds, self.events = path, seconds, events

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Called by transformers' Trainer: drop what was logged after the step it goes on from."""
        if state.is_world_process_zero:
            cut(self.path, state.global_step)
            if self.events:
                self.events.begin(read(self.path))

    def on_log(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Called by transformers' Trainer."""
        logs = kwargs.get("logs", {})
        if "loss" not in logs or not state.is_world_process_zero:
            return
        line = {"step": state.global_step}
        line |= {key: _number(logs.get(key)) for key in ("loss", "learning_rate", "grad_norm")}
        line |= {"tokens": int(state.num_input_tokens_seen), "seconds": round(self.seconds(), 3)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self.events:
            self.events.line(line)

    def on_save(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Called by transformers' Trainer: after a power cut the log reaches as far as the checkpoint."""
        if state.is_world_process_zero and self.path.exists():
            flush(self.path)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines that are whole, in the order of their steps; nothing where there is no log."""
    try:
        written = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    lines: list[dict[str, Any]] = []
    for line in filter(None, map(_parsed, written)):
        if not lines or line["step"] > lines[-1]["step"]:
            lines.append(line)
    return lines


def cut(path: Path, step: int) -> None:
    """Leave the lines up to `step`; a line that a kill cut short goes too."""
    kept = "".join(json.dumps(line) + "\n" for line in read(path) if line["step"] <= step).encode()
    if not path.exists() or path.read_bytes() != kept:
        write_whole(path, kept)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("step"), int) else None


def _number(value: Any) -> float | None:
    """What JSON can carry: it has no NaN."""
    return float(value) if value is not None and math.isfinite(value) else None
