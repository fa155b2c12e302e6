"""What runs, where, and whether it answers: embedded or named by the environment."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from infra.embedded import control
from infra.embedded.ask import answer
from storage.settings import Settings


@dataclass(frozen=True)
class Server:
    """One of the two servers. `pid`, `folder` and `bytes` are None where it is not embedded."""

    name: str
    embedded: bool
    answers: bool
    version: str | None
    address: str
    pid: int | None = None
    folder: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class State:
    """The services of one data folder."""

    up: bool
    home: str
    supervisor: int | None
    account: str | None
    servers: list[Server]
    logs: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def state(chosen: Settings) -> State:
    """Look at both servers, and ask each whether it answers."""
    running = control.endpoints(chosen) or control.Endpoints()
    urls = {
        "postgres": chosen.database_url or running.database_url,
        "valkey": chosen.redis_url or running.redis_url,
    }
    embedded = control.wanted(chosen)
    servers = [_server(name, url, running if name in embedded else None) for name, url in urls.items() if url]
    return State(
        up=len(servers) == len(urls) and all(s.answers for s in servers),
        home=str(chosen.home),
        supervisor=running.pids.get("supervisor"),
        account=running.account,
        servers=servers,
        logs=str(control.services_of(chosen) / "*.log"),
    )


def _server(name: str, url: str, running: control.Endpoints | None) -> Server:
    version = answer(name, url)
    if running is None:
        return Server(name, False, version is not None, version, _without_password(url))
    folder = running.folders[name]
    return Server(
        name, True, version is not None, version, running.sockets[name], running.pids[name], folder, size(folder)
    )


def size(folder: str) -> int | None:
    """Bytes of all files under `folder`; None where it cannot be read."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return None
    return sum(_bytes(Path(at) / name) for at, _, names in os.walk(folder) for name in names)


def _bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # servers remove files all the time
        return 0


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
