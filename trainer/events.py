"""A stage's log as TensorBoard reads it, made of the JSON lines of `trainer.steplog`: `tensorboard --logdir RUN`.

Each stage is a run there: `train/loss`, `train/learning_rate`, `train/grad_norm`, `train/tokens`, and of held-out pairs
`held_out/bits_per_byte` and `held_out/loss` before and after it. The time of a point is the seconds trained so far,
over all attempts. Where a training goes on the file is written anew, so that no step is there twice; under a new name,
by which a TensorBoard that watches takes the new one up.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

from storage.blobs import write_whole

MADE_BY = "brain.Event:2"  # the first record of every file, the version of what follows
TRAINING = ("loss", "learning_rate", "grad_norm", "tokens")
HELD_OUT = ("bits_per_byte", "loss")


class Events:
    """The event files of one stage, in a folder of their own; `before` is what held-out pairs measured before it."""

    def __init__(self, folder: Path, before: dict[str, float] | None) -> None:
        self.folder, self.before = folder, before

    def begin(self, lines: list[dict[str, Any]]) -> None:
        """Have one file with the lines of the log and nothing else."""
        older = list(self._files())
        number = max((int(path.name.split(".")[3]) for path in older), default=-1) + 1
        events = [Event(file_version=MADE_BY), *_of_pairs(self.before, 0, 0.0), *map(_of_line, lines)]
        write_whole(self.folder / f"events.out.tfevents.{number:010}", b"".join(map(_record, events)))
        for path in older:
            path.unlink()

    def line(self, line: dict[str, Any]) -> None:
        """Add a line of the log."""
        self._add([_of_line(line)])

    def end(self, after: dict[str, float] | None, step: int, seconds: float) -> None:
        """Add what held-out pairs measured after the stage."""
        self._add(_of_pairs(after, step, seconds))

    def _add(self, events: Iterable[Event]) -> None:
        with max(self._files()).open("ab") as file:
            file.write(b"".join(map(_record, events)))

    def _files(self) -> Iterator[Path]:
        return self.folder.glob("events.out.tfevents." + "[0-9]" * 10)


def _of_line(line: dict[str, Any]) -> Event:
    found = {f"train/{name}": line[name] for name in TRAINING if line.get(name) is not None}
    return _event(found, line["step"], line.get("seconds") or 0.0)


def _of_pairs(measured: dict[str, float] | None, step: int, seconds: float) -> list[Event]:
    return [_event({f"held_out/{name}": measured[name] for name in HELD_OUT}, step, seconds)] if measured else []


def _event(figures: dict[str, float], step: int, seconds: float) -> Event:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in figures.items()]
    return Event(wall_time=seconds, step=step, summary=Summary(value=values))


def _record(event: Event) -> bytes:
    """As TensorFlow frames a record: its length and itself, each with a checksum behind it."""
    data: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))
