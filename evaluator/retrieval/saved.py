"""Arrays in a folder that is whole or absent: built once for what they depend on, checked when they are opened."""

import fcntl
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.retrieval.postings import Array
from storage.blobs import flush, write_whole
from storage.errors import DataDamaged
from storage.settings import settings
from storage.snapshots import file_sha256

MANIFEST = "manifest.json"
KEY_DIGITS = 16


def opened(identity: Mapping[str, object], build: Callable[[Path], None]) -> dict[str, Array]:
    """The arrays of that identity, mapped from disk; `build` writes them into a folder if they are not there whole.

    One process builds, others wait for it. What a killed one left in the folder is given to the next.
    """
    key = sha256_of(identity)
    root = settings().home / "retrieval"
    place = root / f"{identity.get('method', 'index')}-{key[:KEY_DIGITS]}"
    if (found := _whole(place, key)) is not None:
        return found
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root / f".{place.name}.lock"):
        if (found := _whole(place, key)) is None:
            shutil.rmtree(place, ignore_errors=True)
            _built(place, key, build)
            found = _whole(place, key)
    if found is None:
        raise DataDamaged(f"{place} is damaged again right after it was built: look at its disk")
    return found


def save(folder: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays into a folder that is being built."""
    for name, array in arrays.items():
        held = io.BytesIO()  # numpy, writing to a file, does not say that the disk is full
        np.save(held, array, allow_pickle=False)
        (folder / f"{name}.npy").write_bytes(held.getbuffer())


def sha256_of(identity: Mapping[str, object]) -> str:
    """The hash of its canonical JSON."""
    return hashlib.sha256(json.dumps(identity, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _built(place: Path, key: str, build: Callable[[Path], None]) -> None:
    partial = place.with_name(f".partial-{place.name}")
    partial.mkdir(exist_ok=True)
    build(partial)
    files = sorted(path for path in partial.iterdir() if path.suffix == ".npy")
    for path in files:
        flush(path)
    content = {"key": key, "files": {path.name: file_sha256(path) for path in files}}
    write_whole(partial / MANIFEST, json.dumps(content, indent=1).encode())
    partial.rename(place)
    flush(place.parent)


def _whole(place: Path, key: str) -> dict[str, Array] | None:
    """The arrays; None where the folder is not there, of another key, or not as it was written."""
    try:
        content: dict[str, Any] = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        if content["key"] != key or any(file_sha256(place / name) != sha for name, sha in content["files"].items()):
            return None
        return {Path(name).stem: _mapped(place / name) for name in content["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _mapped(path: Path) -> Array:
    try:
        # A plain view of the map: a slice of numpy's memmap takes ten times as long to make.
        array: Array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # an array of no rows cannot be mapped; what is broken fails again
        array = np.load(path, allow_pickle=False)
    return array


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
