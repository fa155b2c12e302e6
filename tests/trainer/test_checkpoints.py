"""Only a checkpoint that was written whole is gone on with."""

import json
from pathlib import Path

import pytest

from storage.snapshots import file_sha256
from trainer import checkpoints
from trainer.checkpoints import MARK, newest_whole


def write_checkpoint(folder: Path, step: int, seconds: float) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    (checkpoint / "optimizer.pt").write_bytes(bytes(step))
    hashes = {"optimizer.pt": file_sha256(checkpoint / "optimizer.pt")}
    (checkpoint / MARK).write_text(json.dumps({"files": hashes, "seconds": seconds}))
    return checkpoint


def test_the_newest_whole_one_is_taken(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 90, 9)
    newest = write_checkpoint(tmp_path, 100, 10.5)
    assert newest_whole(tmp_path) == (newest, 10.5)


def test_one_cut_short_or_without_its_mark_is_removed(tmp_path: Path) -> None:
    whole = write_checkpoint(tmp_path, 10, 1)
    cut, unmarked = write_checkpoint(tmp_path, 20, 2), write_checkpoint(tmp_path, 30, 3)
    (cut / "optimizer.pt").write_bytes(b"")
    (unmarked / MARK).unlink()
    assert newest_whole(tmp_path) == (whole, 1)
    assert not cut.exists()
    assert not unmarked.exists()


def test_without_one_a_stage_begins(tmp_path: Path) -> None:
    assert newest_whole(tmp_path / "none") == (None, 0.0)


def test_a_disk_that_does_not_answer_costs_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkpoint(tmp_path, 3, 1)

    def stale(_: Path) -> str:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "file_sha256", stale)
        with pytest.raises(OSError, match="Stale"):
            checkpoints.newest_whole(tmp_path)
    assert checkpoints.newest_whole(tmp_path)[0] == tmp_path / "checkpoint-3"
