"""The process that owns the services of one data folder: it holds the lock, starts them, restarts them, stops them.

Run as `python -m infra.embedded.supervisor SPEC`; tells its progress as JSON lines on standard output
until everything is ready, then nothing: `{"phase": …}`, `{"error": …}`, `{"busy": true}` or `{"ready": true}`.
"""

import contextlib
import errno
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import psycopg

from infra.embedded import logs, postgres, process, valkey
from infra.embedded import places as placing
from infra.embedded.lock import is_same, take
from storage.errors import DiskFull, TabibError

SERVERS: dict[str, ModuleType] = {"postgres": postgres, "valkey": valkey}
URLS = {"postgres": "database_url", "valkey": "redis_url"}
RESTARTS = 5  # within WINDOW seconds; more needs a person
WINDOW = 60.0
STOP = 30.0  # seconds
LOOK = 2.0  # seconds between looks at what no signal tells of: sockets, logs, the folder itself


@dataclass(frozen=True)
class Spec:
    """What `up` asks for. `tied_to` is the process the services stop with, 0 for none."""

    services: str
    account: str
    servers: list[str]
    tied_to: int = 0


class Supervisor:
    """Starts, watches and stops the servers of one data folder whose lock is `held`."""

    def __init__(self, spec: Spec, held: int) -> None:
        self.spec = spec
        self.services = Path(spec.services)
        self.held = held
        self.stopping = False
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths: list[float] = []
        self._wake, wakes = os.pipe()
        os.set_blocking(wakes, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(sent, self._on_signal)

    def _on_signal(self, sent: int, _frame: FrameType | None) -> None:
        self.stopping = self.stopping or sent != signal.SIGCHLD

    def run(self) -> None:
        """Serve until told to stop. Raises TabibError when a server cannot be brought up, the others stopped."""
        (self.services / "endpoints.json").unlink(missing_ok=True)
        self.places = placing.prepare(self.services, self.spec.account)
        try:
            for name in self.spec.servers:
                self._launch(name)
            for name in self.spec.servers:
                self._await(name)
            if self.stopping:
                raise TabibError("the services were stopped while they started")
            self._publish()
            say(ready=True)
            self._watch()
        finally:
            self._stop()

    def _launch(self, name: str) -> None:
        say(phase=f"starting {name}")
        logs.shorten(self.places.log(name))
        SERVERS[name].clear(self.places)
        if name == "postgres":
            postgres.create(self.places, lambda: self.stopping)
        if not self.stopping:
            self.running[name] = SERVERS[name].start(self.places)

    def _await(self, name: str) -> None:
        pause = 0.02
        while not self.stopping and not SERVERS[name].ready(self.places):
            if self.running[name].poll() is not None:
                raise logs.failure(f"{name} does not run", self.places.log(name))
            time.sleep(pause)
            pause = min(0.5, pause * 1.2)  # a recovery may last, and PostgreSQL logs each refusal

    def _watch(self) -> None:
        while not self.stopping:
            select.select([self._wake], [], [], LOOK)  # less when a child dies or somebody wants an end
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
            for name, server in self.running.items():
                if server.poll() is not None:
                    log(f"{name} died with status {server.returncode}")
                    self._restart(name)
                elif not SERVERS[name].socket(self.places).exists():
                    log(f"the socket of {name} is gone from {self.places.run}")
                    self._restart(name)
                logs.shorten(self.places.log(name))
            if not is_same(self.services / "lock", self.held):
                raise TabibError(f"{self.services} was removed")

    def _restart(self, name: str) -> None:
        while not self.stopping:
            now = time.monotonic()
            self.deaths = [t for t in self.deaths if now - t < WINDOW] + [now]
            if len(self.deaths) > RESTARTS:
                raise logs.failure(f"{name} did not stay up in {RESTARTS} starts", self.places.log(name))
            process.wait_until(lambda: self.stopping, 0.1 * 2 ** (len(self.deaths) - 1))
            try:
                self.places = placing.prepare(self.services, self.spec.account)
                self._launch(name)
                self._await(name)
            except TabibError as error:
                log(str(error))
                continue
            self._publish()
            log(f"{name} runs again")
            return

    def _publish(self) -> None:
        names = self.spec.servers
        told: dict[str, Any] = {URLS[name]: SERVERS[name].url(self.places) for name in names}
        told["pids"] = {"supervisor": os.getpid()} | {name: self.running[name].pid for name in names}
        told["versions"] = {name: SERVERS[name].version(self.places) for name in names}
        told["sockets"] = {name: str(SERVERS[name].socket(self.places)) for name in names}
        told["folders"] = {name: str(SERVERS[name].data(self.places)) for name in names}
        told["account"] = self.places.account.name if self.places.account else None
        write_json(self.services / "endpoints.json", told)

    def _stop(self) -> None:
        with contextlib.suppress(OSError):
            (self.services / "endpoints.json").unlink(missing_ok=True)
        for name, server in self.running.items():
            server.send_signal(SERVERS[name].GENTLE)
        for name, server in self.running.items():
            if not SERVERS[name].stop(self.places):
                log(f"{name} does not stop")
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(STOP)  # it cannot be found by its folder where that was removed


def say(**told: object) -> None:
    """Tell `up`; it may have gone away."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(told).encode() + b"\n")


def log(line: str) -> None:
    """A line in the supervisor's log, which is its standard error."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} {line}\n")
        sys.stderr.flush()


def write_json(path: Path, value: object) -> None:
    """Replace a file in one step."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1), encoding="utf-8")
    part.replace(path)


def main() -> int:
    """Become the supervisor unless there is one. Exit status 1 when the services cannot run."""
    spec = Spec(**json.loads(sys.argv[1]))
    if spec.tied_to:
        process.die_with_parent(signal.SIGTERM, spec.tied_to)
    elif os.fork():
        return 0
    services = Path(spec.services)
    try:
        held = take(services / "lock", 0.5)
        if held is None:
            say(busy=True)
            return 0
        write_json(services / "supervisor.json", {"pid": os.getpid()})
        Supervisor(spec, held).run()
    except (TabibError, OSError, psycopg.Error) as error:
        told = _explain(error, services)
        log(str(told))
        say(error=str(told), full=isinstance(told, DiskFull))
        return 1
    return 0


def _explain(error: Exception, services: Path) -> TabibError:
    if isinstance(error, TabibError):
        return error
    if isinstance(error, psycopg.errors.DiskFull) or getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no room on the disk of {services}: free some, then run it again")
    return TabibError(f"the services cannot run: {' '.join(str(error).split())} (log: {services}/supervisor.log)")


if __name__ == "__main__":
    sys.exit(main())
