"""Children that die with their parent, and signals that reach only the process they are meant for."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.embedded.account import Account, seen_by

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
DIES_WITH_PARENT = _libc is not None
START_MARK = b"== start of "


def die_with_parent(sent: signal.Signals, parent: int) -> None:
    """Have the kernel send `sent` to this process when its parent dies; only Linux has such a thing.

    Call it after any setuid, which clears the wish. A parent that died just before is noticed here.
    """
    if _libc is None:
        return
    if _libc.prctl(_PR_SET_PDEATHSIG, int(sent), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Program:
    """A program to start: what, as whom, where, where its output goes, what it gets when its parent dies."""

    command: list[str]
    account: Account | None
    folder: Path
    log: Path
    on_parent_death: signal.Signals


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, with a clean environment and a umask that closes its files to others."""
    parent = os.getpid()
    account = program.account
    with program.log.open("ab") as log:
        log.write(START_MARK + program.command[0].encode() + b"\n")
        log.flush()
        return subprocess.Popen(
            program.command,
            cwd=program.folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            umask=0o077,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=account.groups if account else None,
            # CPython runs this after setuid (Modules/_posixsubprocess.c, child_exec).
            preexec_fn=lambda: die_with_parent(program.on_parent_death, parent),
        )


def send(process: psutil.Process, sent: signal.Signals) -> None:
    """Signal `process` if it is still the one that was looked at; a pid given to another is left alone.

    Raises PermissionError or psutil.AccessDenied where it belongs to another user.
    """
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        handle = _pidfd(process.pid)
        if handle is None:
            process.send_signal(sent)  # compares the start time just before
            return
        try:
            if process.is_running():
                signal.pidfd_send_signal(handle, sent)
        finally:
            os.close(handle)


def _pidfd(pid: int) -> int | None:
    """A handle that keeps meaning this process; None where the system, or a container's filter, knows none."""
    try:
        return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        raise
    except OSError:
        return None


def living_in(folder: Path, program: str, account: Account | None) -> list[psutil.Process]:
    """The processes that run `program` with `folder` as their working directory: the servers of that data.

    Looked at as their own account: root in a container may lack CAP_SYS_PTRACE, and then sees nobody's folders
    but its own. What is found there is the same process here, for each knows when it was started.
    """
    candidates = {p.pid: p for p in psutil.process_iter()}

    def look() -> list[int]:
        return [pid for pid, process in candidates.items() if _runs(process, folder, program)]

    return [candidates[pid] for pid in (look() if account is None else seen_by(account, look))]


def _runs(process: psutil.Process, folder: Path, program: str) -> bool:
    try:
        executable = process.exe().removesuffix(" (deleted)")
        return Path(executable).name == program and Path(process.cwd()).samefile(folder) and alive(process)
    except (psutil.Error, OSError):
        return False


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that only waits for its parent to take notice does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def signal_and_wait(processes: Iterable[psutil.Process], sent: signal.Signals, seconds: float) -> bool:
    """Signal each and wait until all have ended; tells whether they have."""
    chosen = list(processes)
    for process in chosen:
        send(process, sent)
    return wait_until(lambda: not any(alive(p) for p in chosen), seconds)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition` until it holds or `seconds` have passed; tells which."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(0.02)
    return True
