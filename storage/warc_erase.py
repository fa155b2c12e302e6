"""Taking records out of the raw archive for good: a record of the same length that says nothing stands in their place.

No other record moves, so the index stays true. A finished file is replaced by a copy, whole or not at all; a file whose
writer lives, or died, is written over where it is, as its writer holds on to it. Doing it again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import os
import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from storage.blobs import flush
from storage.errors import DataDamaged
from storage.models import NAMESPACE
from storage.warc import VERSION, Place, Stored
from storage.warc_read import MAGIC, OPEN, scan

GZIP_HEAD = MAGIC + b"\0\0\0\0\0\0\xff"  # no flags, no time, system unknown: RFC 1952, 2.3
FRAME = len(GZIP_HEAD) + 8  # its checksum and length come after the data
BLOCK, BLOCK_HEAD = 65_535, 5  # of deflate's stored blocks: RFC 1951, 3.2.4
COPIED = 64 << 20
END = b"\r\n\r\n"

Span = tuple[int, int]
"""Offset and length, in bytes."""


def blank(place: Place, at: dt.datetime) -> bytes:
    """A member of `place.length` bytes that holds a `metadata` record of spaces, dated `at`.

    Raises ValueError for fewer bytes than such a record takes, about 210; the shortest visit takes 260.
    """
    blocks = (place.length - FRAME) // BLOCK + 1
    room = place.length - FRAME - blocks * BLOCK_HEAD
    padding = room - len(_head(place, at, 0)) - len(END)
    if padding < 0:
        raise ValueError(f"{place.length} bytes hold no record")
    record = _head(place, at, padding) + b" " * padding + END
    parts = [record[n * BLOCK : (n + 1) * BLOCK] for n in range(blocks)]
    stored = [struct.pack("<BHH", n == blocks - 1, len(p), len(p) ^ 0xFFFF) + p for n, p in enumerate(parts)]
    return GZIP_HEAD + b"".join(stored) + struct.pack("<II", zlib.crc32(record), len(record))


def erase(folder: Path, file: str, spans: Sequence[Span], at: dt.datetime) -> None:
    """Write over the members of `file` at `spans`.

    Raises FileNotFoundError where the file is not there, DataDamaged where no member begins or ends at a span; then
    the file is as it was.
    """
    for ending in ("", OPEN, ""):  # its writer may finish it between the first look and the second
        path = folder / f"{file}{ending}"
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            held = _held(descriptor, file, spans)
            blanks = ((offset, _filled(Place(file, offset, length), at)) for offset, length in held)
            if ending:
                _write(descriptor, blanks)
            elif held:
                _replace(path, descriptor, blanks)
        finally:
            os.close(descriptor)
        return
    raise FileNotFoundError(None, "the file is not there", file)


def between(path: Path, known: Sequence[Span]) -> Iterator[tuple[Place, Stored]]:
    """The captures of a file that lie between the spans that are known, which are in order.

    A death between a record's writing and its row's leaves such ones.
    """
    starts, stops = [0, *(offset + length for offset, length in known)], [*(offset for offset, _ in known), None]
    for start, stop in zip(starts, stops, strict=True):
        if start == stop:
            continue
        for place, found in scan(path, start):
            if stop is not None and place.offset >= stop:
                break
            if isinstance(found, Stored):
                yield place, found


def _head(place: Place, at: dt.datetime, padding: int) -> bytes:
    name = uuid.uuid5(NAMESPACE, f"{place.file}@{place.offset}")
    lines = (
        VERSION,
        "WARC-Type: metadata",
        f"WARC-Record-ID: <urn:uuid:{name}>",
        f"WARC-Date: {at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Content-Type: text/plain",
        f"Content-Length: {padding:010d}",  # as many digits whatever it is, so that its own length is known before
    )
    return "\r\n".join(lines).encode() + END


def _held(descriptor: int, file: str, spans: Sequence[Span]) -> list[Span]:
    """The spans as far as the file has them: of one that lost its end there is less to write over, or nothing."""
    size = os.fstat(descriptor).st_size
    held = [(offset, min(length, size - offset)) for offset, length in sorted(set(spans)) if offset < size]
    for offset, length in held:
        if not all(_opens(descriptor, at, size) for at in (offset, offset + length)):
            raise DataDamaged(f"{file} holds no record of {length} bytes at byte {offset}: nothing of it was changed")
    return held


def _filled(place: Place, at: dt.datetime) -> bytes:
    try:
        return blank(place, at)
    except ValueError:  # what is left of a record at the end of a file that was cut
        return bytes(place.length)


def _opens(descriptor: int, offset: int, size: int) -> bool:
    return offset == size or os.pread(descriptor, len(MAGIC), offset) == MAGIC


def _write(descriptor: int, blanks: Iterable[tuple[int, bytes]]) -> None:
    for offset, data in blanks:
        written = 0
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], offset + written)
    os.fsync(descriptor)


def _replace(path: Path, descriptor: int, blanks: Iterable[tuple[int, bytes]]) -> None:
    """One name for the copy, so that what a kill leaves of it is written over by the next that comes."""
    copied = path.with_name(f".erasing-{path.name}")
    copy = os.open(copied, os.O_RDWR | os.O_CREAT | os.O_TRUNC, os.fstat(descriptor).st_mode & 0o777)
    try:
        _copy(descriptor, copy)
        _write(copy, blanks)
        copied.replace(path)
    except BaseException:
        copied.unlink(missing_ok=True)
        raise
    finally:
        os.close(copy)
    flush(path.parent)


def _copy(source: int, target: int) -> None:
    left, at = os.fstat(source).st_size, 0
    while left:
        try:
            copied = os.copy_file_range(source, target, min(left, COPIED), at)
        except OSError:  # not on every file system
            copied = os.write(target, os.pread(source, min(left, COPIED), at))
        if not copied:
            raise OSError("the file became shorter while it was copied")
        left, at = left - copied, at + copied
