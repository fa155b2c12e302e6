"""Files of the raw archive: written for good before they are told of, clean after a full disk and a kill -9."""

import datetime as dt
import errno
import fcntl
import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from storage.errors import DataDamaged, DiskFull, TabibError, UsageError
from storage.warc import Capture, Place, Profile
from storage.warc_read import OPEN, read, scan
from storage.warc_write import Recovered, Rotation, Writer, recover

ABOUT = {"software": "tabib", "operator": "https://example.org", "robots": "obey"}
AT = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
HEADERS = {"content-type": "text/html", "content-encoding": "gzip"}


def page(number: int) -> Capture:
    """A page whose body is known from its number and hardly shrinks."""
    return Capture(f"https://drhast.com/q/{number}", AT, 200, HEADERS, random.Random(number).randbytes(20_000))


def whole(folder: Path, places: list[Place], first: int = 0) -> bool:
    return [read(folder, place).body for place in places] == [page(first + n).body for n in range(len(places))]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def clean(folder: Path) -> bool:
    """Whether warcio's checker, which tells of broken framing on stderr alone, has nothing to say."""
    program = Path(sys.executable).with_name("warcio")
    done = subprocess.run([program, "check", *files(folder)], capture_output=True, text=True, check=False, timeout=60)
    return (done.returncode, done.stdout, done.stderr) == (0, "", "")


