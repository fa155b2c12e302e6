"""Start and stop the embedded services of a data folder, and find out whether they run."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

import psutil

import infra
from infra.embedded.ask import answer
from infra.embedded.lock import is_held
from infra.embedded.process import send, wait_until
from storage.errors import DiskFull, TabibError, UsageError
from storage.settings import PREFIX, Settings, settings

Report = Callable[[str], None]
SUPERVISOR = "infra.embedded.supervisor"
PATIENCE = 600.0  # seconds: the crash recovery of a large database takes minutes
STOP_PATIENCE = 200.0  # seconds: above what `postgres.stop` and `valkey.stop` take at most

_tied: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Endpoints:
    """How to reach the services, from `endpoints.json`; a URL is None where the environment names another server."""

    database_url: str | None = None
    redis_url: str | None = None
    pids: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sockets: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    account: str | None = None


def wanted(chosen: Settings) -> list[str]:
    """The servers that the environment does not name."""
    named = {"postgres": chosen.database_url, "valkey": chosen.redis_url}
    return [server for server, url in named.items() if url is None]


def services_of(chosen: Settings) -> Path:
    """The folder of the services, by one name however it is reached."""
    return chosen.endpoints_file.parent.resolve()


def endpoints(chosen: Settings) -> Endpoints | None:
    """What runs now, or None. A file left by a killed supervisor does not count."""
    services = services_of(chosen)
    try:
        told = json.loads((services / "endpoints.json").read_text(encoding="utf-8"))
        if not is_held(services / "lock") or _supervisor(services, told["pids"]["supervisor"]) is None:
            return None
        return Endpoints(**{f.name: told[f.name] for f in fields(Endpoints) if f.name in told})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def up(chosen: Settings, report: Report = lambda _: None, tied: bool = False) -> Endpoints:
    """`start`, then migrate the embedded database.

    Raises ValueError unless `chosen` are the process's own settings: the migrations go where those point.
    """
    if chosen != settings():
        raise ValueError("up() migrates the database of the process's own settings: use start() for another folder")
    found = start(chosen, report, tied)
    if found.database_url:
        _migrate(report)
    return found


def start(chosen: Settings, report: Report = lambda _: None, tied: bool = False) -> Endpoints:
    """Start what the environment does not name and wait until it answers; already up is no error.

    With `tied` the services stop when the calling thread ends, however it ends. Raises TabibError with the path of the
    log where a server does not start, UsageError where the data folder cannot be used, DiskFull.
    """
    servers = wanted(chosen)
    if not servers:
        return Endpoints()
    services = services_of(chosen)
    try:
        services.mkdir(parents=True, exist_ok=True)
        spec = {"services": str(services), "account": chosen.services_account, "servers": servers}
        found = _wait(chosen, spec | {"tied_to": os.getpid() if tied else 0}, report)
    except OSError as error:
        raise _explained(error, services) from error
    if missing := [s for s in servers if s not in found.pids]:
        raise TabibError(f"the services run without {' and '.join(missing)}: run `infra down`, then `infra up`")
    return found


def _explained(error: OSError, services: Path) -> TabibError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no room on the disk of {services}: free some, then run it again")
    return UsageError(f"{PREFIX}DATA_DIR cannot be used: {error.filename or services}: {error.strerror}")


def _wait(chosen: Settings, spec: dict[str, object], report: Report) -> Endpoints:
    services = services_of(chosen)
    end = time.monotonic() + PATIENCE
    started = False
    while time.monotonic() < end:
        found = endpoints(chosen)
        if found and _answers(found):
            return found
        if found or is_held(services / "lock"):
            report("waiting for the services")  # another `up` starts them, a `down` stops them, or one starts again
            time.sleep(0.05)
        elif started:
            raise TabibError(f"the services were stopped just after their start: see {services}/supervisor.log")
        else:
            started = _spawn(services, spec, report)
    raise TabibError(f"the services did not answer within {PATIENCE:.0f} s: see {services}/supervisor.log")


def _answers(found: Endpoints) -> bool:
    closed = [s for s in found.sockets.values() if Path(s).parent.exists() and not os.access(Path(s).parent, os.X_OK)]
    if closed:
        raise TabibError(
            f"{closed[0]} is closed to you: the services run for {found.account or 'another user'} and root"
        )
    urls = {"postgres": found.database_url, "valkey": found.redis_url}
    return all(answer(server, url) for server, url in urls.items() if url)


def _spawn(services: Path, spec: dict[str, object], report: Report) -> bool:
    """Start a supervisor and wait for it; False when another one came first."""
    with (services / "supervisor.log").open("ab") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", SUPERVISOR, json.dumps(spec)],
            cwd=Path(str(infra.__file__)).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        return _listen(child.stdout or (), report, services / "supervisor.log")
    finally:
        if child.stdout:
            child.stdout.close()
        if spec["tied_to"] and child.poll() is None:
            _tied[services] = child
        else:
            child.wait()


def _listen(lines: Iterable[bytes], report: Report, log: Path) -> bool:
    for line in lines:
        told = json.loads(line)
        if "error" in told:
            raise (DiskFull if told["full"] else TabibError)(told["error"])
        if "phase" not in told:
            return "ready" in told
        report(told["phase"])
    raise TabibError(f"the supervisor of the services died while it started: see {log}")


def _migrate(report: Report) -> None:
    from storage import schema

    if schema.current() != schema.head():
        report("migrating the database")
        schema.upgrade()


def wait_while_tied(chosen: Settings) -> int:
    """Stay until the services that `up(…, tied=True)` started end; SIGTERM and SIGINT end them. Their exit status."""
    supervisor = _tied.get(services_of(chosen))
    if supervisor is None:
        raise TabibError("another process started the services meanwhile, in the background: run `infra down` first")
    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, lambda *_: supervisor.terminate())
    return supervisor.wait()


def down(chosen: Settings) -> bool:
    """Stop the services and wait; False when none ran. Raises TabibError when they do not stop."""
    services = services_of(chosen)
    lock = services / "lock"
    if not is_held(lock):
        return False
    # Just after its start a supervisor has not said yet who it is.
    wait_until(lambda: _ask_to_stop(services) or not is_held(lock), 5.0)
    if not wait_until(lambda: not is_held(lock), STOP_PATIENCE):
        raise TabibError(f"the services do not stop: see {services}/supervisor.log")
    if services in _tied:
        _tied.pop(services).wait()
    return True


def _ask_to_stop(services: Path) -> bool:
    try:
        pid = json.loads((services / "supervisor.json").read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    found = _supervisor(services, pid)
    if found is None:
        return False
    try:
        send(found, signal.SIGTERM)
    except (PermissionError, psutil.AccessDenied):
        raise TabibError(f"the services run as {found.username()}: stop them as that account") from None
    return True


def _supervisor(services: Path, pid: int) -> psutil.Process | None:
    """The process `pid` if it is the supervisor of this folder; the pid may be another's by now."""
    try:
        found = psutil.Process(pid)
        command = found.cmdline()
        mine = SUPERVISOR in command and json.loads(command[-1])["services"] == str(services)
    except (psutil.Error, ValueError, KeyError, IndexError, TypeError):
        return None
    return found if mine else None
