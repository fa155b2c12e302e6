"""The scheduler of a spider process: takes leased addresses, keeps them, gives back what it could not finish."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from redis.exceptions import ResponseError
from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Request
from scrapy.utils.asyncio import call_later
from scrapy_redis.scheduler import Scheduler

from crawlers.frontier.dupefilter import RecordFilter
from crawlers.frontier.entries import ASKED
from crawlers.frontier.heartbeat import Heartbeat
from crawlers.frontier.queue import OPEN, STOPPED, Finished, LeaseQueue, Taken
from crawlers.frontier.workers import this_worker
from crawlers.outage import AWAY, DISK_FULL, Outage
from storage.errors import DiskFull
from storage.redis import translated

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.site import Site

logger = logging.getLogger(__name__)
T = TypeVar("T")
WAKE_SECONDS = 0.5
"""How soon an idle spider notices work that other processes found."""
ASK_SECONDS = 0.1
"""How soon it asks again where nothing waits, or where another process was given the host's turn."""
AT_ONCE = 8
"""Addresses taken in one round trip where the host's pace allows."""


class LeaseScheduler(Scheduler):
    """scrapy-redis' scheduler over leases. Retries wait again in Redis; redirects go on under the lease they have."""

    queue: LeaseQueue
    spider: Site

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LeaseScheduler:
        made: LeaseScheduler = super().from_crawler(crawler)
        made.crawler = crawler
        return made

    def open(self, spider: Site) -> None:
        """Make queue and filter, start renewing, listen for an idle spider."""
        self.spider, self.worker = spider, this_worker()
        self.queue, self.df = LeaseQueue(self.server, spider), RecordFilter(self.server, spider)
        self.ready: deque[Request] = deque()
        self.heart = Heartbeat(self.queue, self.worker, self._stop)
        self.redis = Outage()
        self.state, self.ask_at, self.refusal = OPEN, 0.0, ""
        self.until_idle = self.crawler.settings.getbool("CRAWL_UNTIL_IDLE")
        # The engine looks for work once in this many seconds while idle; its five are for a queue nobody else fills.
        self.crawler.engine._SLOT_HEARTBEAT_INTERVAL = WAKE_SECONDS
        self.heart.start()
        self.crawler.signals.connect(self.idle, signals.spider_idle)

    def close(self, reason: str) -> None:  # noqa: ARG002 - the engine gives it
        """Stop renewing and let what is still leased wait again."""
        self.heart.stop()
        self.give_back()

    def give_back(self) -> None:
        """Let what this process holds wait again, as it ends."""
        self._ask(lambda: self.queue.requeue(list(self.heart.held)))

    def enqueue_request(self, request: Request) -> bool:
        """Enqueue a request: a retry behind all others, a redirect at once, anything else unless it was seen."""
        lease = request.meta.get("lease")
        if lease is None:
            return not self.df.request_seen(request) and bool(self.queue.add([request.url]))
        if request.meta.get("redirect_times", 0) > request.meta.get("redirects_followed", 0):
            request.meta["redirects_followed"] = request.meta["redirect_times"]
            request.meta["granted"] = False  # the host's turn was for the address that led here
            self.ready.append(request)
            return True
        self.heart.release(lease)  # whatever Redis says, the lease must end
        self._ask(lambda: self.queue.retry(request))
        return True

    def next_request(self) -> Request | None:
        """A request that is ready, else the next addresses of the site under new leases."""
        asks = not self.ready and not self.redis.waiting and time.monotonic() >= self.ask_at
        if asks and (taken := self._ask(lambda: self.queue.take(self.worker, AT_ONCE))):
            self._taken(taken)
        return self.ready.popleft() if self.ready else None

    def _ask(self, ask: Callable[[], T]) -> T | None:
        """What Redis answers; None while it is away or refuses to write, as where its disk is full."""
        try:
            with self.redis:
                return ask()
        except ResponseError as error:
            if isinstance(full := translated(error), DiskFull):
                self.refusal = f"{DISK_FULL}: {full}"
            logger.error("Redis refuses (%s)", str(error).split(maxsplit=1)[0])
            self.ask_at = time.monotonic() + WAKE_SECONDS
        return None

    def drop(self, lease: str) -> None:
        """Let an address that was not asked for wait again."""
        self.heart.release(lease)
        self._ask(lambda: self.queue.requeue([lease]))

    def _taken(self, taken: Taken) -> None:
        self.state = taken.state
        for request in taken.requests:
            request.meta["granted"] = True
            self.heart.hold(request.meta["lease"], self.spider.fingerprint(request.meta[ASKED]))
            self.ready.append(request)
        if not taken.requests:
            wait = min(max(taken.wait, ASK_SECONDS), WAKE_SECONDS)
            self.ask_at = time.monotonic() + wait
            if slot := self.crawler.engine._slot:
                call_later(wait, slot.nextcall.schedule)

    def _stop(self) -> None:
        """Close the spider, from the heartbeat's thread: requests that wait for their turn keep it from idling."""
        from twisted.internet import reactor

        def close() -> None:
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=STOPPED))

        reactor.callFromThread(close)

    def has_pending_requests(self) -> bool:
        """Only this process's own: whether the site has more is asked when the spider is idle."""
        return bool(self.ready)

    def __len__(self) -> int:
        return len(self.queue)

    def holds(self, lease: str) -> bool:
        """Whether the lease is this process's still, as far as it knows."""
        return lease in self.heart.held

    def finish(self, ends: Sequence[Finished]) -> list[bool]:
        """End leases; False for one that has passed to another worker. Raises redis-py's connection errors."""
        done = self.queue.finish(ends)
        for end in ends:
            self.heart.release(end.lease)
        return done

    def idle(self) -> None:
        """Keep the spider open while any worker may still find something, or for ever."""
        if self.redis.over:
            raise CloseSpider(f"{AWAY}: {self.redis.message}")
        if self.refusal:
            raise CloseSpider(self.refusal)
        if self.state == STOPPED:
            raise CloseSpider(STOPPED)
        idle = False
        with self.redis:
            # A frontier that was wiped is empty too, and is being made anew.
            idle = self.until_idle and self.state == OPEN and not any(self.queue.pending()) and self.queue.built()
        raise CloseSpider("finished") if idle else DontCloseSpider
