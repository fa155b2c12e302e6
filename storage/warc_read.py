"""Reading the raw archive: one record at its place, or a file from end to end past whatever is damaged in it."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from storage.blobs import MAX_BYTES
from storage.errors import DataDamaged
from storage.warc import GZIP, VERSION, Place, Stored
from storage.warc_parse import parse

OPEN = ".open"
"""What the name of a file ends on while its writer lives."""
MAX_PACKED = MAX_BYTES + (1 << 20)  # deflate adds 5 bytes to each block that it cannot shorten: RFC 1951, 3.2.4
MAGIC = b"\x1f\x8b\x08"
CHUNK = 1 << 14
OPENING = 1 << 12
"""Bytes of a member that surely hold the first of what it packs: a block's code tables take less than 300."""


def read(folder: Path, place: Place) -> Stored:
    """The capture at `place` below `folder`, checked against its digest; at most MAX_BYTES are unpacked.

    Raises DataDamaged, naming file and offset, whatever is wrong with it, its file or its place.
    """
    try:
        stored = parse(_unpacked(_packed(folder, place)))
        if stored is None:
            raise ValueError("it holds no page")
    except (OSError, ValueError, OverflowError, zlib.error) as error:
        raise _damaged(place, error) from None
    return stored


def scan(path: Path, start: int = 0) -> Iterator[tuple[Place, Stored | DataDamaged]]:
    """Every capture of a file, finished or not, from the byte `start` on, at which a member begins.

    What cannot be read comes as one DataDamaged for all the bytes up to the next record that opens as one should.
    Raises DataDamaged when the file itself cannot be read.
    """
    name = path.name.removesuffix(OPEN)
    try:
        with path.open("rb") as file:
            for place, found in _members(file, name, start):
                if isinstance(found, bytes):
                    yield from _captures(place, found)
                else:
                    yield place, _damaged(place, found)
    except OSError as error:
        raise _damaged(Place(name, start, 0), error) from None


def _captures(place: Place, record: bytes) -> Iterator[tuple[Place, Stored | DataDamaged]]:
    try:
        stored = parse(record)
    except ValueError as error:
        yield place, _damaged(place, error)
    else:
        if stored is not None:
            yield place, stored


def _members(file: BinaryIO, name: str, offset: int) -> Iterator[tuple[Place, bytes | Exception]]:
    """Each member unpacked, or why it cannot be."""
    while True:
        found: bytes | Exception
        try:
            found, end = _next(file, offset)
        except (ValueError, zlib.error) as error:
            found, end = error, _resumed(file, offset + 1)
        if end == offset:
            return
        yield Place(name, offset, end - offset), found
        offset = end


def _next(file: BinaryIO, offset: int) -> tuple[bytes, int]:
    """The member at `offset` unpacked, and where it ends; nothing and `offset` at the end of the file."""
    file.seek(offset)
    inflater, parts, room = zlib.decompressobj(GZIP), [], MAX_BYTES + 1
    while not inflater.eof:
        packed = inflater.unconsumed_tail or file.read(CHUNK)
        if not packed:
            if file.tell() == offset:
                break
            raise ValueError("it is cut off")
        parts.append(inflater.decompress(packed, room))
        room -= len(parts[-1])
        if room <= 0:
            raise ValueError(f"it unpacks to more than {MAX_BYTES} bytes")
    return b"".join(parts), file.tell() - len(inflater.unused_data)


def _resumed(file: BinaryIO, offset: int) -> int:
    """Where the next member begins that opens as a record does, or the file ends."""
    while True:
        file.seek(offset)
        chunk = file.read(CHUNK)
        at = chunk.find(MAGIC)
        if at < 0 and len(chunk) < CHUNK:
            return offset + len(chunk)
        if at >= 0 and _opens(file, offset + at):
            return offset + at
        offset += at + 1 if at >= 0 else len(chunk) - len(MAGIC) + 1


def _opens(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        return zlib.decompressobj(GZIP).decompress(file.read(OPENING), len(VERSION)) == VERSION.encode()
    except zlib.error:
        return False


def _packed(folder: Path, place: Place) -> bytes:
    if not 0 < place.length <= MAX_PACKED:
        raise ValueError(f"no record has {place.length} bytes")
    descriptor = _opened(folder, place.file)
    try:
        packed = os.pread(descriptor, place.length, place.offset)
    finally:
        os.close(descriptor)
    if len(packed) < place.length:
        raise ValueError("it is cut off")
    return packed


def _opened(folder: Path, name: str) -> int:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError("its file is outside the archive")
    for ending in ("", OPEN, ""):  # its writer may finish it between the first look and the second
        try:
            return os.open(f"{folder}/{name}{ending}", os.O_RDONLY)
        except FileNotFoundError:
            continue
    raise FileNotFoundError(None, "the file is not there")


def _unpacked(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(GZIP)
    record = inflater.decompress(packed, MAX_BYTES + 1)
    if len(record) > MAX_BYTES:
        raise ValueError(f"it unpacks to more than {MAX_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ValueError("its length is not the one that is known")
    return record


def _damaged(place: Place, error: Exception) -> DataDamaged:
    cause = error.strerror if isinstance(error, OSError) else error
    return DataDamaged(
        f"archive record at byte {place.offset} of {place.file}: {cause}. "
        "The others can be read; put the file back from a copy, or crawl this page again"
    )
