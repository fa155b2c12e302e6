"""What every spider shares, and one base class for each way of finding a site's records.

A spider names its hosts, says which addresses are records, and reads one record; the rest is here:
`ListingSite` numbered pages · `SectionsSite` one such listing a section · `GraphSite` records that link to records
· `ForumSite` a listing that marks what is answered · `SitemapSite` robots.txt and sitemaps.
Requests come from the shared frontier and results go to the pipeline, so a spider itself holds no state.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError

from crawlers import settings, urls
from crawlers.connect_to import NO_ADDRESS
from crawlers.pipelines import Failed, Fetched
from crawlers.reading import PageReading, ParsedPage, Unreadable
from crawlers.robots import RobotsUnreadError
from crawlers.sitemaps import is_sitemap, robots_sitemaps, sitemap_addresses
from storage.pages import PageFields

if TYPE_CHECKING:
    from scrapy.http import Request, Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)
FINGERPRINT_BYTES = 16
_NUMBERED = re.compile(r"[/?&]page[=/-](\d{1,9})")
GONE = frozenset({404, 410})
EXCLUDED = "Forbidden by robots.txt"  # how Scrapy's middleware puts it


class Site(Spider):
    """One site. `read` is pure; `parse` and `failed` turn what was fetched into what the pipeline stores."""

    kind: ClassVar[str]
    """How its records are found, as `crawlers list` prints it."""
    hosts: ClassVar[tuple[str, ...]]
    """Names it answers to; the first is the one its records keep."""
    aliases: ClassVar[tuple[str, ...]] = ()
    record_path: ClassVar[str]
    """Regular expression for a record's decoded path; its first group that matches is the record's name."""
    at_least: ClassVar[int]
    """Fewest documents that a whole crawl of the live site gives; fewer means that something broke."""
    pages_at_most: ClassVar[int] = 1_000
    """Highest number of a listing page: about twice what is known; some listings repeat their last page for ever."""

    @classmethod
    def seeds(cls) -> list[str]:
        """Where a round starts."""
        raise NotImplementedError

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        """The documents of a record's page."""
        raise NotImplementedError

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterable[str]:
        """Addresses worth fetching that the page names; others than this site's may be among them."""
        raise NotImplementedError

    @classmethod
    def read(cls, body: bytes, url: str, headers: Mapping[str, str] | None = None) -> PageReading:
        """What the page says. Never raises: a body that is no page is a reading with a problem."""
        record = cls.record_of(url)
        try:
            page = ParsedPage(body, url, headers or {})
            found = PageReading() if record is None else cls.read_record(page, record)
            links = tuple(dict.fromkeys(filter(None, map(cls.canonical, cls.links(page, record)))))
        except Unreadable as error:
            return PageReading(problems=(str(error),))
        except Exception as error:  # noqa: BLE001 - whatever a hostile page breaks, the crawl goes on and says so
            return PageReading(problems=(f"the reader failed ({type(error).__name__})",))
        kept = tuple(link for link in links if _page_number(link) <= cls.pages_at_most)
        endless = () if kept == links else (f"a listing has more than {cls.pages_at_most:,} pages",)
        return _checked(PageReading(found.documents, kept, found.unanswered, found.problems + endless), page.damaged)

    @classmethod
    def canonical(cls, url: str) -> str | None:
        """The one spelling of an address of this site, None for any other."""
        return urls.canonical(url, cls.hosts)

    @classmethod
    def record_of(cls, url: str) -> str | None:
        """The record's own name where `url` is a record's address."""
        return _record(cls.record_path, url)

    @classmethod
    def fingerprint(cls, url: str) -> bytes:
        """What the frontier knows a canonical address by: a record has one, whatever its slug or form."""
        record = cls.record_of(url)
        return hashlib.sha256((f"record {record}" if record else url).encode()).digest()[:FINGERPRINT_BYTES]

    @classmethod
    def records_among(cls, links: Iterable[str]) -> Iterator[str]:
        """Those of `links` that lead to records of this site."""
        for link in links:
            url = cls.canonical(link)
            if url and cls.record_of(url):
                yield url

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: a round's seeds are in the frontier before a spider starts."""
        nothing: tuple[Any, ...] = ()
        for seed in nothing:
            yield seed

    def parse(self, response: Response, **_: Any) -> Iterator[Fetched | Failed]:
        """Read the page and hand it to the pipeline."""
        lease, asked = _asked(response.request)  # type: ignore[arg-type]
        url = self.canonical(response.url)
        if url is None:
            yield Failed(lease, asked, NO_ADDRESS)
            return
        headers = {name.decode("latin-1").lower(): _header(values) for name, values in response.headers.items()}
        reading = self.read(response.body, url, headers)
        if self.record_of(asked) and not self.record_of(url):
            reading = PageReading(problems=("the record's address leads to a page that is no record",))
        page = PageFields(self.name, url, response.status, headers, response.body, dt.datetime.now(dt.UTC))
        listed = None if self.record_of(asked) else sum(self.record_of(link) is not None for link in reading.links)
        yield Fetched(lease, asked, page, reading, listed)

    def failed(self, failure: Failure) -> Iterator[Failed]:
        """Say why an address gave no page. A listing that ends with "not found" is no failure."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, HttpError) and error.response.status in GONE and not self.record_of(request.url):
            yield Failed(*_asked(request), None)
            return
        cause = f"HTTP {error.response.status}" if isinstance(error, HttpError) else _cause(error)
        lease, asked = _asked(request)
        yield Failed(lease, asked, cause, excluded=cause == EXCLUDED, listing=self.record_of(asked) is None)


class ListingSite(Site):
    """Numbered listing pages, followed until one is empty or not found."""

    kind = "listing"
    listing: ClassVar[str]
    """A listing page's address with `{number}` in it."""
    items: ClassVar[str]
    """Selector of the links to records on a listing page."""

    @classmethod
    def seeds(cls) -> list[str]:
        return [cls._listing_page(cls.listing, 1)]

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:
        if record is None:
            yield from cls.listed(page, cls.listing)

    @classmethod
    def listed(cls, page: ParsedPage, listing: str) -> Iterator[str]:
        """The records of a listing page, then the next page and those its page bar names; nothing if it is empty."""
        records = list(cls.records_among(page.hrefs(cls.items)))
        if not records:
            return
        yield from records
        prefix, _, suffix = cls._listing_page(listing, "NUMBER").partition("NUMBER")
        numbered = re.compile(rf"{re.escape(prefix)}(\d{{1,7}}){re.escape(suffix)}/?")
        if here := numbered.fullmatch(page.url):
            yield cls._listing_page(listing, int(here[1]) + 1)
        for link in page.hrefs("a[href]"):
            if found := numbered.fullmatch(cls.canonical(link) or ""):
                yield cls._listing_page(listing, int(found[1]))

    @classmethod
    def _listing_page(cls, listing: str, number: int | str) -> str:
        return cls.canonical(listing.format(number=number)) or listing


