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

from crawlers import urls
from crawlers.connect_to import NO_ADDRESS
from crawlers.frontier.entries import ASKED
from crawlers.manners import Stopped
from crawlers.opt_outs import TAKEDOWN, opt_out
from crawlers.reading import PageReading, ParsedPage, Unreadable
from crawlers.robots import RobotsUnreadError
from crawlers.sitemaps import is_sitemap, is_whole, robots_sitemaps, sitemap_addresses
from crawlers.visits import PAST_THE_END, ROBOTS, Asked, Failed, Fetched, Unmodified, Visited
from storage.pages import NOT_MODIFIED, PageFields

if TYPE_CHECKING:
    from scrapy.http import Request, Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)
FINGERPRINT_BYTES = 16
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_NUMBERED = re.compile(r"[/?&]page[=/-](\d{1,9})")
_COUNTED = re.compile(r"(.*sitemap)(\d{0,6})(\.xml(?:\.gz)?)")
GONE = frozenset({404, 410})
EXCLUDED = {"Forbidden by robots.txt": ROBOTS, TAKEDOWN: TAKEDOWN}
"""What the downloader refuses a request with where a rule excludes it, and the rule; the first is Scrapy's wording."""


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
    must_have: ClassVar[Mapping[str, float]] = {"document": 0.9}
    """Fields of `health.LETTERS` with the least share of a site's records that has each, while its reader is sound."""
    records_at_most: ClassVar[int] = 2_000_000
    """Ten times the largest site known: one that names more makes them up, and no further ones are taken."""
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
    def read(
        cls, body: bytes, url: str, headers: Mapping[str, str] | None = None, at: dt.datetime = NEVER
    ) -> PageReading:
        """What the page says, or what it asks for in keeping out, as it was at the time `at`.

        Never raises: a body that is no page is a reading with a problem.
        """
        record = cls.record_of(url)
        told = [value for value in [(headers or {}).get("x-robots-tag")] if value]
        # Magazines keep their own listings out of search engines: it is records that are left out.
        if record is not None and (rule := opt_out(told, None, at).rule):
            return PageReading(rule=rule)
        try:
            page = ParsedPage(body, url, headers or {})
            wish = opt_out(told, page.root, at)
            if wish.rule and record is not None:
                return PageReading(rule=wish.rule)
            found = PageReading() if record is None else cls.read_record(page, record)
            named = cls.links(page, record) if wish.follow else ()
            links = tuple(dict.fromkeys(filter(None, map(cls.canonical, named))))
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
        """What frontier and ledger know a canonical address by: a record has one, whatever its slug or form."""
        record = cls.record_of(url)
        known_by = f"record {record} of {cls.name}" if record else url
        return hashlib.sha256(known_by.encode()).digest()[:FINGERPRINT_BYTES]

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

    def parse(self, response: Response, **_: Any) -> Iterator[Visited]:
        """Read the page and hand it to the pipeline."""
        asked = self.asked(response.request)  # type: ignore[arg-type]
        page = self._page(response)
        if page is None:
            yield Failed(asked, NO_ADDRESS)
            return
        reading = self.read(page.body, page.url, page.headers, page.fetched_at)
        if reading.rule:
            yield Failed(asked, rule=reading.rule)
            return
        if asked.is_record and not self.record_of(page.url):
            reading = PageReading(problems=("the record's address leads to a page that is no record",))
        listed = None if asked.is_record else sum(self.record_of(link) is not None for link in reading.links)
        yield Fetched(asked, page, reading, listed)

    def failed(self, failure: Failure) -> Iterator[Visited]:
        """Say why an address gave no page: it is as it was, a listing ended, a rule forbids it, or a fault."""
        asked = self.asked(failure.request)  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, Stopped):
            return  # it was not sent, and its lease is given back as the spider closes
        if isinstance(error, HttpError):
            yield self._refused(asked, error.response)
        elif isinstance(error, IgnoreRequest) and str(error) in EXCLUDED:
            yield Failed(asked, rule=EXCLUDED[str(error)])
        else:
            yield Failed(asked, _cause(error))

    def asked(self, request: Request) -> Asked:
        """The address that was taken: a redirect may have led elsewhere."""
        url = request.meta[ASKED]
        attempts = request.meta.get("retry_times", 0) + 1
        return Asked(request.meta["lease"], url, self.record_of(url) is not None, attempts)

    def _refused(self, asked: Asked, response: Response) -> Visited:
        page = self._page(response)
        if response.status == NOT_MODIFIED and page is not None:
            return Unmodified(asked, page)
        if response.status in GONE and not asked.is_record:
            return Failed(asked, rule=PAST_THE_END)
        return Failed(asked, f"HTTP {response.status}")

    def _page(self, response: Response) -> PageFields | None:
        url = self.canonical(response.url)
        if url is None:
            return None
        named = ((name.decode("latin-1").lower(), values) for name, values in response.headers.items())
        headers = {name: _header(name, values) for name, values in named}
        ip = str(response.ip_address) if response.ip_address else None
        now = dt.datetime.now(dt.UTC)
        return PageFields(self.name, url, response.status, headers, response.body, now, ip)


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
                if re.fullmatch(_section_path(listing), path):
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
    sitemap_path: ClassVar[str] = ".*"
    """Regular expression for the decoded path of a sitemap worth reading: others name doctors, products or tags."""
    numbered: ClassVar[bool] = False
    """Whether behind a sitemap that names records the one of the next number is tried."""
    listing_path: ClassVar[str] = ""
    """Regular expression for the decoded path of a listing; without one, nothing but sitemaps leads to records."""

    @classmethod
    def seeds(cls) -> list[str]:
        return list(cls.starts)

    @classmethod
    def read(
        cls, body: bytes, url: str, headers: Mapping[str, str] | None = None, at: dt.datetime = NEVER
    ) -> PageReading:
        """robots.txt, a sitemap, a listing or a record."""
        try:
            if urls.decoded_path(url) == "/robots.txt":
                named = filter(None, map(cls.canonical, robots_sitemaps(body, headers or {})))
                return PageReading(links=tuple(dict.fromkeys(filter(cls._is_sitemap, named))))
            if cls.record_of(url) is None and is_sitemap(body):
                return cls._read_sitemap(body, url)
            if urls.decoded_path(url).endswith((".xml", ".xml.gz")):
                raise Unreadable("it is no sitemap")
        except Unreadable as error:
            return PageReading(problems=(str(error),))
        return super().read(body, url, headers, at)

    @classmethod
    def links(cls, page: ParsedPage, record: str | None) -> Iterator[str]:
        hrefs = page.hrefs("a[href]") if cls.listing_path else []
        records = list(cls.records_among(hrefs))
        yield from records
        if records and record is None:
            yield from (href for href in hrefs if cls._is_listing(href))

    @classmethod
    def _is_listing(cls, url: str) -> bool:
        return bool(re.fullmatch(cls.listing_path, urls.decoded_path(url)))

    @classmethod
    def _is_sitemap(cls, url: str) -> bool:
        return bool(re.fullmatch(cls.sitemap_path, urls.decoded_path(url)))

    @classmethod
    def _read_sitemap(cls, body: bytes, url: str) -> PageReading:
        nested, pages = (
            {link: changed for address, changed in entries if (link := cls.canonical(address))}
            for entries in sitemap_addresses(body)
        )
        records = [link for link in pages if cls.record_of(link)]
        named = [*filter(cls._is_sitemap, nested), *records, *filter(cls._is_listing, pages)]
        following = cls._following(url) if records else []
        changed = nested | pages
        lastmod = {link: at for link in named if (at := changed[link])}
        problems = () if is_whole(body) else ("the sitemap is cut short",)
        return PageReading(links=tuple(dict.fromkeys([*named, *following])), problems=problems, lastmod=lastmod)

    @classmethod
    def _following(cls, url: str) -> list[str]:
        found = _COUNTED.fullmatch(url) if cls.numbered else None
        number = int(found[2] or 1) if found else cls.pages_at_most  # the first is named with and without its number
        return [f"{found[1]}{number + 1}{found[3]}"] if found and number < cls.pages_at_most else []


def _section_path(listing: str) -> str:
    """Regular expression for the decoded paths of a section: WordPress leads from its first page to one unnumbered."""
    return re.escape(urls.decoded_path(listing)).replace(r"page/\{number\}/", r"(?:page/\d{1,7}/?)?")


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


def _header(name: str, values: Any) -> str:
    lines = [v.decode("latin-1") for v in (values if isinstance(values, list) else [values])]
    # One that is addressed to a crawler by name would otherwise claim what follows it.
    return ", ".join(sorted(lines, key=lambda line: ":" in line) if name == "x-robots-tag" else lines)


def _cause(error: BaseException | None) -> str:
    """A few words: causes are counted by them, so none may hold an address or a size."""
    if isinstance(error, IgnoreRequest | RobotsUnreadError):
        return str(error)
    return type(error).__name__.removesuffix("Error")
