"""The queue of one site: its entries JSON, each taken under a lease."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError
from scrapy.http import Request
from scrapy_redis.queue import FifoQueue

from crawlers.frontier.entries import ASKED, RECORD, Link, decode, encode, link
from crawlers.frontier.workers import machine_of, this_machine, worker_alive

if TYPE_CHECKING:
    from redis import Redis

    from crawlers.site import Site

logger = logging.getLogger(__name__)
LEASE_SECONDS = 20
"""A dead worker's addresses come back after this long; a live one renews five times in it."""
SILENCE_SECONDS, RENEWAL_SECONDS = 10, 10
"""When no worker was heard for the first, as after an outage of Redis, leases run out no sooner than the second."""
TALLY_SECONDS = 7 * 24 * 3600
WINDOW = 50
"""Newest record pages of the whole farm by which a reader is judged."""
QUEUE_KEY = "crawl:%(spider)s:queue"
MARK_AT_ONCE = 1_000
KNOWN_AT_MOST = 100_000
"""Fingerprints a process remembers: about 7 MB."""
LUA = Path(__file__).parent / "lua"
PRELUDE = LUA / "prelude" / "pace.lua"
OPEN, STOPPED = "open", "stopped"
ONE_TOO_MANY = 2


@dataclass(frozen=True)
class Finished:
    """What ends a lease: links to enqueue, counts for the tally of the run, and what the record's page had.

    `had` is one letter for each field found (`health.LETTERS`), then the page's fingerprint; None for no record.
    """

    lease: str
    run: str
    links: Sequence[Link] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    had: bytes | None = None


@dataclass(frozen=True)
class Taken:
    """Leased requests, the lease in the meta of each; or why there are none, and when to ask again, in seconds."""

    requests: list[Request]
    state: str = OPEN
    wait: float = 0.0


