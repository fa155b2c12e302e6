"""Who is held against whom by `tests.bench.crawl`, and how a crawl is measured."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.bench.pages import Shape
from tests.bench.services import Services
from tests.bench.site import served

ROOT = Path(__file__).parents[2]
START_RECORDS = 100
LATE_SECONDS = 0.4
"""16 requests under way and an answer after so long are 40 pages/s: under half of what a process can do."""
LATE_SHARE = 0.5
"""The late site has so many of the records, which take about as long there."""
PATIENCE_SECONDS = 120.0
SECONDS_A_PAGE = 0.2
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Contestant:
    """Who crawls, and by what command, given the site's base URL and the services."""

    name: str
    command: Callable[[str, Services], list[str]]
    shape: Callable[[Shape], Shape] = lambda shape: shape


def bare(site: str, _: Services) -> list[str]:
    """The command of bare Scrapy."""
    return [sys.executable, "-m", "tests.bench.peers.bare", site]


def stock(site: str, own: Services) -> list[str]:
    """The command of stock scrapy-redis."""
    return [sys.executable, "-m", "tests.bench.peers.stock", site, own.environment["TABIB_REDIS_URL"]]


def ours(processes: int) -> Callable[[str, Services], list[str]]:
    """The command of our crawler: everything is stored."""
    return lambda site, _: [
        *(str(Path(sys.executable).with_name("crawlers")), "crawl", "drhast", "--connect-to", f"drhast.com={site}"),
        *("--delay", "0", "--until-idle", "--processes", str(processes), "--json"),
    ]


def late(shape: Shape) -> Shape:
    """The site far away."""
    return Shape(int(shape.records * LATE_SHARE), latency=LATE_SECONDS)


CONTESTANTS = (
    Contestant("bare Scrapy", bare),
    Contestant("scrapy-redis", stock),
    Contestant("ours", ours(1)),
    Contestant("ours, 2 processes", ours(2)),
    Contestant("ours, late site", ours(1), late),
    Contestant("ours, 2 processes, late site", ours(2), late),
)


@dataclass(frozen=True)
class Measured:
    """One crawl. Seconds are from the first page asked for to the last; processor seconds are user and system."""

    contestant: str
    pages: int
    seconds: float
    processor: float
    """Of the crawler's processes, all of them."""
    rss_mb: float
    """The largest process at its largest."""
    round_trips: int
    commands: int
    transactions: int
    rows: int
    servers: float
    """Processor seconds of the site, Valkey and PostgreSQL."""
    load: float
    """The machine's load average over the minute before."""


@dataclass(frozen=True)
class Crawls:
    """A contestant's crawl of the site, and of the small one."""

    whole: Measured
    small: Measured

    def a_page(self, name: str) -> float:
        """How much of `name` each page took that only the whole crawl had."""
        return float(self._further(name) / self._further("pages"))

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time a page."""
        return 1000 * self.a_page("processor")

    @property
    def rate(self) -> float:
        """Pages a second of wall time, the start's included."""
        return self.whole.pages / self.whole.seconds

    @property
    def busy(self) -> float:
        """The share of the machine's cores that crawler and servers took."""
        took = self._further("processor") + self._further("servers")
        return float(took / self._further("seconds") / (os.cpu_count() or 1))

    def _further(self, name: str) -> Any:
        return getattr(self.whole, name) - getattr(self.small, name)


Repetition = dict[str, Crawls]


def measure(contestant: Contestant, shape: Shape, own: Services) -> Measured:
    """Let it crawl the site once. Raises RuntimeError where it fails, lasts too long or leaves a record out."""
    own.fresh()
    load = os.getloadavg()[0]
    with served(shape) as site:
        before = own.counters()
        with crawling(contestant.command(site.url, own), own) as process:
            used = _waited(process, time.monotonic() + PATIENCE_SECONDS + SECONDS_A_PAGE * shape.records)
        counts, did = site.counts(), own.counters() - before
    if missing := sum(not asked for asked in counts["records"][: shape.linked]):
        raise RuntimeError(f"{contestant.name} left out {missing:,} of {shape.linked:,} records")
    return Measured(
        contestant.name,
        pages=counts["statuses"]["200"],
        seconds=counts["last"] - counts["first"],
        processor=used.ru_utime + used.ru_stime,
        rss_mb=used.ru_maxrss / 1024,
        round_trips=did.round_trips,
        commands=did.commands,
        transactions=did.transactions,
        rows=did.rows,
        servers=counts["processor"] + did.valkey_seconds + did.postgres_seconds,
        load=load,
    )


@contextmanager
def crawling(command: list[str], own: Services) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work; with the block ends whatever of it still runs. Raises RuntimeError where it fails."""
    log = own.folder / "crawl.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | own.environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            for each in (root := psutil.Process(process.pid), *root.children(recursive=True)):
                each.kill()
            process.wait()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-3000:]}")


def _waited(process: subprocess.Popen[bytes], until: float) -> resource.struct_rusage:
    """What the process and all it has waited for used. Raises TimeoutError."""
    while time.monotonic() < until:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return used
        time.sleep(POLL_SECONDS)
    raise TimeoutError("the crawl did not end")


def repetitions(shape: Shape, repeat: int, own: Services) -> Iterator[Repetition]:
    """Each repetition's crawls by contestant."""
    for number in range(repeat):
        shift = number % len(CONTESTANTS)
        done = {}
        for contestant in (*CONTESTANTS[shift:], *CONTESTANTS[:shift]):
            asked = contestant.shape(shape)
            small = measure(contestant, Shape(START_RECORDS, latency=asked.latency), own)
            done[contestant.name] = Crawls(measure(contestant, asked, own), small)
        yield done