class SectionsSite(ListingSite):
    """One numbered listing for each section."""

    kind = "sections"
    sections: ClassVar[tuple[str, ...]]
    """What stands for `{section}` in `listing`."""

    @classmethod
    def seeds(cls) -> list[str]:
        return [cls._listing_page(listing, 1) for listing in cls._listings()]

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:
        if record is None:
            path = urls.decoded_path(page.url)
            for listing in cls._listings():
                if urls.decoded_path(listing) == path:
                    yield from cls.listed(page, listing)

    @classmethod
    def _listings(cls) -> list[str]:
        return [cls.listing.replace("{section}", section) for section in cls.sections]


class GraphSite(ListingSite):
    """A listing of the newest only; every record links to others, and all are found breadth first."""

    kind = "graph"

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:
        if record is None:
            yield from cls.listed(page, cls.listing)
        yield from cls.records_among(page.hrefs("a[href]"))


class ForumSite(Site):
    """A listing that marks answered questions and names its next page; records stand beside it too."""

    kind = "forum"
    first: ClassVar[str]
    rows: ClassVar[str]
    answered: ClassVar[str]
    following: ClassVar[str]

    @classmethod
    def seeds(cls) -> list[str]:
        return [cls.first]

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:  # noqa: ARG003 - records have the column too
        rows = page.all(cls.rows)
        answered = [row for row in rows if page.first(cls.answered, within=row) is not None]
        for row in answered or rows:
            yield from cls.records_among(page.hrefs("a[href]", within=row))
        listed = {id(link) for row in rows for link in row.iter("a")}
        beside = [link for link in page.all("a[href]") if id(link) not in listed]
        yield from cls.records_among(page.absolute(link.get("href") or "") for link in beside)
        yield from page.hrefs(cls.following)


