"""Where judgements go: whole or not at all, over nothing that is not theirs to replace."""

import gzip
import json
import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cleaning.apply import Files, apply
from cleaning.recipe import load
from cleaning.workplace import PREFIX, workplace
from storage.errors import UsageError
from tests.cleaning.judged import PAIR, PROGRAM, line


def test_a_file_cut_short_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(line(**PAIR) * 1000)[:-20])
    with pytest.raises(UsageError, match=r"cut\.gz cannot be read"):
        apply(load("paper"), Files(tmp_path / "cut.gz", tmp_path / "out"), print)
    with pytest.raises(UsageError, match="missing cannot be read"):
        apply(load("paper"), Files(tmp_path / "missing", tmp_path / "out"), print)
    with pytest.raises(UsageError, match="no folder"):
        apply(load("paper"), Files(tmp_path / "cut.gz", tmp_path / "none" / "out"), print)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.gz"]


def test_a_file_is_not_replaced_by_its_own_verdicts(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(line(**PAIR))
    (tmp_path / "link.jsonl").symlink_to(source)
    with pytest.raises(UsageError, match="by its own verdicts"):
        apply(load("paper"), Files(source, tmp_path / "link.jsonl"), print)
    assert source.read_bytes() == line(**PAIR)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(line(**PAIR))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no regular file"):
        apply(load("paper"), Files(tmp_path / "in.jsonl", tmp_path / "pipe"), print)
    assert (tmp_path / "pipe").is_fifo()


@contextmanager
def waiting(folder: Path, out: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command while it waits for its second line, its working folder made."""
    before = set(folder.glob(f"{PREFIX}*"))
    arguments = [PROGRAM, "apply", "--in", "-", "--out", str(folder / out), "--processes", "1"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write(line(**PAIR) + b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not set(folder.glob(f"{PREFIX}*")) - before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    with waiting(tmp_path, "killed") as process:
        process.send_signal(signal.SIGKILL)
    (stale,) = tmp_path.glob(f"{PREFIX}*")
    (stale / "whole").write_bytes(b"half a judgement")
    with waiting(tmp_path, "out") as process:
        (held,) = tmp_path.glob(f"{PREFIX}*")
        assert held != stale
        (tmp_path / "in").write_bytes(line(**PAIR))
        apply(load("default"), Files(tmp_path / "in", tmp_path / "out"), print)
        assert list(tmp_path.glob(f"{PREFIX}*")) == [held]
        process.communicate(line(**PAIR))
    assert process.returncode == 0
    assert [json.loads(row)["kept"] for row in (tmp_path / "out").read_bytes().splitlines()] == [True, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_only_a_working_folder_is_swept(tmp_path: Path) -> None:
    kept = [tmp_path / f"{PREFIX}{name}" for name in ("notes", "link", "file")]
    kept[0].mkdir()
    (kept[0] / "mine.txt").write_text("mine", encoding="utf-8")
    kept[1].symlink_to(kept[0])
    kept[2].write_text("mine", encoding="utf-8")
    (tmp_path / f"{PREFIX}left").mkdir()
    with workplace(tmp_path) as folder:
        assert sorted(tmp_path.iterdir()) == sorted([*kept, folder])
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_folder_swept_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = tempfile.mkdtemp, list[str]()

    def swept(**place: Any) -> str:
        made.append(make(**place))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr("tempfile.mkdtemp", swept)
    with workplace(tmp_path) as folder:
        assert [folder] == list(tmp_path.iterdir()) == [Path(made[1])]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(UsageError, match=r"shut/out cannot be written: Permission denied"):
        apply(load("paper"), Files(tmp_path / "in", tmp_path / "shut" / "out"), print)


def test_a_folder_of_the_kernel_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with pytest.raises(UsageError, match="/proc/out cannot be written"):
        apply(load("paper"), Files(tmp_path / "in", Path("/proc/out")), print)


@pytest.mark.parametrize("out", ["-", "/dev/stdout"])
def test_from_standard_input_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], out: str
) -> None:
    (tmp_path / "in").write_bytes(gzip.compress(line(**PAIR)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (tmp_path / "in").open("rb") as file, standard_input(file.fileno()):
        apply(load("default"), Files(Path("-"), Path(out)), lambda _: None)
    assert json.loads(capsysbinary.readouterr().out)["kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@contextmanager
def standard_input(descriptor: int) -> Iterator[None]:
    before = os.dup(0)
    try:
        os.dup2(descriptor, 0)
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.bz2", "out.zst"])
def test_a_target_named_as_what_it_will_not_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with pytest.raises(UsageError, match=rf"{name} would hold JSON lines .*: name it \.jsonl"):
        apply(load("paper"), Files(tmp_path / "in", tmp_path / name), print)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_standard_input_is_not_replaced_by_its_own_verdicts(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with (
        (tmp_path / "in").open("rb") as file,
        standard_input(file.fileno()),
        pytest.raises(UsageError, match="by its own verdicts"),
    ):
        apply(load("paper"), Files(Path("-"), tmp_path / "in"), print)
    assert (tmp_path / "in").read_bytes() == line(**PAIR)


def test_a_target_named_gzip_is_gzip_and_the_same_each_time(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl.gz"
    source.write_bytes(line(**PAIR))
    made = []
    for _ in range(2):
        apply(load("default"), Files(source, target), print)
        made.append(target.read_bytes())
    assert made[0] == made[1]
    assert json.loads(gzip.decompress(made[0]))["kept"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_target_is_no_more_open_than_what_it_replaces(tmp_path: Path, mode: int) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(line(**PAIR))
    target.write_bytes(b"before")
    target.chmod(mode)
    apply(load("default"), Files(source, target), print)
    assert json.loads(target.read_bytes())["kept"]
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_target_is_as_open_as_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(line(**PAIR))
    before = os.umask(0o027)
    try:
        apply(load("default"), Files(tmp_path / "in.jsonl", tmp_path / "out.jsonl"), print)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o640


def test_a_target_is_on_disk_before_it_has_its_name_and_its_name_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, synced = os.fsync, list[tuple[str, bool]]()

    def seen(descriptor: int) -> None:
        sync(descriptor)
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, (tmp_path / "out.jsonl").exists()))

    monkeypatch.setattr("os.fsync", seen)
    (tmp_path / "in.jsonl").write_bytes(line(**PAIR))
    apply(load("default"), Files(tmp_path / "in.jsonl", tmp_path / "out.jsonl"), print)
    assert synced == [("whole", False), (tmp_path.name, True)]
