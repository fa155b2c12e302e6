"""From bytes to a page that can be asked for its parts, and what a reader makes of it. Pure: no network, no clock."""

import datetime as dt
import gc
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, cast
from urllib.parse import urljoin

from lxml import etree, html
from lxml.cssselect import CSSSelector
from lxml.etree import LxmlError, _Element
from w3lib.encoding import read_bom

from crawlers.charsets import decode
from crawlers.text import line_of, text_of
from storage.documents import DocumentFields

MAX_BYTES = 8 << 20
"""Longest body that is read; the longest article known here has 0.3 MB."""
MAX_ELEMENTS, MAX_NAMES = 50_000, 500
"""In a page, and names of elements and attributes, of which HTML has 250. Lighthouse calls 1,400 elements too many
(https://developer.chrome.com/docs/lighthouse/performance/dom-size); 8 MiB of `<p>` make a tree of 400 MB."""
TOO_MUCH = f"more than {MAX_ELEMENTS:,} elements, or {MAX_NAMES:,} names of elements and attributes"
_FEW = 20_000
"""So many attributes, if all were in one element, cost a second: a page that cannot have more is not counted first."""
_SEPARATORS = b" \t\n\r\f/\"'"  # one at least stands before an attribute (HTML Standard, 13.2.5)
_AS_HTML: Any = {"encoding": "utf-8", "huge_tree": True, "remove_pis": True, "remove_comments": True}

_GZIP = b"\x1f\x8b"
_MEMBERS = 256
"""Most members of a gzip file: with blocks of 64 KiB, as bgzip makes, MAX_BYTES have half as many."""
_MARKUP = re.compile(r"<[!?a-zA-Z]")
_CONTROLS = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20)])
_FEW_CONTROLS = 50
"""One control character in so many is more than damage: in packed or random bytes one in ten is, in text none."""


class Unreadable(Exception):
    """A body that is no page at all: empty, too long, or without markup. The message holds none of its text."""


class _Bounds:
    """A parser's target that keeps nothing and counts, in a time that grows with the page and no faster.

    libxml2 puts each attribute at the end of its element's list, so that 40,000 in one take half a minute.
    """

    def __init__(self) -> None:
        self.elements = 0
        self.names: set[str] = set()
        self.kept = True

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Count one element."""
        if not self.kept:
            return
        self.elements += 1
        self.names.add(tag)
        if len(attributes) <= MAX_NAMES:
            self.names.update(attributes)
        self.kept = self.elements <= MAX_ELEMENTS and max(len(attributes), len(self.names)) <= MAX_NAMES

    def end(self, _tag: str) -> None:
        """Nothing."""

    def close(self) -> bool:
        """Whether the page kept within them."""
        return self.kept


def _within_bounds(markup: bytes) -> bool:
    """Whether a tree can be made of a page, asked in a thread of its own: lxml keeps all names until a thread's end."""
    if markup.count(b"<") <= MAX_ELEMENTS and len(markup) - len(markup.translate(None, _SEPARATORS)) <= _FEW:
        return True
    with ThreadPoolExecutor(1) as thread:
        kept = thread.submit(_counted, markup).result()
    if not kept:
        gc.collect()  # and then they stand in a cycle, 40 MB of them at worst
    return kept


def _counted(markup: bytes) -> bool:
    kept: Any = etree.fromstring(markup, etree.HTMLParser(target=cast("Any", _Bounds()), **_AS_HTML))
    return bool(kept)


@dataclass(frozen=True)
class PageReading:
    """What a page says.

    `links` are canonical addresses of the same site worth fetching. `problems` names what a record must have and
    this one lacks; a document with a problem is left out of `documents`. `rule` is what excludes the page: then there
    is nothing else. `lastmod` says of links when a sitemap has them change last.
    """

    documents: tuple[DocumentFields, ...] = ()
    links: tuple[str, ...] = ()
    unanswered: bool = False
    problems: tuple[str, ...] = ()
    rule: str | None = None
    lastmod: Mapping[str, dt.datetime] = field(default_factory=dict)


