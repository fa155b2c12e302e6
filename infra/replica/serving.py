"""The server on a loopback port: in a thread for tests and the demo, or in the foreground until a signal."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.applications import Starlette

from infra.listening import listen
from infra.replica.records import Records
from infra.replica.server import application
from storage.errors import TabibError

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0


def address(listening: socket.socket) -> str:
    """The base URL of a listening socket."""
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"


@contextmanager
def serve(records: Records, port: int = 0) -> Iterator[str]:
    """See `infra.replica.serve`."""
    listening = listen(LOOPBACK, port)
    server = _server(application(records))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="replica", daemon=True)
    thread.start()
    try:
        _wait_for(server, thread)
        yield address(listening)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listening.close()


def run(records: Records, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM, either of which ends the process with 0; `ready` is told the base URL."""
    listening = listen(LOOPBACK, port)
    server = _server(application(records))
    # uvicorn stops cleanly, puts these back and raises the signal again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    ready(address(listening))
    with listening:
        server.run(sockets=[listening])


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _server(app: Starlette) -> uvicorn.Server:
    options = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    return uvicorn.Server(options)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise TabibError("the stand-in sites did not start")
        time.sleep(0.005)
