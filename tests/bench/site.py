"""drhast.com at any size for almost no processor time, so that what is measured is the crawler that asks.

    python tests/bench/site.py --records 3000

prints its address and serves until Ctrl-C or until its parent is gone; `served` does so for a block. A page takes it
0.04 ms, where a crawler spends several. The server counts what was asked of it, for an audit afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.request import urlopen

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from tests.bench.pages import FIRST, HOST, Pages, Shape

COUNTS_PATH = "/__counts__"
MAX_HEAD = 16 << 10
REASONS = {200: "OK", 304: "Not Modified", 404: "Not Found", 421: "Misdirected Request", 503: "Service Unavailable"}
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
JSON = b"Content-Type: application/json\r\n"
ROBOTS = b"User-agent: *\nDisallow: /panel/\n"


@dataclass
class Counts:
    """What was asked: requests by record's position and by any other path, answers by status, the body bytes sent."""

    records: array[int]
    others: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    """When the first and the last page was asked for, by time.monotonic."""

    def page(self) -> None:
        """Note the time."""
        self.last = time.monotonic()
        self.first = self.first or self.last

    def told(self) -> dict[str, Any]:
        """As JSON has it, with the processor seconds the server took."""
        return vars(self) | {"records": list(self.records), "processor": time.process_time()}


class Connection(asyncio.Protocol):
    """HTTP/1.1 for clients that send GETs without a body and wait for each answer."""

    def __init__(self, pages: Pages, counts: Counts, chance: random.Random) -> None:
        self.pages, self.counts, self.chance, self.waiting = pages, counts, chance, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head, self.waiting = self.waiting[: end + 2], self.waiting[end + 4 :]
            self._asked(head)
        if len(self.waiting) > MAX_HEAD:
            self.transport.abort()

    def _asked(self, head: bytes) -> None:
        method, _, rest = head.partition(b" ")
        path, host = rest.partition(b" ")[0].decode("latin-1"), _header(head, b"host").partition(b":")[0]
        if method != b"GET":
            self.transport.abort()
        elif host == b"127.0.0.1" and path == COUNTS_PATH:
            self._send(200, JSON, json.dumps(self.counts.told()).encode())
        elif host != HOST.encode():
            self._send(421, JSON, b"{}")
        elif self.pages.shape.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self.pages.shape.latency, self._answer, path, _header(head, b"if-none-match"))
        else:
            self._answer(path, _header(head, b"if-none-match"))

    def _answer(self, path: str, known: bytes) -> None:
        last = path.removeprefix("/q/")
        number = last.partition("/")[0]
        if last != path and number.isascii() and number.isdigit():
            self._record(int(number) - FIRST, known)
            return
        self.counts.others[path] += 1
        if path == "/robots.txt":
            self._send(200, b"Content-Type: text/plain\r\n", ROBOTS)
        elif number.startswith("page-") and number[5:].isdecimal() and (body := self.pages.listing(int(number[5:]))):
            self.counts.page()
            self._send(200, HTML, body)
        else:
            self._send(404, HTML, b"<html><body>404</body></html>")

    def _record(self, position: int, known: bytes) -> None:
        shape = self.pages.shape
        if not 0 <= position < shape.records:
            self._send(404, HTML, b"<html><body>404</body></html>")
            return
        self.counts.page()
        self.counts.records[position] += 1
        drawn = self.chance.random()
        etag = b'"%d-%d"' % (shape.linked, position)
        if drawn < shape.reset_share:
            self.transport.abort()
        elif drawn < shape.reset_share + shape.busy_share:
            self._send(503, HTML, b"<html><body>503</body></html>")
        elif known == etag:
            self._send(304, b"ETag: %b\r\n" % etag, b"")
        else:
            self._send(200, HTML + b"ETag: %b\r\n" % etag, self.pages.record(position))

    def _send(self, status: int, headers: bytes, body: bytes) -> None:
        self.counts.statuses[status] += 1
        self.counts.bytes += len(body)
        length = b"" if status == 304 else b"Content-Length: %d\r\n" % len(body)
        line = f"HTTP/1.1 {status} {REASONS[status]}\r\n".encode()
        self.transport.write(b"".join((line, headers, length, b"\r\n", body)))


def _header(head: bytes, name: bytes) -> bytes:
    """A header's value, empty where it is not there."""
    _, found, rest = head.lower().partition(b"\r\n%b:" % name)
    return rest.partition(b"\r\n")[0].strip() if found else b""


@dataclass(frozen=True)
class Served:
    """A running site."""

    shape: Shape
    url: str
    process: subprocess.Popen[str]

    def counts(self) -> dict[str, Any]:
        """What was asked so far; see `Counts`."""
        with urlopen(self.url + COUNTS_PATH, timeout=60) as answer:  # noqa: S310 - its own server
            return dict(json.load(answer))


@contextmanager
def served(shape: Shape) -> Iterator[Served]:
    """The site in a process of its own while the block lasts."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(shape).items()]
    process = subprocess.Popen([sys.executable, __file__, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not (url := process.stdout.readline().strip()):
            raise RuntimeError("the site did not start, see above")
        yield Served(shape, url, process)
    finally:
        process.kill()
        process.communicate()


async def _serve(shape: Shape, port: int) -> None:
    pages, chance = Pages(shape), random.Random(shape.records)
    counts = Counts(array("L", bytes(array("L").itemsize * shape.records)))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(pages, counts, chance), "127.0.0.1", port)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while os.getppid() == parent:  # whoever started it may be killed
        await asyncio.sleep(1)


def main(
    records: Annotated[int, typer.Option(min=1, max=5_000_000, help="How many records there are.")] = 3_000,
    listed: Annotated[int, typer.Option(min=1, help="How many of them the listing shows, 100 a page.")] = 2_000,
    islands: Annotated[int, typer.Option(min=0, help="How many of them nothing links to.")] = 0,
    latency: Annotated[float, typer.Option(min=0, help="Seconds from a request to its answer.")] = 0.0,
    busy_share: Annotated[float, typer.Option(min=0, max=1, help="Share of requests answered by 503.")] = 0.0,
    reset_share: Annotated[float, typer.Option(min=0, max=1, help="Share of requests cut off.")] = 0.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
) -> None:
    """Serve drhast.com on loopback, by its Host header."""
    if islands >= records:
        raise typer.BadParameter(f"{islands:,} of {records:,} records cannot all be islands")
    asyncio.run(_serve(Shape(records, listed, islands, latency, busy_share, reset_share), port))


if __name__ == "__main__":
    typer.run(main)