class ParsedPage:
    """A page as a tree. Selectors are CSS; of several, the first that finds something counts."""

    def __init__(self, body: bytes, url: str, headers: Mapping[str, str]) -> None:
        """Decode and parse `body`. Raises Unreadable when it is no page."""
        if not body.strip():
            raise Unreadable("the body is empty")
        if len(body) > MAX_BYTES:
            raise Unreadable(f"the body has {len(body):,} bytes, more than {MAX_BYTES:,}")
        self.url = url
        text, self.damaged = decode(body, headers)
        if _is_binary(body) or not _MARKUP.search(text):
            raise Unreadable("the body is not HTML")
        markup = text.encode()
        try:
            if not _within_bounds(markup):
                raise Unreadable(TOO_MUCH)
            self.root: _Element = html.document_fromstring(markup, parser=html.HTMLParser(**_AS_HTML))
        except (LxmlError, ValueError) as error:
            raise Unreadable(f"the body cannot be parsed ({type(error).__name__})") from None

    def all(self, *selectors: str, within: _Element | None = None) -> list[_Element]:
        """The elements of the first selector that finds any, in the page's order."""
        for selector in selectors:
            if found := cast("list[_Element]", _compiled(selector)(self.root if within is None else within)):
                return found
        return []

    def first(self, *selectors: str, within: _Element | None = None) -> _Element | None:
        """The first element of the first selector that finds any."""
        return next(iter(self.all(*selectors, within=within)), None)

    def text(self, *selectors: str, within: _Element | None = None) -> str | None:
        """The visible text of the first element found that has any, with its line breaks."""
        for selector in selectors:
            seen: set[_Element] = set()
            for element in self.all(selector, within=within):
                if element in seen:  # inside one that has none
                    continue
                if text := text_of(element):
                    return text
                seen.update(element.iter())
        return None

    def line(self, *selectors: str, within: _Element | None = None) -> str | None:
        """As `text`, on one line."""
        text = self.text(*selectors, within=within)
        return " ".join(text.split()) if text else None

    def lines(self, *selectors: str, within: _Element | None = None) -> tuple[str, ...]:
        """The distinct one-line texts of all elements found."""
        return tuple(dict.fromkeys(filter(None, map(line_of, self.all(*selectors, within=within)))))

    def attribute(self, name: str, *selectors: str) -> str | None:
        """The first value of the attribute `name` among the elements found."""
        for selector in selectors:
            for element in self.all(selector):
                if value := (element.get(name) or "").strip():
                    return value
        return None

    def hrefs(self, *selectors: str, within: _Element | None = None) -> list[str]:
        """The addresses of the links found, absolute."""
        return [self.absolute(a.get("href") or "") for a in self.all(*selectors, within=within) if a.get("href")]

    def absolute(self, href: str) -> str:
        """`href` against the page's address; what cannot be joined stays as it is."""
        if href.startswith(("https://", "http://")):
            return href
        try:
            return urljoin(self._base, href.strip())
        except ValueError:
            return href

    @cached_property
    def _base(self) -> str:
        base = self.attribute("href", "head > base[href]")
        try:
            return urljoin(self.url, base) if base else self.url
        except ValueError:
            return self.url


def inflated(body: bytes, limit: int = MAX_BYTES) -> bytes:
    """`body` unpacked if it is gzip. Raises Unreadable when it is damaged or unpacks to more than `limit` bytes."""
    parts: list[bytes] = []
    size, rest = 0, body
    while rest.startswith(_GZIP):  # RFC 1952, 2.2: a file may have several members; what is none ends it
        inflater = zlib.decompressobj(wbits=31)
        try:
            parts.append(inflater.decompress(rest, limit + 1 - size))
        except zlib.error:
            raise Unreadable("the gzip file is damaged") from None
        size, rest = size + len(parts[-1]), inflater.unused_data
        if size > limit:
            raise Unreadable(f"longer than {limit:,} bytes")
        if not inflater.eof:
            raise Unreadable("the gzip file is cut short")
        if len(parts) > _MEMBERS:
            raise Unreadable(f"the gzip file has more than {_MEMBERS} members")
    return b"".join(parts) if parts else body


def _is_binary(body: bytes) -> bool:
    """Whether it is an image, a PDF, packed or, without a byte-order mark, UTF-16, whatever its headers say."""
    controls = len(body) - len(body.translate(None, _CONTROLS))
    return controls > len(body) // _FEW_CONTROLS and read_bom(body)[0] is None


@lru_cache(maxsize=256)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")
