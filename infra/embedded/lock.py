"""The lock of a data folder: whoever holds it owns the services. The kernel drops it when its holder dies."""

import contextlib
import fcntl
import os
import time
from pathlib import Path


def take(path: Path, seconds: float = 0.0) -> int | None:
    """Take the lock for as long as this process lives; None when another holds it for all of `seconds`.

    `is_held` takes it for a moment, so one refusal proves nothing.
    """
    return _take(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), seconds)


def _take(handle: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        if time.monotonic() >= end:
            os.close(handle)
            return None
        time.sleep(0.02)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        handle = _take(os.open(path, os.O_RDONLY), 0.0)
    except FileNotFoundError:
        return False
    if handle is not None:
        os.close(handle)
    return handle is None


def is_same(path: Path, handle: int) -> bool:
    """Whether the lock that `handle` holds still lies at `path`: the folder may have been removed."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
