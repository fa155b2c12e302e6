"""The logs as TensorBoard reads them: the same figures as the lines, no step twice after a kill."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from tests.trainer import short
from tests.trainer.conftest import Trained
from tests.trainer.short import At
from trainer.events import Events
from trainer.progress import Reporter
from trainer.request import Request
from trainer.steplog import read as read_log
from trainer.train import export_and_train

Points = list[tuple[int, float, float]]
TRAINING = ("loss", "learning_rate", "grad_norm", "tokens")


def test_every_stage_is_a_run_with_the_figures_of_its_log(trained: Trained) -> None:
    for stage, name in zip(trained.state["metrics"]["stages"], ("0-warm-start", "1-corpus", "2-pairs"), strict=True):
        found = _scalars(trained.folder / "tensorboard" / name)
        assert set(found) == {f"train/{tag}" for tag in TRAINING} | {"held_out/bits_per_byte", "held_out/loss"}
        lines = read_log(trained.folder / "logs" / f"{name}.jsonl")
        for tag in TRAINING:
            expected = [(line["step"], _as_float32(line[tag]), line["seconds"]) for line in lines]
            assert found[f"train/{tag}"] == expected
        for tag in ("bits_per_byte", "loss"):
            before, after = found[f"held_out/{tag}"]
            assert before == (0, _as_float32(stage["held_out"]["before"][tag]), 0.0)
            assert after[:2] == (stage["steps"], _as_float32(stage["held_out"]["after"][tag]))
            assert after[2] >= lines[-1]["seconds"]


def test_what_was_undone_is_not_in_the_events(snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    """Interrupted after step 5, gone on with from step 3; a record that a kill cut short goes too."""
    wanted = Request(short.recipe(tmp_path / "short.yaml", logging_steps=1), snapshot=str(snapshot))
    with pytest.raises(KeyboardInterrupt):
        export_and_train(wanted, At("corpus", 6, short.interrupt))
    (file,) = data_dir.glob("runs/*/tensorboard/1-corpus/*")
    assert [step for step, *_ in _scalars(file.parent)["train/loss"]] == [1, 2, 3, 4, 5]
    with file.open("ab") as written:
        written.write(file.read_bytes()[:70])
    state = export_and_train(wanted, Reporter())
    found = _scalars(file.parent)
    assert [step for step, *_ in found["train/loss"]] == list(range(1, short.STEPS + 1))
    assert [step for step, *_ in found["held_out/loss"]] == [0, short.STEPS]
    losses = [_as_float32(point["loss"]) for point in state["metrics"]["stages"][1]["loss"]]
    assert [value for _, value, _ in found["train/loss"]] == losses
    assert not file.exists()  # one that watches it would not see it replaced
    assert len(list(file.parent.iterdir())) == 1


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    """So are held-out pairs where there are none; the file begins as TensorBoard wants it."""
    events = Events(tmp_path / "any", None)
    events.begin([{"step": 2, "loss": 1.5, "grad_norm": None}, {"step": 4}])
    events.line({"step": 6, "loss": None, "tokens": 30, "seconds": 2.5})
    events.end(None, 6, 3.0)
    first, *others = _events(tmp_path / "any")
    assert first.file_version == "brain.Event:2"
    assert _scalars(tmp_path / "any") == {"train/loss": [(2, 1.5, 0.0)], "train/tokens": [(6, 30.0, 2.5)]}
    assert [event.step for event in others] == [2, 4, 6]


def test_the_names_of_later_files_come_later(tmp_path: Path) -> None:
    names = []
    for _ in range(12):
        Events(tmp_path, None).begin([])
        names += [path.name for path in tmp_path.iterdir()]
    assert names == sorted(names)
    assert len(names) == 12


def _scalars(folder: Path) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for event in _events(folder):
        for value in event.summary.value:
            assert math.isfinite(value.simple_value)
            found.setdefault(value.tag, []).append((event.step, value.simple_value, event.wall_time))
    return found


def _events(folder: Path) -> Iterator[Event]:
    """All records of the only file there, each held against both of its checksums."""
    (file,) = folder.glob("*tfevents*")
    data, place = file.read_bytes(), 0
    while place < len(data):
        length, of_length = struct.unpack_from("<QI", data, place)
        record = data[place + 12 : place + 12 + length]
        (of_record,) = struct.unpack_from("<I", data, place + 12 + length)
        assert of_length == masked_crc32c(data[place : place + 8])
        assert of_record == masked_crc32c(record)
        yield Event.FromString(record)
        place += length + 16


def _as_float32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])
