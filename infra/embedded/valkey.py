"""Valkey, Redis' BSD-licensed continuation: starting the server and clearing what a killed one left."""

import signal
import subprocess
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.embedded import process
from infra.embedded.places import Places
from storage.errors import TabibError

NAME = "valkey"
PROGRAM = "valkey-server"
GENTLE = signal.SIGTERM  # the append-only file is written out

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    # A link is in the shared frontier and nowhere else: `everysec` would lose a second of them in a power cut.
    # Measured on a server's SSD: 0.43 ms a command instead of 0.16 ms, in pipelines 13 µs instead of 8 µs.
    "appendfsync": "always",
    "aof-load-truncated": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "logfile": "",
}


def url(places: Places) -> str:
    """redis-py URL of the server."""
    return f"unix://{socket(places)}?db=0"


def socket(places: Places) -> Path:
    """The server's socket."""
    return places.run / "valkey.sock"


def data(places: Places) -> Path:
    """The server's data folder."""
    return places.valkey_data


def start(places: Places) -> subprocess.Popen[bytes]:
    """Start the server; `clear` must have run."""
    settings = SETTINGS | {"dir": str(places.valkey_data), "unixsocket": str(socket(places))}
    options = [part for key, value in settings.items() for part in (f"--{key}", value)]
    command = [str(places.valkey_server), *options]
    return process.start(process.Program(command, places.account, places.valkey_data, places.log(NAME), GENTLE))


def stop(places: Places) -> bool:
    """Stop every server of this data, the gentlest way first. True when none is left."""
    steps = ((GENTLE, 60.0), (signal.SIGKILL, 10.0))
    return any(process.signal_and_wait(survivors(places), sent, seconds) for sent, seconds in steps)


def survivors(places: Places) -> list[psutil.Process]:
    """Processes that serve this data: the server and the child that rewrites its file."""
    return process.living_in(places.valkey_data, PROGRAM, places.account)


def clear(places: Places) -> None:
    """Make room for a start: two servers on one append-only file would ruin it."""
    if not stop(places):
        raise TabibError(f"a Valkey server in {places.valkey_data} does not stop (log: {places.log(NAME)})")
    socket(places).unlink(missing_ok=True)


def version(places: Places) -> str:
    """The version the program tells, like 9.1.2."""
    told = subprocess.run([places.valkey_server, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split("v=")[1].split()[0]


def ready(places: Places) -> bool:
    """Whether the server answers a PING; not while it still loads its data."""
    # redis-py would try again for seconds; the caller looks again, and sees when the server has died.
    client = redis.Redis(unix_socket_path=str(socket(places)), socket_timeout=5, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
