"""From bytes to a page that can be asked for its parts, and what a reader makes of it. Pure: no network, no clock."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast
from urllib.parse import urljoin

from lxml import html
from lxml.cssselect import CSSSelector
from lxml.etree import LxmlError, _Element
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from crawlers.text import line_of, text_of
from storage.documents import DocumentFields

MAX_BYTES = 8 << 20
"""Longest body that is read; the longest article known here has 0.3 MB."""

# libxml2 cuts or decodes anew a page that holds one of these; in HTML they are errors and never shown.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MARKUP = re.compile(rb"<[!?a-zA-Z]")


class Unreadable(Exception):
    """A body that is no page at all: empty, too long, or without markup. The message holds none of its text."""


@dataclass(frozen=True)
class PageReading:
    """What a page says.

    `links` are canonical addresses of the same site worth fetching. `problems` names what a record must have and
    this one lacks; a document with a problem is left out of `documents`.
    """

    documents: tuple[DocumentFields, ...] = ()
    links: tuple[str, ...] = ()
    unanswered: bool = False
    problems: tuple[str, ...] = ()


class ParsedPage:
    """A page as a tree. Selectors are CSS; of several, the first that finds something counts."""

    def __init__(self, body: bytes, url: str, headers: Mapping[str, str]) -> None:
        """Decode and parse `body`. Raises Unreadable when it is no page."""
        if not body.strip():
            raise Unreadable("the body is empty")
        if len(body) > MAX_BYTES:
            raise Unreadable(f"the body has {len(body):,} bytes, more than {MAX_BYTES:,}")
        if not _MARKUP.search(body):
            raise Unreadable("the body is not HTML")
        self.url = url
        text, self.damaged = decode(body, headers)
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
        try:
            self.root: _Element = html.document_fromstring(text.encode(), parser=parser)
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


def decode(body: bytes, headers: Mapping[str, str]) -> tuple[str, bool]:
    """The text of `body`, and whether bytes were lost in decoding it.

    The charset is the byte-order mark's, the header's or the page's own, in this order; where that does not fit,
    UTF-8 if it does. A page that says nothing and is not UTF-8 is taken for windows-1256, as old Persian pages are.
    """
    bom, mark = read_bom(body)
    header = http_content_type_encoding(headers.get("content-type"))
    declared = bom or header or html_body_declared_encoding(body)
    content = body[len(mark) :] if mark else body
    for encoding in filter(None, (declared and resolve_encoding(declared), "utf-8", None if declared else "cp1256")):
        try:
            return _UNPRINTABLE.sub("", content.decode(encoding)), False
        except (UnicodeDecodeError, LookupError):
            continue
    return _UNPRINTABLE.sub("", content.decode("utf-8", "replace")), True


def inflated(body: bytes, limit: int = MAX_BYTES) -> bytes:
    """`body` unpacked if it is gzip. Raises Unreadable when it is damaged or unpacks to more than `limit` bytes."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        unpacked = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Unreadable("the gzip file is damaged") from None
    if len(unpacked) > limit:
        raise Unreadable(f"the gzip file unpacks to more than {limit:,} bytes")
    if not inflater.eof:
        raise Unreadable("the gzip file is cut short")
    return unpacked


@lru_cache(maxsize=256)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")
