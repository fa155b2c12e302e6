"""What every spider shares.

A spider names its hosts, says which addresses are records, and reads one record; how a site's records are found is in
the base classes of `crawlers.access`. Requests come from the shared frontier and results go to the pipeline, so a
spider itself holds no state.
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
from crawlers.visits import PAST_THE_END, ROBOTS, Asked, Failed, Fetched, Unmodified, Unsent, Visited
from storage.pages import NOT_MODIFIED, PageFields

if TYPE_CHECKING:
    from scrapy.http import Request, Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)
FINGERPRINT_BYTES = 16
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_NUMBERED = re.compile(r"[/?&]page[=/-](\d{1,9})")
GONE = frozenset({404, 410})
WHOLE = frozenset({200, 203})
"""Answers that are a page; 206 is a part of one, 204 and 205 are none."""
VALIDATORS = ("If-None-Match", "If-Modified-Since")
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
        if page is None or response.status not in WHOLE:
            yield Failed(asked, NO_ADDRESS if page is None else f"HTTP {response.status}")
            return
        reading = self.read(page.body, page.url, page.headers, page.fetched_at)
        if reading.rule:
            yield Failed(asked, rule=reading.rule)
            return
        if asked.is_record and not self.record_of(page.url):
            reading = PageReading(problems=("the record's address leads to a page that is no record",))
        listed = None if asked.is_record else sum(self.record_of(link) is not None for link in reading.links)
        yield Fetched(asked, page, reading, listed)

    def failed(self, failure: Failure) -> Iterator[Visited | Unsent]:
        """Say why an address gave no page: it is as it was, a listing ended, a rule forbids it, or a fault."""
        asked = self.asked(failure.request)  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, Stopped):
            yield Unsent(asked)
            return
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
        asked_whether = response.request is not None and any(name in response.request.headers for name in VALIDATORS)
        if response.status == NOT_MODIFIED and page is not None and asked_whether:
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
