"""The hidden folder in which a result is made before it is put in its place; one left by a killed process is swept."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import UsageError

PREFIX = ".cleaning-"
JUDGED, WHOLE = "judged", "whole"
"""The files that such a folder may hold; a folder with any other is not swept."""


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """A folder of one's own in `parent`, gone at the end.

    It is its process's as long as it is locked: the lock ends with the process, however that ends, and tells also who
    lives on another machine, as a process's number would not. Where a file system has no locks nothing is swept.
    Raises UsageError where no folder can be made.
    """
    for left in parent.glob(f"{PREFIX}*"):
        _sweep(left)
    folder, lock = _made(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _made(parent: Path) -> tuple[Path, int | None]:
    while True:
        try:
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=PREFIX))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise UsageError(f"nothing can be written in {parent}: {error.strerror}") from None
        lock = _locked(folder, fcntl.LOCK_EX)
        if folder.exists():  # another's sweep may come between making and locking
            return folder, lock
        if lock is not None:
            os.close(lock)


def _sweep(folder: Path) -> None:
    """Remove it if nobody holds it and nothing but our files is in it."""
    lock = _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if lock is None:
        return
    try:
        names = os.listdir(lock)  # noqa: PTH208  the name may mean another folder by now
        if {JUDGED, WHOLE}.issuperset(names):
            for name in names:
                os.unlink(name, dir_fd=lock)
            folder.rmdir()
    except OSError:  # what cannot be swept harms nobody
        pass
    finally:
        os.close(lock)


def _locked(folder: Path, how: int) -> int | None:
    """The open folder, locked; None where it is gone, another's, no folder, or cannot be locked."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(opened, how)
        except OSError:
            os.close(opened)
            raise
        return opened
    return None
