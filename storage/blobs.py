"""Files that are whole or absent; bytes under their own hash, as pages were archived before there were WARC files."""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zstandard

from storage.errors import DataDamaged, UsageError
from storage.settings import settings

MAX_BYTES = 64 << 20  # far above any page: a bound on what a damaged blob may expand to


def get(sha256: str) -> bytes:
    """The bytes stored under `sha256`. Raises DataDamaged when they are missing or do not match it."""
    try:
        packed = _path(sha256).read_bytes()
        if zstandard.frame_content_size(packed) > MAX_BYTES:
            raise DataDamaged(f"blob {sha256} claims more than {MAX_BYTES} bytes")
        data = zstandard.decompress(packed, max_output_size=MAX_BYTES)
    except FileNotFoundError:
        raise DataDamaged(f"blob {sha256} is not in the archive {_path(sha256).parent}") from None
    except zstandard.ZstdError as error:
        raise DataDamaged(f"blob {sha256} cannot be read: {error}") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataDamaged(f"blob {sha256} does not match its hash")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` so that `path` holds all of it or does not exist, also after a power cut."""
    write_pieces(path, [data])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same for what comes piece by piece; readable by its owner alone. Nothing is left where making them fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    flush(path.parent)
    flush(path.parent.parent)


def output_file(path: Path) -> Path:
    """Where a command may write its `--out`, links followed.

    Raises UsageError for what a rename would destroy or cannot make: a device, a folder, a file in no folder or in one
    that takes none.
    """
    with writing(path):
        place = resolved(path)
        if place.exists() and not place.is_file():
            raise UsageError(f"{path} is no regular file: give a file's name, new or to be replaced")
        if not place.parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no folder {place.parent}")
        with tempfile.TemporaryFile(dir=place.parent):
            return place


def resolved(path: Path) -> Path:
    """The path with its links followed. Raises UsageError where they lead round in a circle."""
    try:
        return path.resolve()
    except RuntimeError:
        raise UsageError(f"{path} cannot be written: its links lead round in a circle") from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises UsageError naming `path` where the system refuses to write there.

    A disk that is full stays an OSError: that is no wrong name, and commands end on another exit code.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def flush(path: Path) -> None:
    """Have what was written to a file, or renamed into a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_all(folder: Path) -> None:
    """The same for every file below a folder and the folders themselves; nothing where there is none."""
    for path in (*folder.rglob("*"), folder) if folder.is_dir() else ():
        if not path.is_symlink():
            flush(path)


def _path(sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise UsageError(f"{sha256!r} is not a sha256: 64 lower-case hexadecimal digits")
    return settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst"
