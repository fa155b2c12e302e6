"""A crawl: begin or go on with a round, keep its spider processes running, tell how far it is, sum it up.

crawl → archive.recover, LeaseQueue.reclaim, rounds.begin → Farm (worker processes) → summaries
"""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from types import FrameType
from typing import Protocol

from sqlalchemy import func, select

from crawlers import rounds
from crawlers.connect_to import connections
from crawlers.frontier.queue import TALLY_SECONDS, LeaseQueue
from crawlers.outage import Outage
from crawlers.settings import MIN_DELAY_SECONDS, Crawl
from crawlers.spiders import chosen, sites
from storage import archive, db, redis, schema
from storage.errors import DiskFull, ServiceUnavailable, TabibError, UsageError
from storage.models import Document

logger = logging.getLogger(__name__)
MAX_PROCESSES = 64
POLL_SECONDS = 0.25
STOP_SECONDS = 10.0
SHORT_LIFE_SECONDS, SHORT_LIVES = 3.0, 5
"""A worker that dies is replaced; so many dead so young one after the other mean that it cannot live here."""

FAULTY_SHARE = 10
"""One page in so many that failed or could not be read means a site away or changed: odd pages are far fewer."""
COUNTS = ("pages", "documents", "unchanged", "unanswered", "unreadable", "failed", "excluded")
LOOK_SECONDS = 2.0
ROUNDS_AT_MOST = 3
"""A death between ledger and frontier strands addresses until they are offered again; once is enough for each."""

Tallies = dict[str, dict[str, int]]
Pending = dict[str, tuple[int, int]]


class Watcher(Protocol):
    """Someone who looks on."""

    def counted(self, tallies: Tallies, pending: Pending) -> None:
        """The counts so far, and how many addresses wait and are leased, by site."""

    def logged(self, line: str) -> None:
        """A line of a worker's log."""


@dataclass(frozen=True)
class Summary:
    """What one crawl did at one site; `causes` counts what failed or could not be read, and why."""

    site: str
    pages: int
    documents: int
    unchanged: int
    unanswered: int
    unreadable: int
    failed: int
    failed_listings: int
    listings: int
    listed: int
    excluded: int
    seconds: float
    stored: int
    causes: dict[str, int]
    fault: str | None = None


def plan(name: str, connect_to: list[str], delay: float, processes: int) -> Crawl:
    """What was asked for, once it makes sense. Raises UsageError otherwise."""
    picked = chosen(name)
    targets = connections(connect_to, sites().values())
    if not math.isfinite(delay) or delay < 0:
        raise UsageError(f"--delay {delay} is no number of seconds from 0 up")
    live = [site.name for site in picked if site.hosts[0] not in targets]
    if live and delay < MIN_DELAY_SECONDS:
        raise UsageError(
            f"--delay {delay:g} would burden live sites ({', '.join(live)}): "
            f"{MIN_DELAY_SECONDS} is the least, except with --connect-to for each"
        )
    if not 1 <= processes <= MAX_PROCESSES:
        raise UsageError(f"--processes {processes} is not between 1 and {MAX_PROCESSES}")
    run = f"{time.time():.0f}-{uuid.uuid4().hex[:8]}"
    return Crawl(tuple(site.name for site in picked), run, targets, delay, processes, live=bool(live))


def crawl(asked: Crawl, watcher: Watcher | None = None) -> list[Summary]:
    """Crawl until done or interrupted, telling `watcher` how far it is; without one the workers' log goes to stderr.

    Raises ServiceUnavailable when PostgreSQL or Redis cannot be reached or stays away, DiskFull, and KeyboardInterrupt
    on Ctrl-C or SIGTERM; `summaries` still tells what was done.
    """
    with _interruptible():
        return _crawl(asked, watcher)


