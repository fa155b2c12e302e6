"""The scheduler of a spider process: takes leased addresses, renews them, gives back what it could not finish."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Request, Response
from scrapy.utils.asyncio import create_looping_call
from scrapy_redis.scheduler import Scheduler
from twisted.python.failure import Failure

from crawlers.frontier.dupefilter import RecordFilter
from crawlers.frontier.queue import Finished, LeaseQueue
from crawlers.frontier.workers import this_worker
from crawlers.outage import AWAY, Outage

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.utils.asyncio import AsyncioLoopingCall
    from twisted.internet.task import LoopingCall

    from crawlers.site import Site

logger = logging.getLogger(__name__)
RENEW_SECONDS = 5.0
WAKE_SECONDS = 0.5
"""How soon an idle spider notices work that other processes found."""


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
        """Make queue and filter, start renewing, listen for an idle spider and for faults that end a request early."""
        self.spider, self.worker = spider, this_worker()
        self.queue, self.df = LeaseQueue(self.server, spider), RecordFilter(self.server, spider)
        self.held: set[str] = set()
        self.redirected: deque[Request] = deque()
        self.redis = Outage()
        self.run = self.crawler.settings["CRAWL_RUN"]
        self.until_idle = self.crawler.settings.getbool("CRAWL_UNTIL_IDLE")
        # The engine looks for work once in this many seconds while idle; its five are for a queue nobody else fills.
        self.crawler.engine._SLOT_HEARTBEAT_INTERVAL = WAKE_SECONDS
        self.renewing: AsyncioLoopingCall | LoopingCall = create_looping_call(self.renew)
        self.renewing.start(RENEW_SECONDS, now=False)
        connect = self.crawler.signals.connect
        connect(self.idle, signals.spider_idle)
        connect(self.broken, signals.spider_error)

    def close(self, reason: str) -> None:  # noqa: ARG002 - the engine gives it
        """Stop renewing and let what is still leased wait again."""
        if self.renewing.running:
            self.renewing.stop()
        with self.redis:
            self.queue.requeue(self.held)

    def enqueue_request(self, request: Request) -> bool:
        """Enqueue a request: a retry behind all others, a redirect at once, anything else unless it was seen."""
        lease = request.meta.get("lease")
        if lease is None:
            return not self.df.request_seen(request) and bool(self.queue.add([request.url]))
        if request.meta.get("redirect_times", 0) > request.meta.get("redirects_followed", 0):
            request.meta["redirects_followed"] = request.meta["redirect_times"]
            self.redirected.append(request)
            return True
        with self.redis:
            self.queue.retry(request)
        self.held.discard(lease)
        return True

    def next_request(self) -> Request | None:
        """A redirect of this process, else the next address of the site under a new lease."""
        if self.redirected:
            return self.redirected.popleft()
        if self.redis.waiting:
            return None
        request = None
        with self.redis:
            request = self.queue.pop(worker=self.worker)
        if request is not None:
            self.held.add(request.meta["lease"])
        return request

    def has_pending_requests(self) -> bool:
        """Only this process's own: whether the site has more is asked when the spider is idle."""
        return bool(self.redirected)

    def __len__(self) -> int:
        return len(self.queue)

    def finish(self, end: Finished) -> bool:
        """End a lease; False when it has passed to another worker. Raises redis-py's connection errors."""
        done = self.queue.finish(end)
        self.held.discard(end.lease)
        return done

    def renew(self) -> None:
        """Hold on to what this process is working on; forget what has passed to others."""
        with self.redis:
            for lease in self.queue.renew(self.held):
                self.held.discard(lease)

    def idle(self) -> None:
        """Keep the spider open while any worker may still find something, or for ever."""
        if self.redis.over:
            raise CloseSpider(f"{AWAY}: {self.redis.message}")
        idle = False
        with self.redis:
            idle = self.until_idle and not any(self.queue.pending())
        raise CloseSpider("finished") if idle else DontCloseSpider

    def broken(self, failure: Failure, response: Response | Failure) -> None:
        """A fault of our own in a callback: the address is counted as failed, the crawl goes on."""
        request: Request = response.request  # type: ignore[union-attr, assignment]
        cause = f"a fault of the spider ({type(failure.value).__name__})"
        end = Finished(request.meta["lease"], self.run, counts={"failed": 1, f"cause {cause}": 1}, again=request.url)
        with self.redis:
            self.finish(end)