class SitemapSite(Site):
    """robots.txt, the sitemaps it names, however nested, and any listing."""

    kind = "sitemap"
    starts: ClassVar[tuple[str, ...]]
    listing_path: ClassVar[str]
    """Regular expression for the decoded path of a listing."""

    @classmethod
    def seeds(cls) -> list[str]:
        return list(cls.starts)

    @classmethod
    def read(cls, body: bytes, url: str, headers: Mapping[str, str] | None = None) -> PageReading:
        """robots.txt, a sitemap, a listing or a record."""
        try:
            if urls.decoded_path(url) == "/robots.txt":
                return cls._only_links(robots_sitemaps(body, headers or {}))
            if cls.record_of(url) is None and is_sitemap(body):
                nested, addresses = sitemap_addresses(body)
                listings = (address for address in addresses if cls._is_listing(address))
                return cls._only_links([*nested, *cls.records_among(addresses), *listings])
        except Unreadable as error:
            return PageReading(problems=(str(error),))
        return super().read(body, url, headers)

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:
        hrefs = page.hrefs("a[href]")
        records = list(cls.records_among(hrefs))
        yield from records
        if records and record is None:
            yield from (href for href in hrefs if cls._is_listing(href))

    @classmethod
    def _is_listing(cls, url: str) -> bool:
        return bool(re.fullmatch(cls.listing_path, urls.decoded_path(url)))

    @classmethod
    def _only_links(cls, links: Iterable[str]) -> PageReading:
        return PageReading(links=tuple(dict.fromkeys(filter(None, map(cls.canonical, links)))))


def _page_number(url: str) -> int:
    found = _NUMBERED.search(url)
    return int(found[1]) if found else 0


@lru_cache(maxsize=8192)  # asked of every link, several times
def _record(path: str, url: str) -> str | None:
    found = re.fullmatch(path, urls.decoded_path(url))
    return next((group for group in found.groups() if group), None) if found else None


def _checked(reading: PageReading, damaged: bool) -> PageReading:
    """A reading whose text lost bytes in decoding says so and gives no document."""
    texts = (t for d in reading.documents for t in (d.title, d.question, d.answer, d.text) if t)
    if not damaged or not any("\ufffd" in text for text in texts):
        return reading
    return PageReading((), reading.links, reading.unanswered, (*reading.problems, "bytes of an unknown charset"))


def _header(values: Any) -> str:
    return ", ".join(v.decode("latin-1") for v in (values if isinstance(values, list) else [values]))


def _asked(request: Request) -> tuple[str, str]:
    """The lease, and the address it was taken for: a redirect may have led elsewhere."""
    return request.meta["lease"], request.meta.get("redirect_urls", [request.url])[0]


def _cause(error: BaseException | None) -> str:
    """A few words: causes are counted by them, so none may hold an address or a size."""
    message = str(error)
    if "MAXSIZE" in message:
        return f"longer than {settings.LIMITS['DOWNLOAD_MAXSIZE']:,} bytes"
    if isinstance(error, IgnoreRequest | RobotsUnreadError):
        return message
    return type(error).__name__.removesuffix("Error")