def _crawl(asked: Crawl, watcher: Watcher | None) -> list[Summary]:
    schema.require_head()
    with db.session() as session:
        for line in archive.recover(session):
            logger.info("%s", line)
    queues = _queues(asked)
    with redis.translated_errors():
        _reclaim(queues)
        for queue in queues.values():
            logger.debug("%s: begins at %d", queue.spider.name, queue.started)  # a stop from now on is for us
            rounds.set_pace(queue, asked)
            _begin(queue, asked)
    _work(asked, queues, watcher)
    for _ in range(ROUNDS_AT_MOST if asked.until_idle else 0):
        with redis.translated_errors():
            left = [q for q in queues.values() if not any(q.pending()) and rounds.stranded(q)]
            for queue in left:
                _begin(queue, asked)
        if not left:
            break
        _work(asked, queues, watcher)
    return summaries(asked)


def _begin(queue: LeaseQueue, asked: Crawl) -> bool:
    begun = rounds.begin(queue, asked.recheck)
    told = "a round begins" if begun else "goes on with the round under way"
    logger.info("%s: %s, %d addresses wait", queue.spider.name, told, queue.pending()[0])
    if begun:
        queue.server.hset(queue.tally_key(asked.run), "begun", 1)
        queue.server.expire(queue.tally_key(asked.run), TALLY_SECONDS)
    return begun


def _work(asked: Crawl, queues: dict[str, LeaseQueue], watcher: Watcher | None) -> None:
    """Keep worker processes running until they are done."""
    farm, outage = Farm(asked, watcher), Outage(told=False)  # its workers tell of it
    looked = time.monotonic()
    try:
        while farm.alive():
            with outage:
                if watcher:
                    watcher.counted(*_progress(asked, queues))
                if farm.died():
                    _reclaim(queues)
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    _look_after(asked, queues)
                    if all(queue.stopped() for queue in queues.values()):
                        break  # those whose site keeps them waiting are told again, and in the end made to
            time.sleep(POLL_SECONDS)
    finally:
        farm.stop()


def _look_after(asked: Crawl, queues: dict[str, LeaseQueue]) -> None:
    """Build a frontier that was wiped under the workers; in a crawl without an end, begin the round that is due."""
    for queue in queues.values():
        if not queue.built():
            logger.warning("%s: the frontier is gone from Redis, it is made anew from the ledger", queue.spider.name)
            rounds.set_pace(queue, asked)
            with suppress(rounds.Busy):  # another machine is at it
                rounds.rebuild(queue)
        elif not asked.until_idle and rounds.due(queue):
            _begin(queue, asked)


def summaries(asked: Crawl) -> list[Summary]:
    """What the crawl did so far at each of its sites; `fault` says where a finished site gave too little."""
    with redis.translated_errors():
        tallies, pending = _progress(asked, _queues(asked))
    with db.session() as session:
        rows = session.execute(select(Document.source, func.count()).group_by(Document.source)).tuples().all()
    stored: dict[str, int] = dict(rows)
    made = [_summary(name, tallies[name], stored.get(name, 0), asked) for name in asked.sites]
    left = {name: sum(addresses) for name, addresses in pending.items()}
    return [replace(s, fault=_left(left[s.site], asked) if left[s.site] else _fault(s, asked)) for s in made]


def _left(addresses: int, asked: Crawl) -> str | None:
    """What ends before nothing is left was stopped, as by a signal to a spider process."""
    return f"{addresses:,} addresses are left: run it again to go on" if asked.until_idle else None


def _summary(site: str, tally: dict[str, int], stored: int, asked: Crawl) -> Summary:
    started = int(asked.run.partition("-")[0])
    return Summary(
        site,
        pages=tally.get("pages", 0),
        documents=tally.get("documents", 0),
        unchanged=tally.get("unchanged", 0),
        unanswered=tally.get("unanswered", 0),
        unreadable=tally.get("unreadable", 0),
        failed=tally.get("failed", 0),
        failed_listings=tally.get("failed listings", 0),
        listings=tally.get("listings", 0) if "begun" in tally else 0,  # a round gone on with may hold only a last page
        listed=tally.get("listed", 0),
        excluded=tally.get("excluded", 0),
        seconds=max(0.0, tally["at"] - started) if "at" in tally else 0.0,
        stored=stored,
        causes={name.removeprefix("cause "): n for name, n in sorted(tally.items()) if name.startswith("cause ")},
    )


