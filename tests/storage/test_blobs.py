"""The archive gives back what it was given, and notices when it cannot."""

from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from storage import blobs
from storage.errors import DataDamaged, UsageError


@given(st.binary(max_size=4096))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_round_trip(data_dir: Path, data: bytes) -> None:
    assert blobs.get(blobs.put(data)) == data


def test_same_bytes_are_written_once(data_dir: Path) -> None:
    first = blobs.put(b"page")
    written = next(data_dir.rglob("*.zst")).stat()
    assert blobs.put(b"page") == first
    assert [p.stat().st_mtime_ns for p in data_dir.rglob("*.*")] == [written.st_mtime_ns]


@pytest.mark.parametrize("damage", [b"", b"not compressed", None])
def test_damage_is_noticed(data_dir: Path, damage: bytes | None) -> None:
    sha256 = blobs.put(b"page")
    path = next(data_dir.rglob("*.zst"))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(DataDamaged, match=sha256):
        blobs.get(sha256)


def test_other_content_under_the_hash_is_noticed(data_dir: Path) -> None:
    one, other = blobs.put(b"one"), blobs.put(b"other")
    paths = {p.stem: p for p in data_dir.rglob("*.zst")}
    paths[one[2:]].write_bytes(paths[other[2:]].read_bytes())
    with pytest.raises(DataDamaged, match="does not match"):
        blobs.get(one)


def test_damage_is_mended_by_the_same_bytes(data_dir: Path) -> None:
    sha256 = blobs.put(b"page")
    next(data_dir.rglob("*.zst")).write_bytes(b"")
    assert blobs.get(blobs.put(b"page")) == b"page"
    assert len(sha256) == 64


def test_a_blob_that_would_fill_the_memory_is_refused(data_dir: Path) -> None:
    sha256 = blobs.put(b"page")
    next(data_dir.rglob("*.zst")).write_bytes(zstandard.compress(bytes(blobs.MAX_BYTES + 1)))
    with pytest.raises(DataDamaged, match="claims more"):
        blobs.get(sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_a_wrong_hash_is_refused(data_dir: Path, name: str) -> None:
    with pytest.raises(UsageError):
        blobs.get(name)


def test_a_failed_write_leaves_nothing(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blobs.os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        blobs.put(b"page")
    assert not [p for p in data_dir.rglob("*") if p.is_file()]
