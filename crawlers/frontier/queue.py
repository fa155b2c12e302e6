"""The queue of one site: first in, first out, its entries JSON, each taken under a lease."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.http import Request
from scrapy_redis.queue import FifoQueue

from crawlers.frontier.workers import machine_of, this_machine, worker_alive

if TYPE_CHECKING:
    from redis import Redis

    from crawlers.site import Site

LEASE_SECONDS = 25
"""A dead worker's addresses come back after this long; a live one renews four times in it."""
TALLY_SECONDS = 7 * 24 * 3600
QUEUE_KEY = "crawl:%(spider)s:queue"
KNOWN_AT_MOST = 100_000
"""Fingerprints a process remembers: about 7 MB."""
RECORD, LISTING = "1", "0"
LUA = Path(__file__).parent / "lua"


@dataclass(frozen=True)
class Finished:
    """What ends a lease: links to enqueue, counts for the tally of the run, an address for the next round to repeat."""

    lease: str
    run: str
    links: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    again: str | None = None


class LeaseQueue(FifoQueue):
    """scrapy-redis' first-in-first-out queue with leases in place of its destructive pop."""

    def __init__(self, server: Redis, spider: Site, key: str = QUEUE_KEY, serializer: Any = json) -> None:
        """`spider` names the keys and gives fingerprints; a site's instance without a crawler will do."""
        super().__init__(server, spider, key, serializer or json)
        site = f"crawl:{spider.name}"
        self.leases, self.taken, self.fence = f"{site}:leases", f"{site}:taken", f"{site}:fence"
        self.seen, self.listed, self.again = f"{site}:seen", f"{site}:listed", f"{site}:again"
        self._known: set[bytes] = set()
        self._server_run = ""
        self._scripts = {path.stem: server.register_script(_source(path.stem)) for path in LUA.glob("*.lua")}

    def begin(self, seeds: Iterable[str]) -> bool:
        """Start a round at `seeds`; False, and nothing changes, where one is under way."""
        keys = [self.key, self.leases, self.listed, self.again]
        return bool(self._run("begin", keys, list(chain.from_iterable(self._link(url)[1:] for url in seeds))))

    def add(self, links: Iterable[str]) -> int:
        """Enqueue those canonical addresses that were not seen; returns how many."""
        keys = [self.key, self.seen, self.listed]
        return int(self._run("add", keys, list(chain.from_iterable(map(self._link, links)))))

    def push(self, request: Request) -> None:
        """Enqueue a request as `add` does."""
        self.add([request.url])

    def pop(self, timeout: int = 0, worker: str = "") -> Request | None:  # noqa: ARG002 - the base class's signature
        """Lease the next request; its `lease` is in its meta. None when nothing waits."""
        keys = [self.key, self.leases, self.taken, self.fence]
        found = self._run("take", keys, [LEASE_SECONDS * 1000, worker])
        if not found:
            return None
        request: Request = self._decode_request(found[1])
        request.meta["lease"] = str(int(found[0]))
        return request

    def renew(self, leases: Iterable[str]) -> set[str]:
        """Hold `leases` for LEASE_SECONDS more; returns those that have passed to others."""
        self._forget_after_restart()
        held = list(leases)
        lost = self._run("renew", [self.leases], [LEASE_SECONDS * 1000, *held]) if held else []
        return {lease.decode() for lease in lost}

    def finish(self, end: Finished) -> bool:
        """End a lease whose page is committed: enqueue its links, count.

        False, and nothing changes, when the lease has passed to another worker.
        """
        again = self._link(end.again) if end.again else ("", b"", "")
        arguments: list[Any] = [end.lease, TALLY_SECONDS, *again, len(end.counts), *chain(*end.counts.items())]
        links = [link for link in map(self._link, end.links) if link[1] not in self._known]
        keys = [self.leases, self.taken, self.key, self.seen, self.listed, self.again, self.tally_key(end.run)]
        done = bool(self._run("finish", keys, arguments + list(chain.from_iterable(links))))
        if done:
            self._remember(links)
        return done

    def requeue(self, leases: Iterable[str], front: bool = True) -> int:
        """Let the addresses of `leases` wait again as they were taken."""
        return self._requeue([(lease, "") for lease in leases], front)

    def retry(self, request: Request) -> int:
        """Let a failed request wait again behind all others, its number of tries kept."""
        return self._requeue([(request.meta["lease"], self._encode_request(request))], front=False)

    def reclaim(self) -> int:
        """Let wait again what dead workers of this machine had taken, without waiting for their leases to end."""
        here = this_machine()
        dead = [
            lease.decode()
            for lease, taken in self.server.hgetall(self.taken).items()
            if machine_of(worker := taken.partition(b"\n")[0].decode()) == here and not worker_alive(worker)
        ]
        return self.requeue(dead) if dead else 0

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
        """Forget everything about the site's addresses."""
        self._known.clear()
        self.server.delete(self.key, self.leases, self.taken, self.seen, self.listed, self.again)

    def _requeue(self, entries: list[tuple[str, str]], front: bool) -> int:
        keys = [self.leases, self.taken, self.key]
        return int(self._run("requeue", keys, ["front" if front else "back", *chain.from_iterable(entries)]))

    def _remember(self, links: Sequence[tuple[str, bytes, str]]) -> None:
        """Note records as seen: that is for good, so they need not be sent again. A page's links are mostly such."""
        if len(self._known) > KNOWN_AT_MOST:
            self._known.clear()
        self._known.update(fingerprint for kind, fingerprint, _ in links if kind == RECORD)

    def _forget_after_restart(self) -> None:
        """A server that started anew may have lost its last second: what it was sent then must be sent again.

        That second's leases were not ended either, so its pages are fetched again, later than this is noticed.
        """
        server_run = self.server.info("server")["run_id"]
        if server_run != self._server_run:
            self._known.clear()
        self._server_run = server_run

    def _link(self, url: str) -> tuple[str, bytes, str]:
        """Whether a canonical address is a record's, its fingerprint, its entry."""
        kind = RECORD if self.spider.record_of(url) else LISTING
        return kind, self.spider.fingerprint(url), str(self.serializer.dumps({"url": url}))

    def _encode_request(self, request: Request) -> str:
        # Where a redirect led is no record of its own: it is the record's address that is asked again.
        asked = request.meta.get("redirect_urls", [request.url])[0]
        url = self.spider.canonical(asked) or asked
        return str(self.serializer.dumps({"url": url, "tries": request.meta.get("retry_times", 0)}))

    def _decode_request(self, encoded_request: bytes) -> Request:
        entry = self.serializer.loads(encoded_request)
        meta = {"retry_times": entry["tries"]} if entry.get("tries") else {}
        return Request(entry["url"], errback=self.spider.failed, meta=meta)

    def _run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        return self._scripts[script](keys=keys, args=arguments)


@cache
def _source(script: str) -> str:
    return (LUA / f"{script}.lua").read_text(encoding="utf-8")