class LeaseQueue(FifoQueue):
    """scrapy-redis' first-in-first-out queue with leases in place of its destructive pop."""

    def __init__(self, server: Redis, spider: Site, key: str = QUEUE_KEY, serializer: Any = json) -> None:
        """`spider` names the keys and gives fingerprints; a site's instance without a crawler will do."""
        super().__init__(server, spider, key, serializer or json)
        site = f"crawl:{spider.name}"
        self.leases, self.taken, self.fence = f"{site}:leases", f"{site}:taken", f"{site}:fence"
        self.seen, self.listed, self.control = f"{site}:seen", f"{site}:listed", f"{site}:control"
        self.workers, self.minutes = f"{site}:workers", f"{site}:minutes"
        self.window, self.history = f"{site}:window", f"{site}:history"
        self.pace = f"pace:{spider.hosts[0]}"
        self.full = False
        self._known: set[bytes] = set()
        self._server_run = ""
        self._scripts = {path.stem: server.register_script(_source(path.stem)) for path in LUA.glob("*.lua")}

    def add(self, urls: Iterable[str]) -> int:
        """Enqueue those canonical addresses that were not seen; returns how many."""
        keys = [self.key, self.seen, self.listed, self.control]
        return int(self._run("add", keys, _flat(link(self.spider, url) for url in urls)))

    def offer(self, links: Iterable[Link]) -> None:
        """Let addresses wait whether seen or not."""
        self._run("offer", [self.key, self.seen, self.listed], _flat(links))

    def push(self, request: Request) -> None:
        """Enqueue a request as `add` does."""
        self.add([request.url])

    def pop(self, timeout: int = 0) -> Request | None:  # noqa: ARG002 - the base class's signature
        """Lease the next request; None when nothing can be taken now."""
        return next(iter(self.take("", 1).requests), None)

    def take(self, worker: str, at_most: int) -> Taken:
        """Lease the next requests, as many as the host's pace allows now."""
        keys = [self.key, self.leases, self.taken, self.fence, self.control, self.pace]
        limits = [SILENCE_SECONDS * 1000, RENEWAL_SECONDS * 1000]
        answer = self._run("take", keys, [LEASE_SECONDS * 1000, worker, at_most, self.started, *limits])
        state, wait, *pairs = answer
        found = [self._leased(lease.decode(), entry) for lease, entry in zip(pairs[::2], pairs[1::2], strict=True)]
        return Taken([request for request in found if request], state.decode(), wait / 1000)

    def renew(self, worker: str, leases: Iterable[str]) -> tuple[str, set[str]]:
        """Hold `leases` for LEASE_SECONDS more; returns open or stopped, and those that have passed to others."""
        self._forget_after_restart()
        keys = [self.leases, self.workers, self.control]
        state, *lost = self._run("renew", keys, [LEASE_SECONDS * 1000, worker, self.started, *leases])
        return state.decode(), {lease.decode() for lease in lost}

    def sift(self, leases: Sequence[str], links: Sequence[Link]) -> tuple[set[str], set[bytes]]:
        """Of what is about to be stored: the leases that are still held, the fingerprints of the links that are new."""
        asked = [item for item in links if item.fingerprint not in self._known]
        arguments = [
            len(leases),
            self.spider.records_at_most,
            *leases,
            *chain.from_iterable((item.kind, item.fingerprint) for item in asked),
        ]
        answer = self._run("sift", [self.leases, self.seen, self.listed], arguments)
        held = {lease for lease, is_held in zip(leases, answer, strict=False) if is_held}
        told = list(zip(asked, answer[len(leases) :], strict=True))
        self._remember(item.fingerprint for item, is_new in told if item.kind == RECORD and not is_new)
        if not self.full and any(is_new == ONE_TOO_MANY for _, is_new in told):
            self.full = True
            logger.error(
                "%s names more than %d records: no more are taken", self.spider.name, self.spider.records_at_most
            )
        return held, {item.fingerprint for item, is_new in told if is_new == 1}

    def finish(self, ends: Sequence[Finished]) -> list[bool]:
        """End the leases of committed visits: enqueue links, count; one round trip for all.

        False for a lease that has passed to another worker: then nothing changed.
        """
        try:
            done = self._finish(ends)
        except NoScriptError:  # the server was restarted since, and none of the ends was read
            self.server.script_load(_source("finish"))
            done = self._finish(ends)
        links = (item for end, is_done in zip(ends, done, strict=True) if is_done for item in end.links)
        self._remember(item.fingerprint for item in links if item.kind == RECORD)
        return done

    def requeue(self, leases: Iterable[str]) -> int:
        """Let the addresses of `leases` wait again as they were taken, before all others."""
        return self._requeue([(lease, "") for lease in leases], "front")

    def retry(self, request: Request) -> int:
        """Let a failed request wait again behind all others, its number of tries kept."""
        # Where a redirect led is no record of its own: it is the record's address that is asked again.
        entry = encode(
            self.spider, request.meta[ASKED], tries=request.meta.get("retry_times", 0), **_conditions(request)
        )
        return self._requeue([(request.meta["lease"], entry)], "back")

    def reclaim(self) -> int:
        """Let wait again what dead workers of this machine had taken, without waiting for their leases to end."""
        here = this_machine()
        dead = [
            lease.decode()
            for lease, taken in self.server.hgetall(self.taken).items()
            if machine_of(worker := taken.partition(b"\n")[0].decode()) == here and not worker_alive(worker)
        ]
        return self.requeue(dead) if dead else 0

    def mark(self, key: str, fingerprints: Sequence[bytes]) -> None:
        """Add fingerprints to a set, as of what was seen."""
        with self.server.pipeline(transaction=False) as pipe:
            for n in range(0, len(fingerprints), MARK_AT_ONCE):
                pipe.sadd(key, *fingerprints[n : n + MARK_AT_ONCE])
            pipe.execute()

    def pause(self, paused: bool) -> None:
        """Have no worker take anything, or let all go on."""
        self.server.hset(self.control, "paused", int(paused))

    def stop(self) -> int:
        """Have the workers that run now end in order; returns how many there are."""
        self.server.hset(self.control, "stop", self._now())
        return len(self.alive())

    @cached_property
    def started(self) -> int:
        """When this process first asked; a stop is for those that did before it."""
        return self._now()

    def stopped(self) -> bool:
        """Whether the operator has stopped those that run since `started`."""
        return int(self.server.hget(self.control, "stop") or 0) >= self.started

    def _now(self) -> int:
        """Milliseconds of Redis' clock, the one that the farm shares."""
        seconds, microseconds = self.server.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    def alive(self) -> list[str]:
        """The workers that were heard of within a lease, without those of this machine that are known to be dead."""
        since, here = self._now() - LEASE_SECONDS * 1000, this_machine()
        names = [name.decode() for name in self.server.zrangebyscore(self.workers, since, "+inf")]
        return [name for name in names if machine_of(name) != here or worker_alive(name)]

    def built(self) -> bool:
        """Whether the frontier holds what the ledger says, False when Redis was wiped."""
        return bool(self.server.hexists(self.control, "built"))

    def last_fence(self) -> int:
        """The newest lease's number."""
        return int(self.server.get(self.fence) or 0)

    def pending(self) -> tuple[int, int]:
        """How many addresses wait, and how many are leased, at one moment."""
        with self.server.pipeline() as pipe:
            waiting, leased = pipe.llen(self.key).zcard(self.leases).execute()
        return int(waiting), int(leased)

    def tally(self, run: str) -> dict[str, int]:
        """What the run counted so far, by name."""
        return {name.decode(): int(count) for name, count in self.server.hgetall(self.tally_key(run)).items()}

    def tally_key(self, run: str) -> str:
        """The hash that holds a run's counts."""
        return f"crawl:{self.spider.name}:tally:{run}"

    def clear(self) -> None:
        """Forget everything about the site's addresses; the numbers of leases go on, so that old ones stay refused."""
        self._known.clear()
        self.server.hdel(self.control, "built")
        self.server.delete(self.key, self.leases, self.taken, self.seen, self.listed)

    def _finish(self, ends: Sequence[Finished]) -> list[bool]:
        script = self._scripts["finish"]
        with self.server.pipeline(transaction=False) as pipe:
            for end in ends:
                keys = self._finish_keys(end.run)
                counts = [len(end.counts), *chain.from_iterable(end.counts.items())]
                arguments = [end.lease, TALLY_SECONDS, end.had or b"", WINDOW, *counts, *_flat(end.links)]
                # By its hash: a Script called on a pipeline first asks the server whether it knows it.
                pipe.evalsha(script.sha, len(keys), *keys, *arguments)
            return [bool(done) for done in pipe.execute()]

    def _finish_keys(self, run: str) -> list[str]:
        keys = [self.leases, self.taken, self.key, self.seen, self.listed]
        return [*keys, self.tally_key(run), self.minutes, self.window, self.history]

    def _requeue(self, entries: list[tuple[str, str]], end: str) -> int:
        keys = [self.leases, self.taken, self.key]
        return int(self._run("requeue", keys, [end, *chain.from_iterable(entries)]))

    def _leased(self, lease: str, entry: bytes) -> Request | None:
        try:
            request = decode(self.spider, entry)
        except ValueError:
            logger.error("an entry of the queue of %s cannot be read and is dropped", self.spider.name)
            self.server.zrem(self.leases, lease)
            self.server.hdel(self.taken, lease)
            return None
        request.meta["lease"] = lease
        return request

    def _remember(self, fingerprints: Iterable[bytes]) -> None:
        """Note records as seen: that is for good, so they need not be sent again. A page's links are mostly such."""
        if len(self._known) > KNOWN_AT_MOST:
            self._known.clear()
        self._known.update(fingerprints)

    def _forget_after_restart(self) -> None:
        """A server that started anew may have lost its last second: what it was sent then must be sent again.

        That second's leases were not ended either, so its pages are fetched again, later than this is noticed.
        """
        server_run = self.server.info("server")["run_id"]
        if server_run != self._server_run:
            self._known.clear()
        self._server_run = server_run

    def _run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        return self._scripts[script](keys=keys, args=arguments)


def _flat(links: Iterable[Link]) -> list[Any]:
    return list(chain.from_iterable((item.kind, item.fingerprint, item.entry) for item in links))


def _conditions(request: Request) -> dict[str, str]:
    named = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
    return {key: value.decode() for key, name in named.items() if (value := request.headers.get(name))}


@cache
def _source(script: str) -> str:
    body = (LUA / f"{script}.lua").read_text(encoding="utf-8")
    return PRELUDE.read_text(encoding="utf-8") + body if "pace_take" in body else body
