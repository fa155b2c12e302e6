"""robots.txt and sitemaps (https://www.sitemaps.org/protocol.html) as lists of addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from crawlers.reading import Unreadable, decode, inflated

_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")


def robots_sitemaps(body: bytes, headers: Mapping[str, str]) -> list[str]:
    """The sitemaps that a robots.txt names."""
    text, _ = decode(body, headers)
    return re.findall(r"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", text)


def is_sitemap(body: bytes) -> bool:
    """Whether `body` is a sitemap or an index of sitemaps. Raises Unreadable for a damaged gzip file."""
    return bool(_ROOT.search(inflated(body)[:4096]))


def sitemap_addresses(body: bytes) -> tuple[list[str], list[str]]:
    """The further sitemaps and the pages that a sitemap names. Raises Unreadable when it is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(inflated(body), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise Unreadable("the sitemap cannot be parsed")
    addresses = [(loc.text or "").strip() for loc in root.iterfind("./{*}*/{*}loc")]
    is_index = etree.QName(root).localname == "sitemapindex"
    return (addresses, []) if is_index else ([], addresses)
