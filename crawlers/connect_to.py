"""Sending a host's traffic elsewhere, while addresses, the Host header, robots.txt and records keep the real names.

Here, too, a request to another site's host ends: whatever a page or a redirect says, no other is asked. What is
connected to is a public address (`crawlers.public_addresses`) or a target that was named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadFailedError, IgnoreRequest
from scrapy.http import Request, Response

from crawlers.public_addresses import InsideNetwork, PublicAddresses
from crawlers.response_heads import MAX_HEAD_BYTES, BoundedFactory, HeadTooLong
from storage.errors import UsageError, unknown

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.site import Site

EVERY_HOST = "*"
NO_ADDRESS = "it leads to no address of the site"
HEAD_TOO_LONG = f"headers longer than {MAX_HEAD_BYTES:,} bytes"
NO_CERTIFICATE = "its certificate cannot be verified"


def connections(options: Iterable[str], sites: Iterable[type[Site]]) -> dict[str, str]:
    """For each host that a HOST=URL option names, with its site's other names, the address to connect to.

    Raises UsageError for an option of another form, a host of no site, and an address with more than scheme and host.
    """
    known = list(sites)
    made: dict[str, str] = {}
    for option in options:
        host, equals, target = option.partition("=")
        if not equals or not _is_origin(target):
            raise UsageError(
                f"--connect-to {option!r} is not HOST=URL with an http(s) URL without a path, "
                "as in --connect-to niniban.com=http://127.0.0.1:8800"
            )
        wanted = host.lower().rstrip(".")
        found = [site for site in known if wanted in (EVERY_HOST, *site.hosts)]
        if not found:
            raise unknown("host", host, [EVERY_HOST, *(site.hosts[0] for site in known)])
        made |= {name: target.rstrip("/") for site in found for name in site.hosts}
    return made


def _is_origin(target: str) -> bool:
    try:
        parts = urlsplit(target)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    nothing_more = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and valid_port and nothing_more


class OwnHosts:
    """Refuses, with an error where Scrapy's own middleware drops in silence, what is not for a host of the site."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OwnHosts:
        """How Scrapy makes one."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let `request` pass. Raises IgnoreRequest for another host, a port, a user name, excessive length."""
        site: Site = self.crawler.spider  # type: ignore[assignment]
        if _host(request.url) not in site.hosts:
            raise IgnoreRequest("it leads to another host")
        if site.canonical(request.url) is None:
            raise IgnoreRequest(NO_ADDRESS)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


class ConnectToHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler, by another address where CRAWL_CONNECT_TO has one for the host, and within bounds.

    Where asking again would end in the same way, it raises IgnoreRequest with a fixed cause.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedFactory
        self.targets: Mapping[str, str] = crawler.settings.getdict("CRAWL_CONNECT_TO")
        self.too_long = f"longer than {crawler.settings.getint('DOWNLOAD_MAXSIZE'):,} bytes"

    async def download_request(self, request: Request) -> Response:
        """Fetch `request`, which `OwnHosts` has let pass: a site has a target for all its hosts or for none."""
        moved = self._moved(request)
        resolver = _resolver()
        try:
            response = await super().download_request(moved)
        except CannotResolveHostError:
            if resolver.refused(_host(moved.url)):
                raise InsideNetwork from None
            raise
        except DownloadCancelledError:  # how Scrapy leaves a body that is too long
            raise IgnoreRequest(self.too_long) from None
        except DownloadFailedError as error:
            raise _final(error) or error from None
        return response.replace(url=request.url)

    def _moved(self, request: Request) -> Request:
        """Never by a proxy, whoever names one: it, and not this process, would choose the address to connect to."""
        parts = urlsplit(request.url)
        target = self.targets.get(_host(request.url))
        scheme, netloc = urlsplit(target)[:2] if target else parts[:2]
        moved = request.replace(url=urlunsplit((scheme, netloc, *parts[2:])))
        moved.headers["Host"] = parts.netloc
        moved.meta.pop("proxy", None)
        return moved


def _resolver() -> PublicAddresses:
    from twisted.internet import reactor  # the import installs one, so it waits for Scrapy's choice

    resolver: object = reactor.nameResolver
    if not isinstance(resolver, PublicAddresses):
        raise RuntimeError("Scrapy does not use TWISTED_DNS_RESOLVER, so that any address could be connected to")
    return resolver


def _final(error: DownloadFailedError) -> IgnoreRequest | None:
    """What is to be told of a response that would fail again."""
    reasons = [reason.value for reason in getattr(error.__cause__, "reasons", ())]
    if any(isinstance(reason, HeadTooLong) for reason in reasons):
        return IgnoreRequest(HEAD_TOO_LONG)
    if any(isinstance(reason, SSL.Error) and "certificate verify failed" in str(reason) for reason in reasons):
        return IgnoreRequest(NO_CERTIFICATE)
    return None
