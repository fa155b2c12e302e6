"""Refuses what somebody asked to have left out: a list of the farm's, in PostgreSQL; new entries count in a minute."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from crawlers.manners import GRANTED, pause
from crawlers.opt_outs import TAKEDOWN, Takedowns
from crawlers.outage import PAUSE_SECONDS, Outage
from storage import db, sources

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request

    from crawlers.site import Site

LOOK_SECONDS = 60.0


class TakenDown:
    """The downloader middleware in front of all that would ask the site for anything."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.database = Outage(told=False)  # the pipeline tells of the same one
        self.list: Takedowns | None = None
        self.looked = -LOOK_SECONDS
        self.looking: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TakenDown:
        """How Scrapy makes one."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let `request` pass. Raises IgnoreRequest where its address is on the list."""
        site: Site = self.crawler.spider  # type: ignore[assignment]
        self._refresh(site)
        while self.list is None:  # without it nothing may be asked for
            request.meta.pop(GRANTED, None)  # its turn will be over
            if self.looking is not None:
                await asyncio.shield(self.looking)
            if self.list is None:
                await pause(self.crawler, PAUSE_SECONDS)
                self._refresh(site, LOOK_SECONDS)
        if self.list.rule(site.canonical(request.url) or request.url):
            raise IgnoreRequest(TAKEDOWN)

    def _refresh(self, site: Site, sooner: float = 0.0) -> None:
        """Have the list read anew where it is older than LOOK_SECONDS, once for all requests that want it."""
        due = time.monotonic() - self.looked + sooner > LOOK_SECONDS
        if due and (self.looking is None or self.looking.done()):
            self.looking = asyncio.ensure_future(self._look(site))

    async def _look(self, site: Site) -> None:
        self.looked = time.monotonic()
        with self.database:
            patterns = await asyncio.to_thread(_patterns)
            own = [pattern for pattern in patterns if site.canonical(pattern.rstrip("*"))]
            # Where all that begins with a record's address is left out, its forms that begin otherwise are too.
            records = [pattern.rstrip("*") for pattern in own if site.record_of(pattern.rstrip("*"))]
            self.list = Takedowns([*own, *records], site.fingerprint)


def _patterns() -> list[str]:
    with db.session() as session:
        return list(sources.takedowns(session))
