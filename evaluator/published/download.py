"""One file from a publisher: gone on with where it broke off, and bounded. Whoever asks checks what it is."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from evaluator.published.rows import LARGEST
from storage.errors import ServiceUnavailable, TabibError

TRIES = 4
PAUSE = 1.0  # seconds before the second try, twice as many before each further one
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
HUB, TOKEN = "huggingface.co", "HF_TOKEN"
_AGAIN = {408, 425, 429, 500, 502, 503, 504}

logging.getLogger("httpx").setLevel(logging.WARNING)


class _Broken(Exception):
    """The transfer ended too early; what came is kept."""


def download(url: str, part: Path) -> None:
    """Write what `url` gives to `part`, or go on with what is there of it.

    A part is gone on with only if the publisher says that it is still the same file. Raises ServiceUnavailable where
    the publisher cannot be reached, with how much is kept, and TabibError where it refuses.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    with _client(url) as client:
        for attempt in range(TRIES):
            try:
                _transfer(client, url, part)
                return
            except (_Broken, httpx.HTTPError) as error:
                last = error
                if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.TooManyRedirects):
                    break
                time.sleep(PAUSE * 2**attempt if attempt + 1 < TRIES else 0)
    kept = part.stat().st_size if part.is_file() else 0
    said = str(last) or type(last).__name__
    tail = f"; {kept} bytes are kept, the same command goes on with them" if kept else ""
    raise ServiceUnavailable(f"{urlsplit(url).hostname} cannot be reached ({said}){tail}")


def forget(part: Path) -> None:
    """Drop a part and what is known of it."""
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


def _transfer(client: httpx.Client, url: str, part: Path) -> None:
    begun, validator = _begun(part, url)
    headers = {"Range": f"bytes={begun}-", "If-Range": validator} if begun else {}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            forget(part)
            raise _Broken("the part that was kept is no part of the file")
        _check(response, url)
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        if goes_on and _starts(response) != begun:
            forget(part)
            raise _Broken("it sent another part than was asked for")
        whole = _length(response, begun if goes_on else 0)
        _note(part, url, response)
        written = begun if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            for data in response.iter_raw():
                written += len(data)
                if written > LARGEST:
                    raise TabibError(f"{url} gives more than {LARGEST} bytes: that is no benchmark")
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
    if whole is not None and written < whole:
        raise _Broken(f"it sent {written} of {whole} bytes")


def _check(response: httpx.Response, url: str) -> None:
    """Raise _Broken for what may be asked again, TabibError for a refusal."""
    if response.status_code in _AGAIN:
        raise _Broken(f"status {response.status_code}")
    if response.status_code in (401, 403):
        raise TabibError(f"{url} is not given to everybody (status {response.status_code})")
    if not response.is_success:
        raise TabibError(f"{url} gives status {response.status_code}: its publisher may have moved it")


def _starts(response: httpx.Response) -> int | None:
    """The first byte of a part: `bytes 7-99/100`."""
    first = response.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
    return int(first) if first.isascii() and first.isdigit() else None


def _length(response: httpx.Response, before: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return before + int(length) if length.isascii() and length.isdigit() else None


def _begun(part: Path, url: str) -> tuple[int, str]:
    """How much of the file is here, and by what the publisher knows it; nothing where that is not known."""
    try:
        notes = json.loads(_notes(part).read_text(encoding="utf-8"))
        size = part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    known = isinstance(notes, dict) and notes.get("url") == url and isinstance(notes.get("validator"), str)
    return (size, notes["validator"]) if known and notes["validator"] else (0, "")


def _note(part: Path, url: str, response: httpx.Response) -> None:
    """Write down what names this version of the file: a strong ETag, or else its date."""
    tag = response.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    _notes(part).write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")


def _notes(part: Path) -> Path:
    return part.with_name(f"{part.name}.from")


@contextmanager
def _client(url: str) -> Iterator[httpx.Client]:
    """A client that asks for plain bytes and follows redirects, but never from https to http."""
    secure = urlsplit(url).scheme == "https"

    def check(request: httpx.Request) -> None:
        if secure and request.url.scheme != "https":
            raise TabibError(f"{url} leads to an address without encryption, {request.url.host}: not followed")

    headers = {"Accept-Encoding": "identity", "User-Agent": "tabib"}
    token = os.environ.get(TOKEN, "")
    if token and urlsplit(url).hostname == HUB:
        headers["Authorization"] = f"Bearer {token}"
    hooks = {"request": [check]}
    with httpx.Client(headers=headers, timeout=TIMEOUT, follow_redirects=True, event_hooks=hooks) as client:
        yield client
