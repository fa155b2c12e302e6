"""A server that breaks HTTP in every way a path can name; raw, since http.server would put things right."""

import gzip
import socketserver
import ssl
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import brotli
import zstandard

PAGE = "<html><body><p>متن درست</p></body></html>".encode()
MIB = 1 << 20
BOMB_MIB = 200
Answer = Callable[["Wire"], None]


def bomb(press: Any, compress: str = "compress") -> bytes:
    """A packed page of BOMB_MIB, in pieces, since the process that makes it is to stay small."""
    squeeze = getattr(press, compress)
    pieces = [squeeze(b"<html>"), *(squeeze(b"\0" * MIB) for _ in range(BOMB_MIB))]
    return b"".join([*pieces, press.finish() if hasattr(press, "finish") else press.flush()])


class Wire(socketserver.StreamRequestHandler):
    """One request's connection."""

    asked: Counter[str]
    answers: dict[str, Answer]
    path: str

    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return
        while self.rfile.readline().strip():
            pass
        self.path = line.split()[1].decode()
        self.asked[self.path] += 1
        try:
            self.answers.get(self.path.split("?")[0], missing)(self)
        except OSError:
            return  # the crawler hung up, as it should

    def head(self, *lines: str, status: str = "200 OK") -> None:
        self.wfile.write("\r\n".join([f"HTTP/1.1 {status}", "Content-Type: text/html", *lines, "", ""]).encode())

    def whole(self, body: bytes, *lines: str, status: str = "200 OK") -> None:
        self.head(f"Content-Length: {len(body)}", *lines, status=status)
        self.wfile.write(body)


def missing(wire: Wire) -> None:
    wire.whole(b"<html>no</html>", status="404 Not Found")


def body(content: bytes, *lines: str) -> Answer:
    return lambda wire: wire.whole(content, *lines)


def redirect(to: str) -> Answer:
    return lambda wire: wire.whole(b"", f"Location: {to}", status="302 Found")


def chain(wire: Wire) -> None:
    """A redirect to the next of endlessly many."""
    number = int(wire.path.partition("?")[2] or 0)
    wire.whole(b"", f"Location: /chain?{number + 1}", status="302 Found")


def chunks(piece: bytes, pause: float = 0.0) -> Answer:
    """Chunks for ever."""

    def answer(wire: Wire) -> None:
        wire.head("Transfer-Encoding: chunked")
        while True:
            wire.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            time.sleep(pause)

    return answer


def repeat(beginning: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    """The beginning, then the piece for ever."""

    def answer(wire: Wire) -> None:
        wire.wfile.write(beginning)
        while True:
            wire.wfile.write(piece)
            time.sleep(pause)

    return answer


def cut(content: bytes, *lines: str) -> Answer:
    """A head and a body as given, and the end of the connection."""

    def answer(wire: Wire) -> None:
        wire.head("Connection: close", *lines)
        wire.wfile.write(content)

    return answer


OK = b"HTTP/1.1 200 OK\r\n"
PACKED = gzip.compress(PAGE)


@cache
def gzip_bomb() -> bytes:
    return bomb(zlib.compressobj(wbits=31))


@cache
def brotli_bomb() -> bytes:
    return bomb(brotli.Compressor(quality=5), "process")


WHOLE: dict[str, Answer] = {
    "/page": body(PAGE),
    "/gzip": body(PACKED, "Content-Encoding: gzip"),
    "/gzip-in-parts": body(gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:]), "Content-Encoding: x-gzip"),
    "/gzip-not": body(PAGE, "Content-Encoding: gzip"),
    "/br": body(brotli.compress(PAGE), "Content-Encoding: br"),
    "/no-coding": body(PAGE, "Content-Encoding: identity, utf-8"),
    "/without-length": cut(PAGE),
}
"""Answers that give PAGE, however oddly."""


