"""What the tests of whole crawls share: the command as a process, a small site that misbehaves, what is stored."""

import gzip
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage import db
from storage.models import Document, Page

CRAWLERS = Path(sys.executable).with_name("crawlers")
Key = tuple[str, str, str, int]


def command(*arguments: str) -> list[str]:
    return [str(CRAWLERS), "crawl", *arguments]


def run(*arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=timeout, check=False)


def summary(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {row["site"]: row for row in json.loads(done.stdout)}


def fold(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def stored() -> dict[Key, tuple[str | None, ...]]:
    with db.session() as session:
        found = session.scalars(select(Document)).all()
    assert len({document.id for document in found}) == len(found)
    return {
        (d.source, d.kind, d.record, d.ordinal): (d.url, fold(d.title), fold(d.question), fold(d.answer), fold(d.text))
        for d in found
    }


def served(documents: Iterable[Any], *sites: str) -> dict[Key, tuple[str | None, ...]]:
    texts = ("title", "question", "answer", "text")
    return {
        (d["source"], d["kind"], d["record"], d["ordinal"]): (d["url"], *(fold(d[name]) for name in texts))
        for d in documents
        if not sites or d["source"] in sites
    }


def pages() -> Counter[str]:
    with db.session() as session:
        return Counter(session.scalars(select(Page.url)))


RECORD = """<html><head><meta charset="utf-8"></head><body><section class="section-show-question"><h1>عنوان {0}</h1>
<div class="card"><div class="card-body"><p>پرسش {0}</p></div></div>
<div class="card"><div class="card-body"><p>پاسخ شماره {0}</p></div></div></section></body></html>"""
LISTING = "".join(f'<a href="/questions/{n}/x">{n}</a>' for n in range(1, 13))


class Misbehaving(BaseHTTPRequestHandler):
    """isovisit.com as a broken or hostile server would play it; drhast.com's robots.txt fails, the others are empty."""

    asked: list[tuple[str, str, str]] = []
    failures: Counter[str] = Counter()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked.append((self.headers["Host"], self.path, self.headers["User-Agent"]))
        if self.path == "/robots.txt":
            self.robots()
            return
        if "isovisit" not in self.headers["Host"]:
            self.page(b"<html>no</html>", status=404)
            return
        number = self.path.split("/")[2] if self.path.startswith("/questions/") else ""
        method = getattr(self, f"record_{number}", None)
        if method:
            method()
        elif number:
            self.page(RECORD.format(number).encode())
        elif self.path == "/questions":
            self.page(f"<html><body>{LISTING}</body></html>".encode())
        else:
            self.page(b"<html>no</html>", status=404)

    def page(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def robots(self) -> None:
        if self.headers["Host"] == "drhast.com":
            self.page(b"", status=503)
            return
        time.sleep(0.5)  # so that the first requests wait for it together
        self.page(b"User-agent: *\nDisallow: /questions/12/\n", Content_Type="text/plain")

    def record_2(self) -> None:
        self.page(b"", 302, Location="https://example.com/questions/2/x")

    def record_3(self) -> None:
        self.page(b"", 302, Location=f"/questions/3/{self.path.count('x') * 'x'}x")

    def record_4(self) -> None:
        self.failures["4"] += 1
        self.page(RECORD.format(4).encode(), 200 if self.failures["4"] > 2 else 503)

    def record_5(self) -> None:
        self.page(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))

    def record_6(self) -> None:
        self.page(b"<html>gone</html>", 404)

    def record_7(self) -> None:
        self.page(gzip.compress(b"<p>" + b"\0" * (20 << 20)), Content_Encoding="gzip")

    def record_8(self) -> None:
        self.page(RECORD.format(8).encode(), Content_Length="999999")
        self.close_connection = True

    def record_9(self) -> None:
        if self.path.endswith("/new"):
            self.page(RECORD.format(9).encode())
        else:
            self.page(b"", 301, Location="https://www.isovisit.com/questions/9/new")

    def record_10(self) -> None:
        self.page(RECORD.format("10 \0 \x01 &#0; &#55357; \ufdd0").encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def misbehaving() -> Iterator[str]:
    """The server's base URL while the block lasts."""
    Misbehaving.asked.clear()
    Misbehaving.failures.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
