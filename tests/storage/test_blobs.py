"""The archive of version 0.1 gives back what it was given, and notices when it cannot."""

import hashlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from storage import blobs
from storage.errors import DataDamaged, UsageError
from storage.settings import settings


def put(data: bytes) -> str:
    """As version 0.1 archived a page."""
    sha256 = hashlib.sha256(data).hexdigest()
    blobs.write_whole(settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst", zstandard.compress(data))
    return sha256


@given(st.binary(max_size=4096))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_round_trip(data_dir: Path, data: bytes) -> None:
    assert blobs.get(put(data)) == data


@pytest.mark.parametrize("damage", [b"", b"not compressed", None])
def test_damage_is_noticed(data_dir: Path, damage: bytes | None) -> None:
    sha256 = put(b"page")
    path = next(data_dir.rglob("*.zst"))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(DataDamaged, match=sha256):
        blobs.get(sha256)


def test_other_content_under_the_hash_is_noticed(data_dir: Path) -> None:
    one, other = put(b"one"), put(b"other")
    paths = {p.stem: p for p in data_dir.rglob("*.zst")}
    paths[one[2:]].write_bytes(paths[other[2:]].read_bytes())
    with pytest.raises(DataDamaged, match="does not match"):
        blobs.get(one)


def test_a_blob_that_would_fill_the_memory_is_refused(data_dir: Path) -> None:
    sha256 = put(b"page")
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
        put(b"page")
    assert not [p for p in data_dir.rglob("*") if p.is_file()]
