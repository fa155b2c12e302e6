"""robots.txt as RFC 9309 asks: what cannot be read forbids everything until it can.

Scrapy's own middleware lets everything pass when the file cannot be fetched, and, of several first requests that wait
for it together, applies it to one only: the future made of its shared Deferred leaves None to the rest.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.misc import build_from_crawler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

KEPT_SECONDS = 24 * 3600  # RFC 9309, 2.4: not longer than a day
TOO_MANY = 429


class RobotsUnreadError(OSError):
    """robots.txt could not be fetched. An OSError, so that the request is retried as after any failed connection."""


class Robots(RobotsTxtMiddleware):
    """Scrapy's middleware with one fetch a host that all wait for."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.fetches: dict[str, tuple[float, asyncio.Future[RobotParser]]] = {}

    async def robot_parser(self, request: Request) -> RobotParser:
        """The host's rules. Raises RobotsUnreadError while they cannot be read."""
        scheme, host = urlsplit(request.url)[:2]
        at, fetch = self.fetches.get(host, (0.0, None))
        if fetch is None or time.monotonic() - at > KEPT_SECONDS or (fetch.done() and fetch.exception()):
            fetch = asyncio.ensure_future(self._fetch(f"{scheme}://{host}/robots.txt"))
            self.fetches[host] = (time.monotonic(), fetch)
        return await asyncio.shield(fetch)

    async def _fetch(self, url: str) -> RobotParser:
        # The request that waits for it is retried, and the file with it.
        request = Request(url, callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True, "dont_retry": True})
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:
            raise RobotsUnreadError(f"robots.txt cannot be fetched ({type(error).__name__})") from error
        if response.status >= 500 or response.status == TOO_MANY:
            raise RobotsUnreadError(f"robots.txt cannot be fetched (HTTP {response.status})")
        rules = response.body if 200 <= response.status < 300 else b""
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, rules)
        return parser
