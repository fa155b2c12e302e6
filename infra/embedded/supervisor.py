"""The process that owns the services of one data folder: it holds the lock, starts them, restarts them, stops them.

Run as `python -m infra.embedded.supervisor SPEC`; tells its progress as JSON lines on standard output
until everything is ready, then nothing: `{"phase": …}`, `{"error": …}`, `{"busy": true}` or `{"ready": true}`.
"""

import contextlib
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

from infra.embedded import places as placing
from infra.embedded import postgres, process, valkey
from infra.embedded.account import services_account
from infra.embedded.lock import take
from storage.errors import TabibError

SERVERS: dict[str, ModuleType] = {"postgres": postgres, "valkey": valkey}
URLS = {"postgres": "database_url", "valkey": "redis_url"}
RESTARTS = 5  # within WINDOW seconds; then whatever is wrong needs a person
WINDOW = 60.0
LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Spec:
    """What `up` asks for: the services folder, the account's name, the servers, whether to stay in front."""

    services: str
    account: str
    servers: list[str]
    foreground: bool = False


class Supervisor:
    """Starts, watches and stops the servers of one data folder; the caller holds its lock."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.services = Path(spec.services)
        self.stopping = False
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: list[float] = []
        self._wake, wakes = os.pipe()
        os.set_blocking(wakes, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(sent, self._on_signal)

    def _on_signal(self, sent: int, _frame: FrameType | None) -> None:
        self.stopping = self.stopping or sent != signal.SIGCHLD

    def run(self) -> None:
        """Serve until told to stop. Raises TabibError when a server cannot be brought up."""
        cluster = placing.root_of(self.services) / "postgres"
        self.places = placing.prepare(self.services, services_account(self.spec.account, cluster))
        try:
            for name in self.spec.servers:
                self._launch(name)
            for name in self.spec.servers:
                self._await(name)
            if not self.stopping:
                self._publish()
                say(ready=True)
            self._watch()
        finally:
            self._stop()

    def _launch(self, name: str) -> None:
        say(phase=f"starting {name}")
        SERVERS[name].clear(self.places)
        if name == "postgres":
            postgres.create(self.places, lambda: self.stopping)
        if not self.stopping:
            self.running[name] = SERVERS[name].start(self.places)

    def _await(self, name: str) -> None:
        while not self.stopping and not SERVERS[name].ready(self.places):
            if self.running[name].poll() is not None:
                raise TabibError(f"{name} does not start: {postgres.last_line(self.places.log(name))}")
            time.sleep(0.02)

    def _watch(self) -> None:
        while not self.stopping:
            select.select([self._wake], [], [], 5.0)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
            for name in [n for n, p in self.running.items() if p.poll() is not None]:
                if not self.stopping:
                    self._restart(name)

    def _restart(self, name: str) -> None:
        now = time.monotonic()
        self.restarts = [t for t in self.restarts if now - t < WINDOW] + [now]
        log(f"{name} died with status {self.running[name].returncode}")
        if len(self.restarts) > RESTARTS:
            raise TabibError(
                f"{name} died {RESTARTS} times in {WINDOW:.0f} s: {postgres.last_line(self.places.log(name))}"
            )
        time.sleep(0.1 * 2 ** (len(self.restarts) - 1))
        self._launch(name)
        self._await(name)
        self._publish()
        log(f"{name} runs again")

    def _publish(self) -> None:
        told: dict[str, Any] = {URLS[name]: SERVERS[name].url(self.places) for name in self.spec.servers}
        told["pids"] = {"supervisor": os.getpid()} | {name: p.pid for name, p in self.running.items()}
        told["versions"] = {name: SERVERS[name].version(self.places) for name in self.spec.servers}
        told |= {"home": str(self.services.parent), "root": str(self.places.root), "run": str(self.places.run)}
        told["account"] = self.places.account.name if self.places.account else None
        write_json(self.services / "endpoints.json", told)

    def _stop(self) -> None:
        (self.services / "endpoints.json").unlink(missing_ok=True)
        for name in self.running:
            SERVERS[name].stop(self.places)
            self.running[name].wait()


def say(**told: object) -> None:
    """Tell `up`; it may have gone away."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(told).encode() + b"\n")


def log(line: str) -> None:
    """A line in the supervisor's log, which is its standard error."""
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
    if spec.foreground:
        process.die_with_parent(signal.SIGTERM, int(sys.argv[2]))
    elif os.fork():
        return 0
    held = take(Path(spec.services) / "lock", 0.5)
    if held is None:
        say(busy=True)
        return 0
    write_json(Path(spec.services) / "supervisor.json", {"pid": os.getpid()})
    try:
        Supervisor(spec).run()
    except TabibError as error:
        log(str(error))
        say(error=str(error), code=error.exit_code)
        return 1
    except OSError as error:
        log(str(error))
        say(error=f"the services cannot start: {error} (log: {spec.services}/supervisor.log)", code=1)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
