"""A bound on what comes before a response's body: Twisted bounds one header line, not how many there are.

Twisted has no setting for it, and Scrapy sets its own parser in the same way, in the same places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import Request
    from twisted.web.iweb import IResponse

MAX_HEAD_BYTES = 64 << 10
"""Status line and headers, with those of any 1xx before; Node.js takes 16 KiB (--max-http-header-size), curl 300 KB."""


class HeadTooLong(Exception):
    """A response whose headers do not end."""


class _Parser(_LenientHTTPClientParser):
    taken = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        self.taken += len(line) + 1
        if self.taken > MAX_HEAD_BYTES:
            raise HeadTooLong
        super().lineReceived(line)


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Request) -> Deferred[IResponse]:
        response = super().request(request)
        self._parser.__class__ = _Parser
        return response


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Scrapy's protocol factory; its parser gives up a response whose head is longer than MAX_HEAD_BYTES."""

    def buildProtocol(self, addr: IAddress | None) -> _Protocol:  # noqa: ARG002, N802 - Twisted's names
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
