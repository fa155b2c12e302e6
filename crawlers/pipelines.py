"""What becomes of a visit: archived and committed with others that wait, then its lease ended with its links.

    Storing.process_item → sift (what is new) → storing.store (a thread, one transaction) → LeaseScheduler.finish

A death before the commit leaves the address leased, a death after it too: it is fetched again and written over itself.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from scrapy import signals

from crawlers import health, visits, watch
from crawlers.outage import AWAY, DISK_FULL, PAUSE_SECONDS, Outage
from crawlers.settings import about
from crawlers.storing import Batch, links_of, store
from crawlers.urls import shown
from crawlers.visits import Failed, Unsent, Visited
from storage.archive import Archive
from storage.errors import DiskFull
from storage.redis import translated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawlers.frontier.queue import Finished
    from crawlers.frontier.scheduler import LeaseScheduler
    from crawlers.site import Site

logger = logging.getLogger(__name__)
T = TypeVar("T")
AT_ONCE = 64
"""Visits in one transaction at the most: one that fails is tried again one by one."""


class Storing:
    """The item pipeline. Whatever happens to an item, the crawl goes on and its address is accounted for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.archive = Archive(about())
        self.waiting: list[tuple[Visited, asyncio.Future[None]]] = []
        self.writing: asyncio.Task[None] | None = None
        self.stopping: asyncio.Future[None] | None = None
        self.database, self.redis = Outage(), Outage()
        self.watching = Outage(told=False), Outage(told=False)  # one service's failure must not count for the other
        self.faults: set[asyncio.Future[object]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Storing:
        """How Scrapy makes one."""
        made = cls(crawler)
        crawler.signals.connect(made.broken, signals.spider_error)
        return made

    @property
    def scheduler(self) -> LeaseScheduler:
        """The scheduler whose leases these items end."""
        return self.crawler.engine.scheduler  # type: ignore[return-value]

    @property
    def site(self) -> Site:
        """The spider whose items these are."""
        return self.crawler.spider  # type: ignore[return-value]

    def close_spider(self) -> None:
        """Give the archive's open files their lasting names."""
        self.archive.close()

    async def process_item(self, item: Visited | Unsent) -> Visited | Unsent:
        """Store the item and end its lease; returns once that is done or given up."""
        if isinstance(item, Unsent):
            self.scheduler.drop(item.asked.lease)
            return item
        visits.tell(item)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((item, done))
        if self.writing is None or self.writing.done():
            self.writing = asyncio.create_task(self._write())
        await done
        return item

    def broken(self, failure: Failure, response: Response | Failure) -> None:
        """A fault of our own in a callback: the address is counted as failed, the crawl goes on."""
        asked = self.site.asked(response.request)  # type: ignore[union-attr, arg-type]
        item = Failed(asked, f"a fault of the spider ({type(failure.value).__name__})")
        task: asyncio.Future[object] = asyncio.ensure_future(self.process_item(item))
        self.faults.add(task)
        task.add_done_callback(self.faults.discard)

    async def _write(self) -> None:
        """Write what waits, all in one transaction, until nothing waits: the more comes, the larger the batches."""
        while self.waiting:
            batch, self.waiting = self.waiting[:AT_ONCE], self.waiting[AT_ONCE:]
            items = [item for item, _ in batch]
            try:
                await self._write_batch(items)
            except Exception as error:  # noqa: BLE001 - whatever it is, no lease may be held for ever
                self._gave_up(items, error)
            finally:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    async def _write_batch(self, items: Sequence[Visited]) -> None:
        batch = await self._sifted(items)
        if not batch.items:
            return
        try:
            ends = await self._stored(batch)
        except Exception as error:  # noqa: BLE001 - one page that the database refuses must not take others with it
            await self._refused(batch.items, error)
            return
        await self._finish(ends)
        written = {end.lease for end in ends}
        if self.stopping is None:
            self._tell_lost([item for item in batch.items if item.asked.lease not in written])

    async def _sifted(self, items: Sequence[Visited]) -> Batch:
        """The items whose leases are held, with their links and those that are new."""
        held = [item for item in items if self.scheduler.holds(item.asked.lease)]
        links = [links_of(self.site, item) for item in held]
        leases, flat = [item.asked.lease for item in held], [link for brought in links for link in brought]
        sifted = await self._redis(lambda: self.scheduler.queue.sift(leases, flat)) if held else None
        still, new = sifted or (set(), set())
        kept = [(item, brought) for item, brought in zip(held, links, strict=True) if item.asked.lease in still]
        self._tell_lost([item for item in items if item.asked.lease not in still])
        return Batch([item for item, _ in kept], [brought for _, brought in kept], new)

    async def _stored(self, batch: Batch) -> list[Finished]:
        """Commit, waiting for a database that is away; nothing when it stays away."""

        def commit() -> Awaitable[list[Finished]]:
            return asyncio.to_thread(store, self.site, self.archive, self.crawler.settings["CRAWL_RUN"], batch)

        while not self.database.over:
            with self.database:
                return await commit()
            await asyncio.sleep(PAUSE_SECONDS)
        self._stop(f"{AWAY}: {self.database.message}")
        return []

    async def _finish(self, ends: Sequence[Finished]) -> None:
        await self._redis(lambda: self.scheduler.finish(ends))
        if any(end.had and health.lacking(end.had, self.site.must_have) for end in ends):
            with self.watching[0], self.watching[1]:
                await asyncio.to_thread(watch.look, self.scheduler.queue)

    async def _redis(self, ask: Callable[[], T]) -> T | None:
        """What Redis answers, waiting for it while it is away; None when it stays away."""
        while not self.redis.over:
            with self.redis:
                return ask()
            await asyncio.sleep(PAUSE_SECONDS)
        self._stop(f"{AWAY}: {self.redis.message}")
        return None

    async def _refused(self, items: Sequence[Visited], error: Exception) -> None:
        """What cannot be stored with others is tried alone; what cannot be stored alone is a failure."""
        if isinstance(error, DiskFull) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            self._stop(f"{DISK_FULL}: {error}")
            return
        if len(items) > 1:
            for item in items:
                await self._write_batch([item])
            return
        cause = f"storage refused it ({type(error).__name__})"
        if isinstance(items[0], Failed) and items[0].cause == cause:
            self._stop(f"the ledger refuses an address ({type(error).__name__})")
            return
        await self._write_batch([Failed(items[0].asked, cause)])

    def _gave_up(self, items: Sequence[Visited], error: Exception) -> None:
        """Redis took the batch's end for no answer, as where its disk is full: the leases run out by themselves."""
        logger.error("%d visits are not ended (%s): their addresses come back", len(items), type(error).__name__)
        for item in items:
            self.scheduler.heart.release(item.asked.lease)
        if isinstance(told := translated(error), DiskFull):
            self._stop(f"{DISK_FULL}: {told}")

    def _tell_lost(self, items: Sequence[Visited]) -> None:
        for item in items:
            self.scheduler.heart.release(item.asked.lease)
            logger.info("%s: the lease had passed to another worker", shown(item.asked.url))

    def _stop(self, reason: str) -> None:
        """Close the spider, once; this item's own end is waited for in doing so, hence the task."""
        if self.stopping is None:
            self.stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))
