"""The raw archive's format: a visit to a page as a WARC 1.1 record in a gzip member of its own.

`warc_write` makes files of such members, `warc_read` reads them. The format is STANDARD, bracketed numbers are its
sections. A body is kept decompressed, so the headers that would deny that stand under `X-Archive-Orig-` and
Content-Length is true. Header text is latin-1, a character a byte, so that it comes back byte for byte. A payload's
digest is its sha256 in hexadecimal, as everywhere in this project.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.client import responses
from io import BytesIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from storage.blobs import MAX_BYTES
from storage.errors import UsageError

STANDARD = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
VERSION = "WARC/1.1"
PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
DIGEST = "sha256:"
LEVEL = 4
"""zlib's. Measured by tests/bench/archive.py on pages of 15 KB: 6, zlib's own choice, takes 4 % less disk and half as
much time again, 9, warcio's, more than twice the time for 5 %; 1 saves a quarter of the time for 11 % more disk."""
GZIP = 31
"""zlib's `wbits` for a gzip header before the data and a checksum after it."""
ORIGINAL = "x-archive-orig-"
DENIED = ("content-encoding", "content-length", "transfer-encoding")
NO_NAME = r"[^0-9A-Za-z!#$%&'*+\-.^_`|~]"
"""What cannot be in a header's name, RFC 9110, 5.6.2; a server may send it all the same, and a hyphen stands for it."""


class Profile(StrEnum):
    """Why a visit brought no body (6.7): it was the same as before, or the server answered 304."""

    IDENTICAL = "identical-payload-digest"
    NOT_MODIFIED = "server-not-modified"


@dataclass(frozen=True)
class Place:
    """Where a record is: the file below the archive's folder by its final name, and its member's bytes in it."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, repr=False)
class Capture:
    """A visit to be archived: a response, or with a `profile` a revisit, whose `body` is empty.

    `headers` have lower-case names and latin-1 values, as fetched; `body` is decompressed; `fetched_at` has a zone.
    `refers_to` is the URL and time of the response that a revisit found unchanged, `sha256` that of its body: an
    identical one needs it, and a response's own is computed, whatever stands here.
    """

    url: str
    fetched_at: dt.datetime
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    ip: str | None = None
    profile: Profile | None = None
    refers_to: tuple[str, dt.datetime] | None = None
    sha256: str | None = None

    @property
    def kind(self) -> str:
        """`response` or `revisit`."""
        return "revisit" if self.profile else "response"


class Stored(Capture):
    """A capture read back: its fields as they were given, times in UTC; a response always has its `sha256`."""


def pack(capture: Capture, level: int = LEVEL) -> bytes:
    """The capture as one gzip member. Raises UsageError, naming the field, for what could not be read back."""
    _check(capture)
    writer = _Records(BytesIO(), gzip=False, warc_version=VERSION)
    record = writer.create_warc_record(
        capture.url,
        capture.kind,
        payload=BytesIO(capture.body),
        length=len(capture.body),
        warc_headers_dict=_fields(capture),
        http_headers=_Head(f"{capture.status} {responses.get(capture.status, '')}", _headers(capture), "HTTP/1.1"),
    )
    writer.write_record(record)
    return _packed(writer, level)


def pack_warcinfo(name: str, about: Mapping[str, str]) -> bytes:
    """The record that opens the file `name` (6.2): who made it, with what, under which rules."""
    writer = _Records(BytesIO(), gzip=False, warc_version=VERSION)
    lines = {"format": "WARC File Format 1.1", "conformsTo": STANDARD} | dict(about)
    writer.write_record(writer.create_warcinfo_record(name, {key: _line(value) for key, value in lines.items()}))
    return _packed(writer, LEVEL)


class _Head(StatusAndHeaders):
    """The head of a response; warcio's own percent-encodes what is not ASCII."""

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self.to_bytes(header_filter, encoding="latin-1")


class _Records(WARCWriter):
    """warcio's writer without its digests: it would hash a body twice, and gzip's checksum covers the whole record."""

    def ensure_digest(self, record: object, block: bool = True, payload: bool = True) -> None:
        pass


def _packed(writer: WARCWriter, level: int) -> bytes:
    record: bytes = writer.out.getvalue()
    if len(record) > MAX_BYTES:
        raise UsageError(f"a record of {len(record)} bytes is more than the {MAX_BYTES} that the archive takes")
    return zlib.compress(record, level, GZIP)


def _check(capture: Capture) -> None:
    url, time = capture.refers_to or (capture.url, capture.fetched_at)
    head = "".join([*capture.headers, *capture.headers.values()])
    wrong = {
        "url": not all(re.fullmatch(r"https?://[!-~]+", each) for each in (url, capture.url)),
        "fetched_at": capture.fetched_at.tzinfo is None or time.tzinfo is None,
        "status": not 100 <= capture.status <= 999,
        "headers": not head.isascii() and max(head) > "\xff",
        "body": bool(capture.profile and capture.body),
        "profile": capture.profile is None and capture.refers_to is not None,
        "sha256": capture.profile == Profile.IDENTICAL and capture.sha256 is None,
    }
    if named := [field for field, is_wrong in wrong.items() if is_wrong]:
        raise UsageError(f"a visit cannot be archived: no WARC record can hold its {' and its '.join(named)}")


def _fields(capture: Capture) -> dict[str, str]:
    fields = {"WARC-Date": _date(capture.fetched_at)}
    if capture.ip:
        fields["WARC-IP-Address"] = _line(capture.ip)
    sha256 = capture.sha256 if capture.profile else hashlib.sha256(capture.body).hexdigest()
    if sha256:
        fields["WARC-Payload-Digest"] = DIGEST + sha256
    if capture.profile:
        fields["WARC-Profile"] = PROFILES + capture.profile
    if capture.profile == Profile.IDENTICAL:
        fields["WARC-Truncated"] = "length"  # asked for where the repeated body is left out (6.7.2)
    if capture.refers_to:
        fields["WARC-Refers-To-Target-URI"] = capture.refers_to[0]
        fields["WARC-Refers-To-Date"] = _date(capture.refers_to[1])
    return fields


def _date(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


def _headers(capture: Capture) -> list[tuple[str, str]]:
    headers = [(_name(name), _line(value)) for name, value in capture.headers.items()]
    return headers if capture.profile else [*headers, ("Content-Length", str(len(capture.body)))]


def _name(name: str) -> str:
    hidden = name.startswith(ORIGINAL) or name in DENIED
    return (ORIGINAL if hidden else "") + (re.sub(NO_NAME, "-", name) or "-")


def _line(value: str) -> str:
    return re.sub("[\r\n\0]+", " ", value).strip(" \t")
