"""What the peers share: a spider as one writes it with Scrapy, asked of the same site and read by the same reader.

It yields what `DrHast.read` gives, first the reading as an item, then a request for each link; the pipeline does
nothing. Scrapy's settings and middlewares are its defaults but for the terms of the crawl, which are those of ours:
robots.txt obeyed, no cookies, sixteen requests under way at once, no log below INFO, no remote control.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import CrawlerProcess

from crawlers.reading import PageReading
from crawlers.spiders import sites

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

HOST = "https://drhast.com"
DRHAST = sites()["drhast"]
HERE = "tests.bench.peers.graph"
SETTINGS: dict[str, Any] = {
    "ROBOTSTXT_OBEY": True,
    "COOKIES_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "INFO",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_HANDLERS": {"https": f"{HERE}.ToBenchSite"},
    "ITEM_PIPELINES": {f"{HERE}.Nothing": 100},
}


class Graph(Spider):
    """The whole of drhast.com from its first listing page."""

    name = "graph"
    allowed_domains = ["drhast.com"]
    start_urls = [f"{HOST}/q/page-1"]

    def parse(self, response: Response, **_: Any) -> Iterator[PageReading | Request]:
        """Read the page, follow its links."""
        headers = {name.decode("latin-1").lower(): _value(values) for name, values in response.headers.items()}
        reading = DRHAST.read(response.body, response.url, headers)
        yield reading
        for link in reading.links:
            yield Request(link)


class Nothing:
    """A pipeline that lets items go."""

    def process_item(self, item: Any) -> Any:
        """Take `item`."""
        return item


class ToBenchSite(HTTP11DownloadHandler):
    """Scrapy's handler, by the address of the bench's site: the least that does what --connect-to does for ours."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.target: str = crawler.settings["BENCH_SITE"]

    async def download_request(self, request: Request) -> Response:
        """Fetch `request` from the bench's site."""
        moved = request.replace(url=self.target + request.url.removeprefix(HOST))
        moved.headers["Host"] = "drhast.com"
        response = await super().download_request(moved)
        return response.replace(url=request.url)


def crawl(site: str, **settings: Any) -> None:
    """Crawl the site at the base URL `site` and print how many items that gave as JSON."""
    process = CrawlerProcess(SETTINGS | settings | {"BENCH_SITE": site})
    crawler = process.create_crawler(Graph)
    process.crawl(crawler)
    process.start()
    assert crawler.stats is not None
    json.dump({"items": crawler.stats.get_value("item_scraped_count")}, sys.stdout)


def _value(values: Any) -> str:
    return ", ".join(value.decode("latin-1") for value in (values if isinstance(values, list) else [values]))
