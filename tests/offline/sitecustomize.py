"""Python imports this at start-up when its folder is on PYTHONPATH: nothing may leave the machine.

The test session puts the folder there, so that every Python process a test starts is held to it too.
"""

import ipaddress
import socket
import sys
from typing import Any

EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0}


def _is_here(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not host or host in {"localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or _is_own(address)


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Of one of this machine's own interfaces: only there a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as bound:
            bound.bind((str(address), 0))
    except OSError:
        return False
    return True


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in EVENTS:
        return
    address = arguments[EVENTS[event]]
    if event != "socket.getaddrinfo" and arguments[0].family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) else address
    if not _is_here(host):
        raise PermissionError(f"tests reach nothing outside this machine, but {event} was asked for {host}")


sys.addaudithook(_refuse_outside)
