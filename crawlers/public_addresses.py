"""Which IP addresses may be connected to, and the resolver that gives no others.

A name is resolved once for each connection, and what is connected to is that answer with what is not public taken out:
nothing is asked again between the check and the connection, so an answer that changes (DNS rebinding) changes nothing.
Every connection of Scrapy's handlers on Twisted comes this way (HostnameEndpoint.connect → reactor.nameResolver), for
pages, redirects, robots.txt and sitemaps, and for hosts that are addresses themselves, in whatever form getaddrinfo
takes them (`2130706433`, `0x7f.1`, `[::1]`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from crawlers.urls import DEFAULT_PORTS, ascii_host

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress

INSIDE = "it leads to an address inside a network"
# IANA's special-purpose registry (RFC 6890) with multicast (RFC 5771) and what is reserved for the future (RFC 1112);
# clouds' metadata stands under link-local, shared and protocol addresses, and at Azure under one of its own
# (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
_NOT_PUBLIC = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
]  # fmt: skip
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out of IPv6 (RFC 4291, 2.4)
# Out of it: IETF's own protocols, with Teredo and ORCHID (RFC 2928), documentation (RFC 3849, 9637), 6to4 (RFC 7526).
_NOT_PUBLIC_6 = [IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16")]
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a network that has only IPv6 names an IPv4 address


class InsideNetwork(IgnoreRequest):
    """The host has no address but private ones: not asked again, and recorded as the address's failure."""

    def __init__(self) -> None:
        super().__init__(INSIDE)


def is_public(host: str) -> bool:
    """Whether `host`, an IP address as text, is one of the Internet's and of no network's inside.

    An IPv4 address inside an IPv6 one counts only behind NAT64, where it is the only form there is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    if address in _NAT64:
        return is_public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_6)


class PublicAddresses:
    """The system's resolver without private addresses, except for the host and port of a `--connect-to` target.

    Twisted's IHostnameResolver. Scrapy's own keeps an address for as long as the process lives, and knows IPv4 only.
    """

    def __init__(self, reactor: Any, targets: Iterable[str]) -> None:
        self.reactor = reactor
        self.system: Any = reactor.nameResolver
        self.targets = frozenset(map(_host_and_port, targets))
        self._inside: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> PublicAddresses:
        """How Scrapy makes one, for all crawlers of a process."""
        return cls(reactor, crawler.settings.getdict("CRAWL_CONNECT_TO").values())

    def install_on_reactor(self) -> None:
        """Let the reactor ask this resolver."""
        self.reactor.installNameResolver(self)

    def refused(self, host: str) -> bool:
        """Whether the last answer for `host` held addresses, and not one that is public."""
        return _name(host) in self._inside

    def resolveHostName(  # noqa: N802, PLR0913 - Twisted's interface
        self,
        resolutionReceiver: object,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Tell the receiver the host's public addresses."""
        name = _name(hostName)
        is_target = (name, portNumber) in self.targets
        receiver = resolutionReceiver if is_target else _Public(resolutionReceiver, name, self._inside)
        return self.system.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


class _Public:
    """Hands on the public addresses of one answer, and notes the host where there were only others.

    Twisted's IResolutionReceiver.
    """

    def __init__(self, receiver: Any, name: str, inside: set[str]) -> None:
        self.receiver, self.name, self.inside = receiver, name, inside
        self.found: list[bool] = []

    def resolutionBegan(self, resolution: object) -> None:  # noqa: N802
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.found.append(is_public(address.host))
        if self.found[-1]:
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        if self.found and not any(self.found):
            self.inside.add(self.name)
        else:
            self.inside.discard(self.name)
        self.receiver.resolutionComplete()


def _host_and_port(target: str) -> tuple[str, int]:
    parts = urlsplit(target)
    return _name(parts.hostname or ""), parts.port or DEFAULT_PORTS[parts.scheme]


def _name(host: str) -> str:
    """One spelling for a host: Twisted writes an internationalised name in its own letters."""
    try:
        return ascii_host(host.lower())
    except ValueError:
        return host