@contextmanager
def child(script: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A Python process that runs `script` after what these tests import, killed at the end."""
    code = f"import sys\nfrom pathlib import Path\nfrom tests.storage.test_warc_write import *\n{script}"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_a_batch_is_told_of_once_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = {}

    def fsync(descriptor: int) -> None:
        os.fdatasync(descriptor)
        flushed[Path(f"/proc/self/fd/{descriptor}").resolve()] = os.fstat(descriptor).st_size

    monkeypatch.setattr(os, "fsync", fsync)
    folder = tmp_path / "archive" / "drhast"
    with Writer(folder, "drhast", ABOUT) as writer:
        for first in (0, 3, 6):
            last = writer.append([page(first), page(first + 1), page(first + 2)])[-1]
            assert flushed[folder / f"{last.file}{OPEN}"] == last.offset + last.length
        assert flushed.pop(folder)
    assert folder in flushed


def test_a_file_is_read_while_it_is_written_and_after(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        assert writer.append([]) == []
        assert files(tmp_path) == []
        places = writer.append([page(0)]) + writer.append([page(1), page(2)])
        [open_] = files(tmp_path)
        assert open_.name == places[0].file + OPEN
        assert whole(tmp_path, places)
    [path] = files(tmp_path)
    assert path.name == places[0].file
    assert whole(tmp_path, places)
    assert [place for place, _ in scan(path)] == places
    assert clean(tmp_path)


def test_a_file_is_found_that_is_finished_while_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, looked = os.open, []

    def open_(path: str | Path, *arguments: int) -> int:
        looked.append(path)
        if str(path).endswith(OPEN):
            writer.close()
        return opened(path, *arguments)

    writer = Writer(tmp_path, "drhast", ABOUT)
    places = writer.append([page(0)])
    monkeypatch.setattr(os, "open", open_)
    assert whole(tmp_path, places)
    assert len(looked) > 2


def test_a_file_says_who_made_it(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        [place] = writer.append([page(0)])
    host = re.sub("[^A-Za-z0-9.]", "-", socket.gethostname())
    assert re.fullmatch(rf"drhast-\d{{17}}-{re.escape(host)}-{os.getpid()}-\d{{5}}\.warc\.gz", place.file)
    with (tmp_path / place.file).open("rb") as stream:
        info = next(iter(ArchiveIterator(stream)))
        text = info.content_stream().read().decode()
    assert (info.rec_type, info.rec_headers["WARC-Filename"]) == ("warcinfo", place.file)
    assert "format: WARC File Format 1.1\r\n" in text
    assert "software: tabib\r\noperator: https://example.org\r\nrobots: obey\r\n" in text


def test_files_are_rotated_by_size_and_age(tmp_path: Path) -> None:
    with Writer(tmp_path, "size", ABOUT, Rotation(max_bytes=50_000)) as writer:
        by_size = [writer.append([page(number)])[0] for number in range(7)]
    assert [by_size.count(place) for place in by_size] == [1] * 7
    assert len({place.file for place in by_size[:3]}) == 1
    assert len(files(tmp_path)) == len({place.file for place in by_size}) == 3
    with Writer(tmp_path, "age", ABOUT, Rotation(max_seconds=0.2)) as writer:
        first, second = writer.append([page(0)])[0], writer.append([page(1)])[0]
        time.sleep(0.25)
        third = writer.append([page(2)])[0]
    assert first.file == second.file < third.file
    assert whole(tmp_path, by_size)
    assert whole(tmp_path, [first, second, third])
    assert clean(tmp_path)


def test_both_kinds_of_revisit_stand_beside_their_page(tmp_path: Path) -> None:
    first = page(0)
    digest = hashlib.sha256(first.body).hexdigest()
    same = replace(first, body=b"", profile=Profile.IDENTICAL, refers_to=(first.url, AT), sha256=digest)
    unmodified = replace(same, status=304, profile=Profile.NOT_MODIFIED, sha256=None)
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([first, same, unmodified])
    assert [read(tmp_path, place).kind for place in places] == ["response", "revisit", "revisit"]
    assert [read(tmp_path, place).sha256 for place in places] == [digest, digest, None]
    assert clean(tmp_path)


def test_a_capture_that_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        with pytest.raises(UsageError, match="status"):
            writer.append([page(0), replace(page(1), status=0)])
        assert files(tmp_path) == []
        places = writer.append([page(0)])
    assert [place for place, _ in scan(tmp_path / places[0].file)] == places


def test_a_fork_may_not_append(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([page(0)])
        if (pid := os.fork()) == 0:
            try:
                writer.append([page(1)])
            except TabibError:
                writer.close()
                os._exit(7)
            os._exit(8)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        places += writer.append([page(1)])
    assert whole(tmp_path, places)


FULL = """
import resource
writer, folder = Writer(Path(sys.argv[1]), "drhast", ABOUT), Path(sys.argv[1])
limit = lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
def refused(number):
    try:
        writer.append([page(number), page(number + 1)])
    except DiskFull as error:
        return str(folder) in str(error) and "kept" in str(error)
limit(100)
assert refused(0) and files(folder) == []
limit(90_000)
places = writer.append([page(0), page(1)]) + writer.append([page(2), page(3)])
end = places[-1].offset + places[-1].length
for _ in range(3):
    assert refused(4)
    assert files(folder)[0].stat().st_size == end
assert whole(folder, places)
limit(resource.RLIM_INFINITY)
places += writer.append([page(4), page(5)])
assert places[4].offset == end
writer.close()
assert whole(folder, places)
print("done")
"""


def test_a_full_disk_leaves_the_file_clean(tmp_path: Path) -> None:
    with child(FULL, tmp_path) as process:
        assert process.communicate(timeout=30) == ("done\n", None)
    assert process.returncode == 0
    assert len(files(tmp_path)) == 1
    assert clean(tmp_path)


def test_what_cannot_even_be_cut_off_is_written_over_and_cut_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk that copies on write, where shrinking a file takes room too."""
    written = os.pwrite

    def pwrite(descriptor: int, data: memoryview, at: int) -> int:
        return written(descriptor, data[:30_000], at) if len(data) > 30_000 else full()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = []
        for number in range(2):
            places += writer.append([page(number)])
            with monkeypatch.context() as patched:
                patched.setattr(os, "pwrite", pwrite)
                patched.setattr(os, "ftruncate", full)
                with pytest.raises(DiskFull, match=re.escape(f"no room in {tmp_path} (No")):
                    writer.append([page(8), page(9)])
    assert whole(tmp_path, places)
    assert (tmp_path / places[0].file).stat().st_size == places[1].offset + places[1].length
    assert clean(tmp_path)


APPENDING = """
writer = Writer(Path(sys.argv[1]), "drhast", ABOUT, Rotation(max_bytes=int(sys.argv[2])))
for first in range(0, 10**6, 20):
    for place in writer.append([page(number) for number in range(first, first + 20)]):
        print(place.file, place.offset, place.length)
    print(flush=True)
"""


def killed(folder: Path, batches: int, max_bytes: int = 10**9) -> list[Place]:
    """What a writer told of until it was killed, somewhere in an append."""
    with child(APPENDING, folder, max_bytes) as process:
        assert process.stdout is not None
        lines = [line for _ in range(batches) for line in iter(process.stdout.readline, "\n")]
        time.sleep(random.random() / 50)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines()
    told = [line.split() for line in lines if line.strip()]
    return [Place(file, int(offset), int(length)) for file, offset, length in told]


def ends(places: list[Place]) -> dict[str, int]:
    return {place.file: place.offset + place.length for place in places}


def test_what_a_killed_writer_told_of_is_there(tmp_path: Path) -> None:
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        places = killed(folder, attempt + 1, max_bytes=600_000)
        assert [path.suffix for path in files(folder)].count(OPEN) <= 1
        done = recover(folder, ends(places).get)
        assert [path.suffix for path in files(folder)].count(OPEN) == 0
        assert whole(folder, places)
        assert len(places) >= 20 * (attempt + 1)
        assert all(file.missing == 0 for file in done)
        assert clean(folder)
        assert recover(folder, ends(places).get) == []


@pytest.fixture
def dead(tmp_path: Path) -> tuple[Path, list[Place]]:
    """The open file of a writer that is gone, which holds three pages."""
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([page(0), page(1), page(2)])
    finished = tmp_path / places[0].file
    return finished.rename(f"{finished}{OPEN}"), places


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def test_a_torn_record_is_cut_off(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    cut(path, places[2].offset + 500)
    [done] = recover(path.parent, lambda _: places[1].offset)
    assert done == Recovered(places[0].file, places[2].offset, 500, 0, (places[1],))
    assert whole(path.parent, places[:2])
    assert clean(path.parent)


def test_zeros_that_a_power_cut_left_are_cut_off(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    end = places[2].offset
    with path.open("r+b") as file:
        file.seek(end)
        file.write(bytes(100_000))
    [done] = recover(path.parent, lambda _: end)
    assert (done.kept, done.missing, done.unindexed) == (end, 0, ())
    assert clean(path.parent)


def test_whole_captures_that_the_index_does_not_know_stay(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    [done] = recover(path.parent, lambda _: None)
    assert (done.cut, done.unindexed) == (0, tuple(places))
    assert files(path.parent) == [path.with_name(places[0].file)]


def test_what_the_index_knows_is_not_cut_off_for_being_damaged(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    end = places[2].offset + places[2].length
    with path.open("r+b") as file:
        file.seek(end - 8)
        file.write(bytes(8))
    assert recover(path.parent, lambda _: end) == [Recovered(places[0].file, end, 0, 0, ())]


def test_bytes_that_the_index_knows_and_the_disk_lost_are_told(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    end = places[2].offset + places[2].length
    cut(path, places[2].offset + 500)
    [done] = recover(path.parent, lambda _: end)
    assert (done.kept, done.missing, done.unindexed) == (places[2].offset, places[2].length, ())
    assert whole(path.parent, places[:2])
    with pytest.raises(DataDamaged, match="cut off"):
        read(path.parent, places[2])


def test_damage_before_a_whole_record_is_not_cut_off(dead: tuple[Path, list[Place]]) -> None:
    path, places = dead
    with path.open("r+b") as file:
        file.seek(places[1].offset + 100)
        file.write(bytes(100))
    [done] = recover(path.parent, lambda _: None)
    assert (done.cut, done.unindexed) == (0, (places[0], places[2]))


@pytest.mark.parametrize("size", [0, 100, None])
def test_a_file_without_a_capture_is_removed(dead: tuple[Path, list[Place]], size: int | None) -> None:
    path, places = dead
    cut(path, places[0].offset if size is None else size)
    [done] = recover(path.parent, lambda _: None)
    assert done == Recovered(places[0].file, 0, places[0].offset if size is None else size, 0, ())
    assert files(path.parent) == []


def test_an_index_that_is_down_changes_nothing(dead: tuple[Path, list[Place]]) -> None:
    def down(_: str) -> int:
        raise TabibError("PostgreSQL failed")

    path, places = dead
    size = path.stat().st_size
    with pytest.raises(TabibError, match="PostgreSQL failed"):
        recover(path.parent, down)
    assert (files(path.parent), path.stat().st_size) == ([path], size)
    assert len(recover(path.parent, ends(places).get)) == 1


LIVING = "writer = Writer(Path(sys.argv[1]), 'other', ABOUT)\nwriter.append([page(0)])\nprint(flush=True)\ninput()"


def test_the_file_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    def untouched() -> list[tuple[Path, int, int]]:
        return [(path, path.stat().st_size, path.stat().st_mtime_ns) for path in files(tmp_path)]

    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([page(0)])
        with child(LIVING, tmp_path) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "\n"
            before = untouched()
            assert recover(tmp_path, lambda _: 0) == []
            assert (len(before), untouched()) == (2, before)
        [done] = recover(tmp_path, lambda _: None)
        assert done.file.startswith("other-")
        places += writer.append([page(1)])
    assert whole(tmp_path, places)


def test_a_folder_that_is_not_there_needs_nothing(tmp_path: Path) -> None:
    assert recover(tmp_path / "none", lambda _: None) == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen once, just before the next lock is asked for."""
    locked = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", locked)
        happens()
        locked(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_file_that_is_recovered_before_its_writer_has_locked_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Recovered] = []
    meanwhile(monkeypatch, lambda: done.extend(recover(tmp_path, lambda _: None)))
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([page(0)])
    assert [file.kept for file in done] == [0]
    assert whole(tmp_path, places)
    assert len(files(tmp_path)) == 1


def test_a_file_that_its_writer_finishes_before_recovery_has_locked_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, "drhast", ABOUT)
    places = writer.append([page(0)])
    meanwhile(monkeypatch, writer.close)
    assert recover(tmp_path, lambda _: None) == []
    assert whole(tmp_path, places)


def test_writers_that_begin_while_others_recover_lose_nothing(tmp_path: Path) -> None:
    script = "print(flush=True)\nwhile True:\n    recover(Path(sys.argv[1]), lambda _: None)"
    with child(script, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        places = []
        for number in range(60):
            with Writer(tmp_path, "drhast", ABOUT) as writer:
                places += writer.append([page(number)])
    assert whole(tmp_path, places)
    assert len(files(tmp_path)) == 60
