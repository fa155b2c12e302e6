"""No request before the rules are read, and none against them, however many wait at once."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from storage.settings import Settings

CRAWLERS = Path(sys.executable).parent / "crawlers"
SLOW_SECONDS = 0.3  # long enough for all 33 first addresses of niniban to wait for the file together


@contextmanager
def host(status: int, rules: bytes) -> Iterator[tuple[str, list[str]]]:
    """A site whose robots.txt comes late; gives its address and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            robots = self.path == "/robots.txt"
            if robots:
                time.sleep(SLOW_SECONDS)
            body = rules if robots else b"<html><body></body></html>"
            self.send_response(status if robots else 200)
            self.send_header("Content-Type", "text/plain" if robots else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def crawl(address: str) -> "subprocess.CompletedProcess[str]":
    command = [CRAWLERS, "crawl", "niniban", "--connect-to", f"*={address}", "--delay", "0", "--until-idle"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("status", "rules"),
    [(200, b"User-agent: *\nDisallow: /\n"), (503, b"busy")],
    ids=["forbidden", "failing"],
)
def test_nothing_is_fetched_against_the_rules_or_without_them(database: Settings, status: int, rules: bytes) -> None:
    with host(status, rules) as (address, asked):
        crawl(address)
    assert set(asked) == {"/robots.txt"}


@pytest.mark.parametrize("status", [200, 404])
def test_what_is_not_forbidden_is_fetched(database: Settings, status: int) -> None:
    with host(status, b"User-agent: *\nDisallow: /account\n") as (address, asked):
        crawl(address)
    assert len(set(asked)) == 1 + 33
