"""What the tests of storing share: a frontier with an address taken from it, and visits made by hand."""

import datetime as dt
from collections.abc import Sequence

from scrapy.http import Request

from crawlers.frontier.entries import ASKED
from crawlers.frontier.pace import Pace
from crawlers.frontier.queue import LeaseQueue
from crawlers.reading import PageReading
from crawlers.settings import about
from crawlers.site import Site
from crawlers.spiders import sites
from crawlers.storing import Batch, links_of, store
from crawlers.visits import Fetched, Unmodified, Visited
from storage import redis
from storage.archive import Archive
from storage.documents import DocumentFields
from storage.pages import PageFields

DRHAST: Site = sites()["drhast"]()
LISTING = "https://drhast.com/q/page-1"
RECORDS = [f"https://drhast.com/q/{n}/x" for n in range(1, 9)]


def frontier(site: str = "drhast") -> LeaseQueue:
    server = redis.client()
    spider = sites()[site]()
    Pace(server, spider.hosts[0]).set_rules(delay=0)
    return LeaseQueue(server, spider)


def take(queue: LeaseQueue) -> Request:
    [request] = queue.take("w", 1).requests
    return request


def page(url: str, body: bytes = b"<html>x</html>", status: int = 200, **headers: str) -> PageFields:
    return PageFields("drhast", url, status, headers, body, dt.datetime.now(dt.UTC))


def pair(url: str, answer: str = "پاسخ") -> DocumentFields:
    return DocumentFields("qa", DRHAST.record_of(url) or "", url, title="عنوان", question="پرسش", answer=answer)


def fetched(request: Request, reading: PageReading, body: bytes = b"<html>x</html>") -> Fetched:
    asked = DRHAST.asked(request)
    return Fetched(asked, page(asked.url, body, etag='"1"'), reading, None if asked.is_record else len(reading.links))


def unmodified(request: Request) -> Unmodified:
    asked = DRHAST.asked(request)
    return Unmodified(asked, page(asked.url, b"", 304))


def commit(queue: LeaseQueue, *items: Visited) -> list[bool]:
    """Store visits and end their leases, as the pipeline does."""
    links = [links_of(queue.spider, item) for item in items]
    _, new = queue.sift([item.asked.lease for item in items], [link for brought in links for link in brought])
    archive = Archive(about())
    ends = store(queue.spider, archive, "r", Batch(items, links, new))
    archive.close()
    return queue.finish(ends)


def requests(urls: Sequence[str], lease: int) -> list[Request]:
    """Requests as if taken under leases from `lease` on."""
    return [Request(url, meta={"lease": str(lease + n), ASKED: url}) for n, url in enumerate(urls)]
