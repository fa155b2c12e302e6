"""Bodies as their authors wrote them: gzip and brotli undone within bounds, and nothing taken for whole that is not.

Scrapy's middleware undoes as much as it can and tells no one that a stream was cut short or damaged, and undoes any
number of encodings laid over one another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]
from scrapy.exceptions import IgnoreRequest

from crawlers.reading import Unreadable, inflated

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

OFFERED = b"gzip, br"
_GZIP, _BROTLI = ("gzip", "x-gzip"), "br"
_NOT_OFFERED = frozenset({"deflate", "zstd", "compress", "x-compress", "dcb", "dcz"})
"""Names in IANA's registry of content codings that a server may choose; what is not in it is a server's error."""
PACKED = "it is packed in a way that was not asked for"
CUT_SHORT = "the body is cut short"
_PIECE = 1 << 16
_END = re.compile(rb"</(?:html|body|urlset|sitemapindex)\s*>", re.IGNORECASE)
_MARKUP = re.compile(rb"<[!?a-zA-Z]")
_NEAR_END = 4096


class Unpacking:
    """In place of Scrapy's HttpCompressionMiddleware: a body that is not whole is an IgnoreRequest with its cause."""

    def __init__(self, crawler: Crawler) -> None:
        self.limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Unpacking:
        """How Scrapy makes one."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Say what may be sent."""
        request.headers[b"Accept-Encoding"] = OFFERED

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's interface
        """The response unpacked; as it is where its status says that it holds no page. Raises IgnoreRequest."""
        if not 200 <= response.status < 300:
            return response
        try:
            body = unpacked(response.body, _codings(response), self.limit)
        except Unreadable as error:
            raise IgnoreRequest(str(error)) from None
        if "partial" in response.flags and _MARKUP.search(body) and not _END.search(body[-_NEAR_END:]):
            raise IgnoreRequest(CUT_SHORT)  # its length was not told, and the connection's end may be a failure
        if body is response.body:
            return response
        del response.headers[b"Content-Encoding"]
        return response.replace(body=body)


def unpacked(body: bytes, codings: list[str], limit: int) -> bytes:
    """`body` without its content codings. Raises Unreadable when it is damaged, cut short, longer, otherwise packed."""
    known = [coding for coding in codings if coding in (*_GZIP, _BROTLI)]
    if len(known) > 1 or _NOT_OFFERED & set(codings):
        raise Unreadable(PACKED)
    if known == [_BROTLI]:
        return _unbrotlied(body, limit)
    return inflated(body, limit) if known else body


def _codings(response: Response) -> list[str]:
    named = b",".join(response.headers.getlist(b"Content-Encoding")).decode("latin-1")
    return [coding.strip().lower() for coding in named.split(",")]


def _unbrotlied(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    pieces: list[bytes] = []
    size, given = 0, body
    while not decompressor.is_finished():
        try:
            pieces.append(decompressor.process(given, output_buffer_limit=_PIECE))
        except brotli.error:
            raise Unreadable("the brotli body is damaged") from None
        size, given = size + len(pieces[-1]), b""
        if size > limit:
            raise Unreadable(f"longer than {limit:,} bytes")
        if not pieces[-1] and not decompressor.is_finished():
            raise Unreadable(CUT_SHORT)
    return b"".join(pieces)
