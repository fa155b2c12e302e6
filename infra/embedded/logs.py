"""The logs of the programs: what a program last complained of, and their size."""

import re
import shutil
from pathlib import Path

from infra.embedded.process import START_MARK
from storage.errors import DiskFull, TabibError

LARGEST = 10_000_000  # bytes; the older half is kept in NAME.log.1
COMPLAINT = re.compile(r"error|FATAL|PANIC|could not|can't|cannot|bad file|failed| # ", re.IGNORECASE)
NO_ROOM = "No space left on device"


def failure(what: str, log: Path) -> TabibError:
    """The error for a program that failed, made of its last complaint since its start."""
    text = log.read_bytes().rpartition(START_MARK)[2].decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()[1:] if line.strip()]
    complaints = [line for line in lines if COMPLAINT.search(line)] or lines or ["it said nothing"]
    if NO_ROOM in text:
        return DiskFull(f"{what}: no room on the disk of {log.parent}: free some, then run it again (log: {log})")
    return TabibError(f"{what}: {complaints[-1]} (log: {log})")


def shorten(log: Path) -> None:
    """Begin a large log anew, keeping its text beside it. Its writer appends, so it goes on at the new end."""
    if log.exists() and log.stat().st_size > LARGEST:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as file:
            file.truncate()
