"""The commands the demo runs: each in a process of its own that dies with the demo, its output in a log file.

They die by SIGKILL: a command asked politely would go on for a while against stand-ins that are gone.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.process import die_with_parent
from storage.errors import TabibError

BIN = Path(sys.executable).parent
STOP_SECONDS = 20


class Programs:
    """Starts the project's commands, with their output under `logs`."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, *command: str) -> str:
        """Run a command to its end and return its standard output. Raises TabibError with its last line of error."""
        log = self._log(command)
        process = self._start(command, log, subprocess.PIPE)
        try:
            output, _ = process.communicate()
        except BaseException:
            _stop(process)
            raise
        if process.returncode:
            raise _failed(process, command, log)
        return output.decode()

    @contextmanager
    def running(self, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Keep a command running while the block lasts."""
        process = self._start(command, self._log(command), subprocess.DEVNULL)
        try:
            yield process
        finally:
            _stop(process)

    def check(self, process: "subprocess.Popen[bytes]", *command: str) -> None:
        """Raise TabibError when a command that should be running has ended."""
        if process.poll() is not None:
            raise _failed(process, command, self._log(command))

    def _log(self, command: tuple[str, ...]) -> Path:
        return self.logs / f"{command[0]}-{command[1]}.log"

    def _start(self, command: tuple[str, ...], log: Path, output: int) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with log.open("wb") as errors:
            return subprocess.Popen(
                [BIN / command[0], *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
            )


def _failed(process: "subprocess.Popen[bytes]", command: tuple[str, ...], log: Path) -> TabibError:
    """The command's last line and its exit code, so that the demo ends on the same."""
    error = TabibError(f"`{' '.join(command)}` failed: {_last_line(log)} (all in {log})")
    error.exit_code = process.returncode if process.returncode > 0 else TabibError.exit_code
    return error


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def wait_until(done: "Iterator[bool]", seconds: float) -> bool:
    """Ask `done` twice a second until it says so or the time is up; tells which."""
    end = time.monotonic() + seconds
    for finished in done:
        if finished:
            return True
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return False
