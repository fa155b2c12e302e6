"""One base class for each way of finding a site's records.

`ListingSite` numbered pages · `SectionsSite` one such listing a section · `GraphSite` records that link to records
· `ForumSite` a listing that marks what is answered · `SitemapSite` robots.txt and sitemaps.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from crawlers import urls
from crawlers.reading import PageReading, ParsedPage, Unreadable
from crawlers.site import NEVER, Site
from crawlers.sitemaps import is_sitemap, is_whole, robots_sitemaps, sitemap_addresses

_COUNTED = re.compile(r"(.*sitemap)(\d{0,6})(\.xml(?:\.gz)?)")


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
