"""Valkey, Redis' BSD-licensed continuation: starting the server and clearing what a killed one left."""

import signal
import subprocess

import psutil
import redis

from infra.embedded import process
from infra.embedded.places import Places
from storage.errors import TabibError

NAME = "valkey"
PROGRAM = "valkey-server"

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    # A link is in the shared frontier and nowhere else: `everysec` would lose a second of them in a power cut.
    "appendfsync": "always",
    "aof-load-truncated": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "logfile": "",
}  # fmt: skip


def url(places: Places) -> str:
    """redis-py URL of the server."""
    return f"unix://{places.run}/valkey.sock?db=0"


def start(places: Places) -> subprocess.Popen[bytes]:
    """Start the server; `clear` must have run."""
    settings = SETTINGS | {"dir": str(places.valkey_data), "unixsocket": str(places.run / "valkey.sock")}
    options = [part for key, value in settings.items() for part in (f"--{key}", value)]
    command = [str(places.valkey_server), *options]
    return process.start(process.Program(command, places.account, places.valkey_data, places.log(NAME), signal.SIGTERM))


def stop(places: Places) -> bool:
    """Stop every server of this data; SIGTERM writes the append-only file out. True when none is left."""
    return process.stop_all(lambda: survivors(places), [(signal.SIGTERM, 60.0), (signal.SIGKILL, 10.0)])


def survivors(places: Places) -> list[psutil.Process]:
    """Processes that serve this data: the server and its rewriting child."""
    return process.living_in(places.valkey_data, PROGRAM)


def clear(places: Places) -> None:
    """Make room for a start: two servers on one append-only file would ruin it."""
    if not stop(places):
        raise TabibError(
            f"a Valkey server still runs in {places.valkey_data} and does not stop: see {places.log(NAME)}"
        )
    (places.run / "valkey.sock").unlink(missing_ok=True)


def version(places: Places) -> str:
    """The version the program tells, like 9.1.2."""
    told = subprocess.run([places.valkey_server, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split("v=")[1].split()[0]


def ready(places: Places) -> bool:
    """Whether the server answers a PING; not while it still loads its data."""
    client = redis.Redis(unix_socket_path=str(places.run / "valkey.sock"), socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
