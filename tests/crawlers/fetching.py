"""Scrapy with our limits and no frontier, as a process of its own: what becomes of addresses, what is connected to.

Run with a JSON object: `urls`, `hosts` of the site, `answers` for each name (a list of answers, the last for ever),
`settings` over ours. A name has no other answer than these, and nothing but loopback can be connected to.
"""

import errno
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

AddressInfo = list[tuple[Any, ...]]
connected: list[str] = []
answers: dict[str, list[list[str]]] = {}


def fetched(urls: list[str], env: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    """`ends`: for each address the cause, or status, length and hash; `connected`: hosts and ports; `peak`: MiB."""
    command = [sys.executable, str(Path(__file__)), json.dumps({"urls": urls, **asked})]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env={**os.environ, **(env or {})}
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def resolve(host: Any, port: Any, *_: Any, **__: Any) -> AddressInfo:
    """In place of getaddrinfo, as glibc does it: a number in any form is an address, a name has the answers given."""
    turns = answers.get(host, [])
    found = (turns.pop(0) if len(turns) > 1 else turns[0]) if turns else [_number(host)]
    return [_info(address, port) for address in found]


def _number(host: str) -> str:
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from None


def _info(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)


def connect(own: socket.socket, address: Any) -> int:
    """Note the address; only this machine's can be reached."""
    connected.append(f"{address[0]} {address[1]}")
    if log := os.environ.get("CONNECTED"):
        with Path(log).open("a") as file:
            file.write(f"{connected[-1]}\n")
    return _connect_ex(own, address) if address[0].startswith("127.") else errno.ECONNREFUSED


_connect_ex = socket.socket.connect_ex


def lie(given: dict[str, list[list[str]]]) -> None:
    """Have this process resolve names as `given`, and note in CONNECTED, a file, whom it connects to by it."""
    answers.update(given)
    socket.getaddrinfo = resolve  # type: ignore[assignment]
    socket.socket.connect_ex = connect  # type: ignore[method-assign]


def main() -> None:
    asked = json.loads(sys.argv[1])
    lie(asked.get("answers", {}))
    from scrapy import Request, Spider
    from scrapy.crawler import CrawlerProcess

    from crawlers.settings import LIMITS
    from crawlers.urls import canonical

    ends: dict[str, str] = {}

    class Fetching(Spider):
        name = "fetching"
        hosts = tuple(asked.get("hosts", ["site.example"]))

        def canonical(self, url: str) -> str | None:
            return canonical(url, self.hosts)

        async def start(self) -> Any:
            for url in asked["urls"]:
                meta = {"url": url, **asked.get("meta", {})}
                yield Request(url, self.parse, errback=self.failed, meta=meta, dont_filter=True)

        def parse(self, response: Any, **_: Any) -> None:
            ends[response.meta["url"]] = (
                f"{response.status} {len(response.body)} {hashlib.sha256(response.body).hexdigest()}"
            )

        def failed(self, failure: Any) -> None:
            error = failure.value
            ends[failure.request.meta["url"]] = str(error) if type(error).__name__ in FIXED else type(error).__name__

    process = CrawlerProcess(
        {**LIMITS, "DOWNLOADER_MIDDLEWARES": middlewares(LIMITS, asked), "LOG_LEVEL": "WARNING"}
        | asked.get("settings", {})
    )
    process.crawl(Fetching)
    process.start()
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert peak
    sys.stdout.write(json.dumps({"ends": ends, "connected": connected, "peak": int(peak[1]) >> 10}))


FIXED = ("IgnoreRequest", "InsideNetwork")
"""Errors whose message is the cause that is recorded."""


def middlewares(limits: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Ours that need no Redis."""
    kept = ("scrapy.", "crawlers.connect_to.", "crawlers.unpacking.")
    ours = {name: order for name, order in limits["DOWNLOADER_MIDDLEWARES"].items() if name.startswith(kept)}
    return ours | dict.fromkeys(asked.get("without", []))


if __name__ == "__main__":
    main()
