"""The raw archive's files: written and on the disk before an address is acknowledged, clean whatever dies.

A file is `NAME.warc.gz.open` while its writer lives, which holds a lock on it, and `NAME.warc.gz` for ever after.
A lock goes with its process, so a writer that died is known by it and by nothing else.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import itertools
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.blobs import flush
from storage.errors import DataDamaged, DiskFull, TabibError
from storage.warc import Capture, Place, pack, pack_warcinfo
from storage.warc_read import OPEN, scan

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_serials = itertools.count()


@dataclass(frozen=True)
class Rotation:
    """When a file is closed and the next begun. 10⁹ bytes are what annex C of the standard advises."""

    max_bytes: int = 10**9
    max_seconds: float = 24 * 3600


class Writer:
    """Appends captures to the files of one process in `folder`, which is made if there is none.

    `about` is what each file says of its making: software, operator, robots. One thread at a time may append. A process
    that forks hands its lock on to the child, so that the file counts as live until that has ended too.
    """

    def __init__(self, folder: Path, prefix: str, about: Mapping[str, str], rotation: Rotation = Rotation()) -> None:
        self.folder, self.prefix, self.about, self.rotation = folder, prefix, dict(about), rotation
        self._pid = os.getpid()
        self._file: _File | None = None

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, captures: Sequence[Capture]) -> list[Place]:
        """Write the captures; returns where each is once all of them are on the disk.

        Raises DiskFull or OSError when they cannot be written, UsageError for one that no record can hold: then none
        of them is in the file, which ends as it did before.
        """
        if os.getpid() != self._pid:
            raise TabibError("a writer of the archive belongs to the process that made it: make one in each")
        members = [pack(capture) for capture in captures]
        if not members:
            return []
        try:
            file = self._current()
            ends = list(itertools.accumulate(map(len, members), initial=file.end))
            file.add(b"".join(members))
        except OSError as error:
            raise self._told(error) from None
        return [Place(file.name, at, len(member)) for at, member in zip(ends, members, strict=False)]

    def close(self) -> None:
        """Give the file its final name; another append begins the next one."""
        if self._file is not None and os.getpid() == self._pid:
            file, self._file = self._file, None
            file.finish()

    def _current(self) -> _File:
        file = self._file
        if file and (
            file.end >= self.rotation.max_bytes or time.monotonic() >= file.opened + self.rotation.max_seconds
        ):
            self.close()
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = _begun(self.folder, self.prefix, self.about)
        return self._file

    def _told(self, error: OSError) -> Exception:
        if error.errno not in NO_ROOM:
            return error
        return DiskFull(f"the archive has no room in {self.folder} ({error.strerror}): what it held is kept; make some")


class _File:
    """An open file under its lock; up to `end` it is whole and on the disk, up to `start` it holds no capture."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self.descriptor = path, descriptor
        self.name = path.name.removesuffix(OPEN)
        self.start = self.end = 0
        self.opened = time.monotonic()

    def add(self, data: bytes) -> None:
        """Append and flush to the disk, or leave the file as it was."""
        try:
            self._write(data)
            os.fsync(self.descriptor)
        except BaseException:
            os.ftruncate(self.descriptor, self.end)
            raise
        self.end += len(data)

    def _write(self, data: bytes) -> None:
        left, at = memoryview(data), self.end
        while left:
            written = os.pwrite(self.descriptor, left, at)
            left, at = left[written:], at + written

    def finish(self) -> None:
        """Rename the file, or remove it if it holds no capture; then the lock goes."""
        try:
            os.ftruncate(self.descriptor, self.end)
            _settle(self.path, keep=self.end > self.start)
        finally:
            os.close(self.descriptor)


def _begun(folder: Path, prefix: str, about: Mapping[str, str]) -> _File:
    while True:
        name = f"{prefix}-{_now()}-{_host()}-{os.getpid()}-{next(_serials):05d}.warc.gz"
        path = folder / f"{name}{OPEN}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        if _locked(path, descriptor):  # else `recover` came between and took it for a dead writer's
            break
        os.close(descriptor)
    file = _File(path, descriptor)
    try:
        flush(folder)
        file.add(pack_warcinfo(name, about))
        file.start = file.end
    except BaseException:
        file.finish()
        raise
    return file


@dataclass(frozen=True)
class Recovered:
    """What became of a dead writer's file: so many bytes kept, none where it was removed, and so many cut off.

    The index knows `missing` bytes that the disk has lost, and does not know the captures at `unindexed`.
    """

    file: str
    kept: int
    cut: int
    missing: int
    unindexed: tuple[Place, ...]


def recover(folder: Path, indexed_end: Callable[[str], int | None]) -> list[Recovered]:
    """Finish the files that dead writers left open in `folder`; those of the living are not touched.

    `indexed_end` tells of a file's name where the last record ends that the index knows, None if it knows none. What
    is torn after that is cut off. Whole captures after it stay: the index may be about to learn of them, as a commit
    outlives whoever sent it, or have come back from an older copy. A file that holds none at all is removed.
    """
    return list(_recoveries(folder, indexed_end))


def _recoveries(folder: Path, indexed_end: Callable[[str], int | None]) -> Iterator[Recovered]:
    for path in sorted(folder.glob(f"*{OPEN}")):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:  # its writer has just finished it
            continue
        try:
            if _locked(path, descriptor):
                yield _recovered(path, descriptor, indexed_end(path.name.removesuffix(OPEN)) or 0)
        finally:
            os.close(descriptor)


def _recovered(path: Path, descriptor: int, indexed: int) -> Recovered:
    kept = size = os.fstat(descriptor).st_size
    whole = []
    for place, record in scan(path, indexed if indexed <= size else 0):
        if not isinstance(record, DataDamaged):
            whole.append(place)
        elif place.offset + place.length == size:
            kept = place.offset
    if not indexed and not whole:
        kept = 0
    os.ftruncate(descriptor, kept)
    os.fsync(descriptor)
    _settle(path, keep=kept > 0)
    unindexed = tuple(place for place in whole if place.offset >= indexed)
    return Recovered(path.name.removesuffix(OPEN), kept, size - kept, max(0, indexed - kept), unindexed)


def _settle(path: Path, keep: bool) -> None:
    if keep:
        path.rename(path.with_name(path.name.removesuffix(OPEN)))
    else:
        path.unlink()
    flush(path.parent)


def _locked(path: Path, descriptor: int) -> bool:
    """Take the lock of an open file; False if another has it, or if the path no longer leads to this file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _now() -> str:
    now = dt.datetime.now(dt.UTC)
    return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}"


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]", "-", socket.gethostname())
