"""What the tests of manners share: a host that notes when it is asked for what, and spider processes that ask it.

`python -m tests.crawlers.polite ASKED` is one such process: Scrapy with our middlewares and without our frontier, so
that every request asks for its own turn.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from redis import Redis

HOST = "polite.test"
PAGE = b"<html><body></body></html>"
READY = "polite:ready"


class Answers:
    """The answers of a host: for each path those it gives one after the other, then the last for ever."""

    def __init__(self, robots: bytes = b"", **answers: Sequence[tuple[int, dict[str, str]]]) -> None:
        self.robots, self.answers = robots, answers
        self.asked: list[tuple[str, float]] = []
        self.lock = threading.Lock()

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def times(self, path: str = "") -> list[float]:
        """When it was asked, for `path` or anything, in seconds of the system's clock, which is Redis' too."""
        return sorted(at for asked, at in self.asked if not path or asked == path)

    def next(self, path: str) -> tuple[int, dict[str, str]]:
        with self.lock:
            self.asked.append((path, time.time()))
            given = self.answers.get(path.strip("/").replace(".", "_"), [(200, {})])
            return given[min(self.paths().count(path), len(given)) - 1]


@contextmanager
def host(answers: Answers, slow: float = 0.0) -> Iterator[str]:
    """The host's address while the block lasts. Its robots.txt takes `slow` seconds."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers = answers.next(self.path)
            robots = self.path == "/robots.txt"
            if robots:
                time.sleep(slow)
            body = answers.robots if robots else PAGE
            self.send_response_only(status)
            for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def start(address: str, paths: Sequence[str], **settings: Any) -> "subprocess.Popen[str]":
    """A spider process that asks for `paths`."""
    command = [sys.executable, "-m", "tests.crawlers.polite", json.dumps([address, paths, settings])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def end(process: "subprocess.Popen[str]", timeout: float = 60) -> dict[str, Any]:
    """What became of each path: its status, or the name of the error that it ended with."""
    try:
        told, _ = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return dict(json.loads(told))


def crawl(address: str, paths: Sequence[str], **settings: Any) -> dict[str, Any]:
    return end(start(address, paths, **settings))


def allow_all(server: Redis, address: str) -> None:
    """As if another worker had read the host's robots.txt, and it forbade nothing."""
    server.hset(f"robots:{HOST}@{address}", mapping={"body": b"", "status": 404, "fetched": 1})
    server.expire(f"robots:{HOST}@{address}", 3600)


def until(condition: Any, seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.05)


def wait_ready(server: Redis, count: int) -> None:
    """Until so many spider processes have begun."""
    until(lambda: int(server.get(READY) or 0) >= count)


def main() -> None:
    from scrapy import Request, Spider
    from scrapy.crawler import CrawlerProcess

    from storage import redis

    address, paths, settings = json.loads(sys.argv[1])
    ends: dict[str, Any] = {}

    class Polite(Spider):
        name = "polite"
        hosts = (HOST,)

        async def start(self) -> Any:
            redis.client().incr(READY)
            for path in paths:
                yield self.request(path)

        def request(self, path: str, **meta: Any) -> Request:
            return Request(f"https://{HOST}{path}", self.parse, errback=self.failed, meta={"path": path, **meta})

        def parse(self, response: Any, **_: Any) -> Any:
            path = response.meta["path"]
            ends[path] = response.status
            if path == "/first":  # stands for an address that was leased with its turn
                yield self.request("/leased", granted=True)

        def failed(self, failure: Any) -> None:
            ends[failure.request.meta["path"]] = getattr(
                getattr(failure.value, "response", None), "status", type(failure.value).__name__
            )

    process = CrawlerProcess(
        {
            "ROBOTSTXT_OBEY": True,
            "CRAWL_CONNECT_TO": {HOST: address},
            "DOWNLOAD_HANDLERS": {"https": "crawlers.connect_to.ConnectToHandler"},
            "TWISTED_DNS_RESOLVER": "crawlers.public_addresses.PublicAddresses",
            "DOWNLOADER_MIDDLEWARES": {
                "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
                "crawlers.robots.Robots": 100,
                "crawlers.manners.Manners": 950,
            },
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "LOG_ENABLED": False,
            **settings,
        }
    )
    process.crawl(Polite)
    process.start()
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    main()
