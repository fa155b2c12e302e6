"""A socket to serve on, opened before the server starts, so that a taken port is one clear line."""

import errno
import socket

from storage.errors import TabibError, UsageError


def listen(host: str, port: int) -> socket.socket:
    """A socket listening on the address; port 0 takes a free one. Raises UsageError or TabibError saying why not."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port is {port}; allowed: 0 (a free one) to 65535")
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        raise UsageError(f"--host is {host!r}, which is no address of this machine") from None
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named; else each waits 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(place)
        taken.listen(512)
    except OSError as error:
        taken.close()
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be opened ({error.strerror})"
        raise TabibError(f"port {port} of {host} {why}: choose another with --port, or 0 for a free one") from None
    return taken
