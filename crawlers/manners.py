"""The downloader middleware that keeps to each host's budget, next to the network: whatever passes it is sent.

    process_request → Pace.grant, unless the address was leased with its turn (meta "granted")
    process_response, process_exception → Pace.observe, at once for a failure, else once a second

Redirects and robots.txt come this way as pages do, so that no request of any worker is outside the budget.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from redis.backoff import NoBackoff
from redis.retry import Retry
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)

from crawlers.frontier.pace import ASKING, FAILING, NO_ANSWER, Pace, http_date, is_well, retry_after
from crawlers.outage import PAUSE_SECONDS, Outage
from storage import redis

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

GRANTED = "granted"
"""In the meta of a request whose turn was taken with its lease; good for one sending."""
_SENT = "sent_at"
LONGEST_SLEEP = 1.0
"""Before it is asked again whether the spider is being closed: a stop must not take ten seconds."""
TELL_SECONDS = 1.0
"""How often response times are told while all is well: a page need not cost a round trip more."""
UNREACHED = (CannotResolveHostError, DownloadConnectionRefusedError)
UNANSWERED = (*UNREACHED, DownloadFailedError, DownloadTimeoutError)


class Stopped(IgnoreRequest):
    """The spider is being closed, or Redis stays away: the request was not sent, and its lease is to be given back."""

    def __init__(self) -> None:
        super().__init__("the crawl stops before it was its turn")


class Manners:
    """Waits for the host's next turn, and tells the farm how the host answers.

    CRAWL_HOST_PATIENCE is for how many seconds a host may fail before that counts as a try of the addresses asked for:
    a host that is down for an hour must not use up the tries of all that wait.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.patience = crawler.settings.getfloat("CRAWL_HOST_PATIENCE")
        self.redis = Outage(told=False)  # the scheduler tells of the same one
        self.failing = False
        self.latencies: list[float] = []
        self.told = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Manners:
        """How Scrapy makes one."""
        return cls(crawler)

    @cached_property
    def pace(self) -> Pace:
        """The budget of the site's host; made at the first request, when there is a spider."""
        return pace_of(self.crawler)

    async def process_request(self, request: Request) -> None:
        """Return when `request` may be sent. Raises Stopped where that will not be."""
        if not request.meta.pop(GRANTED, False):
            await self._turn()
        request.meta[_SENT] = time.monotonic()

    def process_response(self, request: Request, response: Response) -> Response:
        """Learn from an answer."""
        sent = request.meta.pop(_SENT, None)
        if sent is not None:
            if response.status in FAILING:
                self._failed(request, sent, response)
            elif is_well(response.status):
                self._well(sent)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Learn from an answer that did not come; what was refused before it was sent says nothing of the host."""
        sent = request.meta.pop(_SENT, None)
        if sent is not None and isinstance(exception, UNANSWERED):
            self._failed(request, sent, exception)

    async def _turn(self) -> None:
        while not self.redis.over:
            wait = PAUSE_SECONDS
            if not self.redis.waiting:
                with self.redis:
                    wait = self.pace.grant()
            if not wait:
                return
            await pause(self.crawler, wait)
        raise Stopped

    def _failed(self, request: Request, sent: float, answer: Response | Exception) -> None:
        took = time.monotonic() - sent
        failing = 0.0
        with self.redis:
            if isinstance(answer, Exception):
                failing = self.pace.observe(took, NO_ANSWER)
            else:
                failing = self.pace.observe(took, answer.status, _asked(answer))
        self.failing = True
        hosts_fault = isinstance(answer, UNREACHED) if isinstance(answer, Exception) else answer.status in ASKING
        if hosts_fault and failing < self.patience:
            uncount(request)

    def _well(self, sent: float) -> None:
        now = time.monotonic()
        self.latencies.append(now - sent)
        if self.failing or now - self.told >= TELL_SECONDS:
            with self.redis:
                mean = sum(self.latencies) / len(self.latencies)
                self.failing = self.pace.observe(mean, 200, ago=now - sent) > 0
            self.latencies.clear()
            self.told = now


def pace_of(crawler: Crawler) -> Pace:
    """The budget of the host that the crawler's spider is for."""
    site: Any = crawler.spider
    server = redis.client()
    server.set_retry(Retry(NoBackoff(), 0))  # redis-py's own waits for seconds, and all requests with it
    return Pace(server, site.hosts[0])


def uncount(request: Request) -> None:
    """Let the retry that follows not count as a try of this address."""
    request.meta["retry_times"] = request.meta.get("retry_times", 0) - 1


async def pause(crawler: Crawler, seconds: float) -> None:
    """Sleep for `seconds`, or LONGEST_SLEEP where that is less. Raises Stopped when the spider is being closed."""
    _stop_if_closing(crawler)
    await asyncio.sleep(min(seconds, LONGEST_SLEEP))
    _stop_if_closing(crawler)


def _stop_if_closing(crawler: Crawler) -> None:
    slot = crawler.engine._slot  # Scrapy tells of a close only when it has waited for all that is under way
    if not crawler.engine.running or slot is None or slot.closing is not None:
        raise Stopped


def _asked(response: Response) -> float:
    """The seconds that the answer asks to wait. Its own Date is held against Retry-After's: neither need be right."""
    date = http_date((response.headers.get("Date") or b"").decode("latin-1"))
    asked = (response.headers.get("Retry-After") or b"").decode("latin-1")
    return retry_after(asked, date or dt.datetime.now(dt.UTC))
