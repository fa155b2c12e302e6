"""robots.txt and sitemaps (https://www.sitemaps.org/protocol.html) as lists of addresses. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from lxml import etree

from crawlers.charsets import decode
from crawlers.reading import Unreadable, inflated

Entry = tuple[str, dt.datetime | None]
"""An address, and when what is there changed last, None where the sitemap does not say."""
_END = re.compile(rb"</(?:\w+:)?(?:urlset|sitemapindex)\s*>|<(?:\w+:)?(?:urlset|sitemapindex)[^<>]*/>")
_NEAR_END = 4096  # plugins write how long they took behind it
_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")


def robots_sitemaps(body: bytes, headers: Mapping[str, str]) -> list[str]:
    """The sitemaps that a robots.txt names."""
    text, _ = decode(body, headers)
    return re.findall(r"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", text)


def is_sitemap(body: bytes) -> bool:
    """Whether `body` is a sitemap or an index of sitemaps. Raises Unreadable for a damaged gzip file."""
    return bool(_ROOT.search(inflated(body)[:4096]))


def sitemap_addresses(body: bytes) -> tuple[list[Entry], list[Entry]]:
    """The further sitemaps and the pages that a sitemap names. Raises Unreadable when it is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(inflated(body), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise Unreadable("the sitemap cannot be parsed")
    entries = list(_entries(root))
    is_index = etree.QName(root).localname == "sitemapindex"
    return (entries, []) if is_index else ([], entries)


def is_whole(body: bytes) -> bool:
    """Whether a sitemap has its end: one that was cut short names what it still has. Raises Unreadable as above."""
    return bool(_END.search(inflated(body)[-_NEAR_END:]))


def _entries(root: etree._Element) -> Iterator[Entry]:
    for entry in root.iterfind("./{*}*"):
        changed = last_modified(entry.findtext("{*}lastmod"))  # once an entry, whatever number of addresses it has
        yield from (((loc.text or "").strip(), changed) for loc in entry.iterfind("{*}loc"))


def last_modified(text: str | None) -> dt.datetime | None:
    """The latest moment that a `lastmod` may mean, None where it is none (https://www.w3.org/TR/NOTE-datetime).

    A day alone lasts until its end, a time without its offset is taken for UTC, a year or month alone says too little.

    >>> last_modified("2024-05-10").isoformat()
    '2024-05-10T23:59:59+00:00'
    """
    told = (text or "").strip()
    try:
        moment = dt.datetime.fromisoformat(told)
        if len(told) <= len("2024-05-10"):
            moment = moment.replace(hour=23, minute=59, second=59)
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
