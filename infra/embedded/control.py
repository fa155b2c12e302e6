"""What the command line and the tests call: start, stop and look at the embedded services of a data folder."""

import errno
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

import infra
from infra.embedded.lock import is_held
from infra.embedded.process import send, wait_until
from storage.errors import DiskFull, TabibError, UsageError
from storage.settings import Settings

Report = Callable[[str], None]
PATIENCE = 600.0  # seconds: a crash recovery of a large database is minutes


@dataclass(frozen=True)
class Endpoints:
    """How to reach the services, from `endpoints.json`; a URL is None where the environment names another server."""

    database_url: str | None = None
    redis_url: str | None = None
    pids: dict[str, int] | None = None
    versions: dict[str, str] | None = None
    home: str = ""
    root: str = ""
    run: str = ""
    account: str | None = None


def wanted(settings: Settings) -> list[str]:
    """The servers that the environment does not name."""
    named = {"postgres": settings.database_url, "valkey": settings.redis_url}
    return [server for server, url in named.items() if url is None]


def endpoints(settings: Settings) -> Endpoints | None:
    """What runs now, or None. A file left by a killed supervisor does not count."""
    services = services_of(settings)
    try:
        told = json.loads((services / "endpoints.json").read_text(encoding="utf-8"))
        if not is_held(services / "lock") or _supervisor(services, told["pids"]["supervisor"]) is None:
            return None
        return Endpoints(**{f.name: told[f.name] for f in fields(Endpoints) if f.name in told})
    except (OSError, ValueError, KeyError):
        return None


def services_of(settings: Settings) -> Path:
    """The folder of the services, by one name however it is reached."""
    return settings.endpoints_file.parent.resolve()


def _supervisor(services: Path, pid: int) -> psutil.Process | None:
    """The process `pid` if it is the supervisor of this folder; the pid may be another's by now."""
    try:
        found = psutil.Process(pid)
        command = found.cmdline()
        mine = "infra.embedded.supervisor" in command and json.loads(command[-1])["services"] == str(services)
    except (psutil.Error, ValueError, KeyError, IndexError):
        return None
    return found if mine else None


def up(settings: Settings, report: Report = lambda _: None) -> Endpoints:
    """Start what the environment does not name, wait until it answers, and migrate the embedded database.

    Already up is no error. Raises TabibError with the log's path where a server does not start.
    """
    servers = wanted(settings)
    if not servers:
        return Endpoints(home=str(settings.home))
    _make(settings.endpoints_file.parent)
    found = _wait(settings, servers, report)
    missing = [s for s in servers if s not in (found.pids or {})]
    if missing:
        raise TabibError(f"the services run without {', '.join(missing)}: run `infra down`, then `infra up`")
    if "postgres" in servers:
        _migrate(report)
    return found


def _make(services: Path) -> None:
    try:
        services.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(error, services) from error


def _explained(error: OSError, path: Path) -> TabibError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no room for {path}: free some, then run it again")
    return UsageError(f"TABIB_DATA_DIR cannot be used: {path}: {error.strerror}")


def _wait(settings: Settings, servers: list[str], report: Report) -> Endpoints:
    services = services_of(settings)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := endpoints(settings):
            return found
        if is_held(services / "lock"):
            time.sleep(0.05)  # another `up` starts them, or a `down` stops them
        else:
            _spawn(services, {"account": settings.services_account, "servers": servers}, report)
    raise TabibError(
        f"another process has been starting the services for {PATIENCE:.0f} s: see {services}/supervisor.log"
    )


def _spawn(services: Path, asked: dict[str, object], report: Report) -> None:
    command = [sys.executable, "-m", "infra.embedded.supervisor", json.dumps(asked | {"services": str(services)})]
    with (services / "supervisor.log").open("ab") as errors:
        child = subprocess.Popen(
            command,
            cwd=Path(str(infra.__file__)).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    with child:
        _listen(child.stdout or (), report, services / "supervisor.log")


def _listen(lines: Iterable[bytes], report: Report, log: Path) -> None:
    for line in lines:
        told = json.loads(line)
        if "phase" in told:
            report(told["phase"])
        elif "error" in told:
            raise TabibError(told["error"])
        else:
            return
    raise TabibError(f"the supervisor of the services died while it started: see {log}")


def _migrate(report: Report) -> None:
    if importlib.util.find_spec("storage.schema") is None:
        return
    from storage import schema

    report("migrating the database")
    schema.upgrade()


def down(settings: Settings) -> bool:
    """Stop the services and wait; False when none ran. Raises TabibError when they do not stop in time."""
    services = services_of(settings)
    if not is_held(services / "lock"):
        (services / "endpoints.json").unlink(missing_ok=True)
        return False
    wait_until(lambda: _stop(services) or not is_held(services / "lock"), 5.0)
    if not wait_until(lambda: not is_held(services / "lock"), 150.0):
        raise TabibError(f"the services do not stop: see {services}/supervisor.log")
    return True


def _stop(services: Path) -> bool:
    """Ask the lock's holder to stop; False while it has not yet said who it is."""
    try:
        pid = json.loads((services / "supervisor.json").read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError):
        return False
    found = _supervisor(services, pid)
    if found is not None:
        send(found, signal.SIGTERM)
    return found is not None
