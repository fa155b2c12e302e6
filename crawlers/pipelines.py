"""What becomes of a fetched page: body archived, then page and documents committed, then lease ended with its links.

    Storing.process_item → store (in a thread, one transaction for all that wait) → LeaseScheduler.finish

A death before the commit leaves the address leased, a death after it too: it is fetched again and written over itself.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawlers.frontier.queue import Finished
from crawlers.outage import AWAY, DISK_FULL, PAUSE_SECONDS, Outage
from crawlers.reading import PageReading
from crawlers.urls import shown
from storage import db
from storage.documents import save_documents
from storage.errors import DiskFull
from storage.pages import PageFields, ensure_source, save_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler

    from crawlers.frontier.scheduler import LeaseScheduler
    from crawlers.site import Site

logger = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Fetched:
    """A page with what its reader made of it, under the lease its address was taken with."""

    lease: str
    asked: str
    page: PageFields
    reading: PageReading
    listed: int | None = None
    """Links to records on a page that is no record itself."""


@dataclass(frozen=True, repr=False)
class Failed:
    """An address that gave no page; `cause` is None where that is no fault, as past the end of a listing."""

    lease: str
    asked: str
    cause: str | None
    excluded: bool = False
    listing: bool = False


class Storing:
    """The item pipeline. Whatever happens to an item, the crawl goes on and its address is accounted for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.waiting: list[tuple[Fetched, asyncio.Future[None]]] = []
        self.writing: asyncio.Task[None] | None = None
        self.stopping: asyncio.Future[None] | None = None
        self.database, self.redis = Outage(), Outage()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Storing:
        """How Scrapy makes one."""
        return cls(crawler)

    @property
    def scheduler(self) -> LeaseScheduler:
        """The scheduler whose leases these items end."""
        return self.crawler.engine.scheduler  # type: ignore[return-value]

    @property
    def site(self) -> Site:
        """The spider whose items these are."""
        return self.crawler.spider  # type: ignore[return-value]

    async def process_item(self, item: Fetched | Failed) -> Fetched | Failed:
        """Store the item and end its lease; returns once that is done or given up."""
        if isinstance(item, Fetched):
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append((item, done))
            if self.writing is None or self.writing.done():
                self.writing = asyncio.create_task(self._write())
            await done
        else:
            _told(item)
            await self._finish(item)
        return item

    async def _write(self) -> None:
        """Write what waits, all in one transaction, until nothing waits: the more comes, the larger the batches."""
        while self.waiting:
            batch, self.waiting = self.waiting, []
            try:
                await self._write_batch([item for item, _ in batch])
            finally:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    async def _write_batch(self, items: Sequence[Fetched]) -> None:
        current = [item for item in items if item.lease in self.scheduler.held]
        try:
            if current and not await self._stored(current):
                return
        except Exception as error:  # noqa: BLE001 - one page that the database refuses must not take others with it
            if isinstance(error, DiskFull) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                self._stop(f"{DISK_FULL}: {error}")
                return
            if len(current) > 1:
                for item in current:
                    await self._write_batch([item])
                return
            await self._refused(current[0], error)
            return
        for item in current:
            await self._finish(item)

    async def _stored(self, items: Sequence[Fetched]) -> bool:
        """Commit, waiting for a database that is away; False when it stays away."""
        while not self.database.over:
            with self.database:
                await asyncio.to_thread(store, self.site, items)
                return True
            await asyncio.sleep(PAUSE_SECONDS)
        self._stop(f"{AWAY}: {self.database.message}")
        return False

    async def _finish(self, item: Fetched | Failed) -> None:
        """End the lease, waiting for a Redis that is away."""
        end = ending(item, self.crawler.settings["CRAWL_RUN"])
        while item.lease in self.scheduler.held and not self.redis.over:
            with self.redis:
                if not self.scheduler.finish(end):
                    logger.info("%s: the lease had passed to another worker", shown(item.asked))
                return
            await asyncio.sleep(PAUSE_SECONDS)
        if self.redis.over:
            self._stop(f"{AWAY}: {self.redis.message}")

    async def _refused(self, item: Fetched, error: Exception) -> None:
        cause = f"storage refused it ({type(error).__name__})"
        await self.process_item(Failed(item.lease, item.asked, cause))

    def _stop(self, reason: str) -> None:
        """Close the spider, once; this item's own end is waited for in doing so, hence the task."""
        if self.stopping is None:
            self.stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))


def store(site: Site, items: Sequence[Fetched]) -> None:
    """Archive the bodies and commit pages and documents in one transaction."""
    with db.session() as session:
        ensure_source(session, site.name, site.hosts[0])
        for item in items:
            page = save_page(session, item.page)
            save_documents(session, page, item.reading.documents)


def ending(item: Fetched | Failed, run: str) -> Finished:
    """What ends the item's lease: its links, its counts, and whether the next round must look again."""
    if isinstance(item, Failed):
        counts = Counter({"excluded" if item.excluded else "failed": 1} if item.cause else {})
        if item.cause and not item.excluded:
            counts.update([f"cause {item.cause}", *(["failed listings"] if item.listing else [])])
        counts["listings"] += int(item.cause is None)
        return Finished(item.lease, run, counts=counts, again=item.asked if item.cause else None)
    reading = item.reading
    counts = Counter(pages=1, documents=len(reading.documents), unanswered=int(reading.unanswered))
    if item.listed is not None:
        counts.update(listings=1, listed=item.listed)
    if reading.problems:
        counts.update(["unreadable", *(f"cause {problem}" for problem in reading.problems)])
        logger.warning("%s: unreadable: %s", shown(item.asked), "; ".join(reading.problems))
    again = item.asked if reading.problems or reading.unanswered else None
    return Finished(item.lease, run, reading.links, counts, again)


def _told(item: Failed) -> None:
    if item.cause and not item.excluded:
        logger.warning("%s: failed: %s", shown(item.asked), item.cause)
