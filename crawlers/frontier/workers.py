"""Names of worker processes that say on which machine they run, so that a dead one is known as such at once."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

import psutil

START_TOLERANCE = 2.0  # seconds by which a process's start may be told differently after the clock was set


@cache
def this_machine() -> str:
    """This boot of this machine, and where there are containers, this container's processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return socket.gethostname()


def this_worker() -> str:
    """This process's name: machine, process id, when it started."""
    return f"{this_machine()}/{os.getpid()}/{psutil.Process().create_time():.0f}"


def machine_of(worker: str) -> str:
    """The machine that a worker runs on."""
    return worker.partition("/")[0]


def worker_alive(worker: str) -> bool:
    """Whether a worker of this machine still runs. Its process id may have passed to another process since."""
    try:
        _, pid, started = worker.split("/")
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(started)) < START_TOLERANCE
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.NoSuchProcess):
        return False
    except psutil.AccessDenied:
        return True