def packed() -> dict[str, tuple[Answer, str]]:
    """Bodies that are not what they say, each with its cause."""
    too_long, unasked = "longer than 8,388,608 bytes", "it is packed in a way that was not asked for"
    zstd = bomb(zstandard.ZstdCompressor().compressobj())
    return {
        "/gzip-bomb": (body(gzip_bomb(), "Content-Encoding: gzip"), too_long),
        "/br-bomb": (body(brotli_bomb(), "Content-Encoding: br"), too_long),
        "/zstd-bomb": (body(zstd, "Content-Encoding: zstd"), unasked),
        "/deflate-bomb": (body(bomb(zlib.compressobj()), "Content-Encoding: deflate"), unasked),
        "/layers": (body(gzip.compress(gzip_bomb()), "Content-Encoding: gzip, gzip"), unasked),
        "/many-layers": (body(PACKED, "Content-Encoding: " + ", ".join(["gzip"] * 2000)), unasked),
        "/gzip-cut": (body(PACKED[:-9], "Content-Encoding: gzip"), "the gzip file is cut short"),
        "/gzip-damaged": (
            body(PACKED[:30] + b"\0" + PACKED[31:], "Content-Encoding: gzip"),
            "the gzip file is damaged",
        ),
        "/br-cut": (body(brotli.compress(PAGE)[:-5], "Content-Encoding: br"), "the body is cut short"),
        "/br-not": (body(PAGE, "Content-Encoding: br"), "the brotli body is damaged"),
        "/cut-close": (cut(PAGE[:20]), "the body is cut short"),
    }


def endless() -> dict[str, tuple[Answer, str]]:
    """Answers that do not end by themselves, each with its cause."""
    too_long, heads = "longer than 8,388,608 bytes", "headers longer than 65,536 bytes"
    return {
        "/endless": (chunks(b"a" * 65536), too_long),
        "/endless-length": (repeat(OK + b"Content-Length: 99999999999\r\n\r\n", b"a" * 65536), too_long),
        "/headers": (repeat(OK, b"X-Header: " + b"a" * 1000 + b"\r\n"), heads),
        "/folded": (repeat(OK + b"X-Header: ", b" a" * 500 + b"\r\n"), heads),
        "/continue": (repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), heads),
        "/loop": (redirect("/loop"), "max redirections reached"),
        "/chain": (chain, "max redirections reached"),
        "/same": (redirect(""), "max redirections reached"),
    }


def broken() -> dict[str, tuple[Answer, str]]:
    """Answers that may be a passing failure, so that they are asked for again, each with its error."""
    cut_off = "ResponseDataLossError"
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "/header": (repeat(OK + b"X-Header: ", b"a" * 65536), "DownloadFailedError"),
        "/two-lengths": (body(PAGE, "Content-Length: 7"), "DownloadFailedError"),
        "/transfer": (body(PAGE, "Transfer-Encoding: br"), "DownloadFailedError"),
        "/no-http": (repeat(b"SSH-2.0-OpenSSH_9.6\r\n", b"\0" * 1000), "DownloadFailedError"),
        "/chunk-size": (repeat(chunked, b"0" * 65536), cut_off),
        "/trailers": (repeat(chunked + b"0\r\n", b"X: y\r\n" * 1000), cut_off),
        "/cut-length": (cut(PAGE, "Content-Length: 999999"), cut_off),
        "/cut-chunk": (cut(b"ff\r\n" + PAGE, "Transfer-Encoding: chunked"), cut_off),
        "/cut-chunks": (cut(f"{len(PAGE):x}\r\n".encode() + PAGE + b"\r\n", "Transfer-Encoding: chunked"), cut_off),
        "/drip": (chunks(b"a", pause=0.2), "DownloadTimeoutError"),
        "/drip-head": (repeat(OK, b"X: y\r\n", pause=0.2), "DownloadTimeoutError"),
        "/silence": (lambda _: time.sleep(10), "DownloadTimeoutError"),
    }


@contextmanager
def serving(answers: dict[str, Answer], tls: Path | None = None) -> Iterator[tuple[int, Counter[str]]]:
    """The port and what was asked for, by path, while the block lasts. `tls` is a file of certificate and key."""
    asked: Counter[str] = Counter()
    handler = type("Answering", (Wire,), {"answers": answers, "asked": asked})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler, bind_and_activate=True) as server:
        server.daemon_threads, server.block_on_close = True, False
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()
        thread.join()
