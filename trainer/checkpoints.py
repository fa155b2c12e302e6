"""Checkpoints inside a stage: only one that was written whole is ever gone on from."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from storage.blobs import flush, flush_all, write_whole
from storage.errors import TabibError
from storage.snapshots import file_sha256
from trainer import lineage, ranks

MARK = "whole.json"


class Keeper(TrainerCallback):
    """Marks each checkpoint, once it lies on the disk, with the hash of its files and the seconds spent so far."""

    def __init__(self, seconds_before: float, on_saved: Callable[[], None]) -> None:
        self.seconds_before, self.on_saved, self.started = seconds_before, on_saved, time.monotonic()
        self.stopped: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds the stage trained, over all its attempts as far as they were kept."""
        return self.seconds_before + (self.stopped or time.monotonic()) - self.started

    def stop(self) -> None:
        """Count no further."""
        self.stopped = time.monotonic()

    def on_save(self, args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Called by transformers' Trainer after it wrote a checkpoint."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        finite = all(bool(torch.isfinite(p).all()) for p in kwargs["model"].parameters() if p.requires_grad)
        if not ranks.every(finite):  # each process has written its own part of the checkpoint by then
            ranks.first(lambda: shutil.rmtree(folder))
            raise TabibError(f"the weights are no numbers any more at step {state.global_step}: lower learning_rate")
        ranks.first(lambda: self._mark(folder))

    def _mark(self, folder: Path) -> None:
        lineage.write(folder)
        flush_all(folder)
        hashes = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
        write_whole(folder / MARK, json.dumps({"files": hashes, "seconds": self.seconds}).encode())
        flush(folder.parent)
        self.on_saved()


def newest_whole(folder: Path, note: Callable[[str], None] | None = None) -> tuple[Path | None, float]:
    """The last checkpoint under `folder` whose files match its mark, and its seconds; later ones are removed.

    `note` is told of each of those. Raises OSError where a disk does not answer: nothing is removed for that.
    """
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=lambda path: -int(path.name.split("-")[1])):
        try:
            return checkpoint, _seconds(checkpoint)
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError) as error:
            if note:
                lacks = "it was not written to its end" if isinstance(error, FileNotFoundError) else str(error)
                note(f"{checkpoint.name} is not whole ({lacks}) and is removed: what lies before it is gone on from")
            shutil.rmtree(checkpoint)
    return None, 0.0


def _seconds(checkpoint: Path) -> float:
    mark = json.loads((checkpoint / MARK).read_text(encoding="utf-8"))
    for name, sha256 in mark["files"].items():
        if not (checkpoint / name).is_file() or file_sha256(checkpoint / name) != sha256:
            raise ValueError(f"{name} is not what was written")
    return float(mark["seconds"])