def _fault(summary: Summary, asked: Crawl) -> str | None:
    """Why a site's crawl, though it ended, cannot be right. A stand-in may be smaller than its site, or empty."""
    site = sites()[summary.site]
    if site.hosts[0] not in asked.connect_to and summary.stored < site.at_least:
        return f"{summary.stored:,} documents are stored, a whole crawl gives at least {site.at_least:,}"
    if site.hosts[0] not in asked.connect_to and summary.listings and not summary.listed:
        return "no listing led to a record: the site may have changed"
    if not summary.pages:
        return "not one page was fetched"
    if summary.failed_listings:
        return f"{summary.failed_listings:,} listings gave no page, so records may be missing: run it again"
    if summary.unreadable * FAULTY_SHARE > summary.pages:
        return f"{summary.unreadable:,} of {summary.pages:,} pages could not be read: the site may have changed"
    if summary.failed * FAULTY_SHARE > (asked_for := summary.failed + summary.pages):
        return f"{summary.failed:,} of {asked_for:,} addresses gave no page: run it again when the site answers"
    return None


class Farm:
    """The worker processes of a crawl."""

    def __init__(self, asked: Crawl, watcher: Watcher | None = None) -> None:
        self.asked, self.watcher = asked, watcher
        self.deaths = self.short_lives = 0
        self.running = {self._start(): time.monotonic() for _ in range(asked.processes)}

    def alive(self) -> bool:
        """Whether any worker runs; replaces those that were killed. Raises the error that another one ended with."""
        for process in [p for p in self.running if p.poll() is not None]:
            lived = time.monotonic() - self.running.pop(process)
            if process.returncode < 0:
                self._replace(process, lived)
            elif process.returncode:
                raise _error(process.returncode)
        return bool(self.running)

    def died(self) -> bool:
        """Whether workers died since this was asked last."""
        deaths, self.deaths = self.deaths, 0
        return deaths > 0

    def stop(self) -> None:
        """Ask the workers to end, and after STOP_SECONDS make them; what they leave leased comes back by itself."""
        for process in self.running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in self.running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def _replace(self, process: subprocess.Popen[bytes], lived: float) -> None:
        self.short_lives = self.short_lives + 1 if lived < SHORT_LIFE_SECONDS else 0
        if self.short_lives >= SHORT_LIVES:
            name = signal.Signals(-process.returncode).name
            raise TabibError(f"spider processes are killed as soon as they start ({name}); what was committed is kept")
        self.deaths += 1
        self.running[self._start()] = time.monotonic()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "crawlers.worker", json.dumps(asdict(self.asked)), str(os.getpid())]
        log = subprocess.PIPE if self.watcher else None
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True)
        if self.watcher:
            threading.Thread(target=self._relay, args=(process, self.watcher), daemon=True).start()
        return process

    @staticmethod
    def _relay(process: subprocess.Popen[bytes], watcher: Watcher) -> None:
        for line in process.stderr or ():
            watcher.logged(line.decode(errors="replace").rstrip())


def _error(code: int) -> TabibError:
    """The kind of error a worker's exit code stands for; its own message is on stderr already."""
    kind = next((k for k in (ServiceUnavailable, DiskFull) if k.exit_code == code), TabibError)
    return kind("a spider process stopped, see above; what was committed is kept, run the same command again to go on")


def _reclaim(queues: dict[str, LeaseQueue]) -> None:
    for queue in queues.values():
        queue.reclaim()


def _queues(asked: Crawl) -> dict[str, LeaseQueue]:
    server = redis.client()
    return {name: LeaseQueue(server, sites()[name]()) for name in asked.sites}


def _progress(asked: Crawl, queues: dict[str, LeaseQueue]) -> tuple[Tallies, Pending]:
    return (
        {name: queue.tally(asked.run) for name, queue in queues.items()},
        {name: queue.pending() for name, queue in queues.items()},
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that workers are stopped in order."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
