"""Where publishers' files lie here: in the data folder's `benchmarks/files`, each under its hash, with a pin.

The pin is a line of JSON that names the file and its hash; it is written last, so what it names is whole. Where the
publisher's hash is not known beforehand, the pin of the first fetch holds every later one to the same bytes.
"""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluator.published.rows import suffix
from storage.benchmarks import own_folder
from storage.blobs import flush, write_whole
from storage.errors import DataDamaged, UsageError


@dataclass(frozen=True)
class Published:
    """A file that its publisher has and this project has not.

    `items` is how many it holds of the benchmark, None where its publisher does not tell; `sha256` is that of the file
    as it was measured, None where it was out of reach; `terms` is the page on which its publisher grants access, where
    that must be asked for.
    """

    url: str
    items: int | None
    sha256: str | None = None
    terms: str | None = None


@dataclass(frozen=True)
class Pin:
    """A file at hand: its name in the folder, its bytes, where it came from and when."""

    file: str
    sha256: str
    bytes: int
    origin: str
    taken_at: str


def folder() -> Path:
    """The files' folder."""
    return own_folder() / "files"


def pin_of(name: str) -> Pin | None:
    """What is pinned for a benchmark. Raises DataDamaged where that cannot be read."""
    path = _pin(name)
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise DataDamaged(f"{path} cannot be read ({type(error).__name__}): remove it and fetch {name} again") from None


def is_own(published: Published, pin: Pin) -> bool:
    """Whether what is pinned is the publisher's file: by its hash or, where that is not known, its address."""
    return pin.sha256 == published.sha256 if published.sha256 else pin.origin == published.url


def at_hand(name: str) -> bool:
    """Whether the benchmark's file lies here; it, or its pin, may be damaged."""
    try:
        pin = pin_of(name)
    except DataDamaged:
        return True
    return pin is not None and (folder() / pin.file).is_file()


def located(name: str, published: Published) -> Path:
    """The benchmark's file, whole. Raises UsageError where it is not here, DataDamaged where it is not what it was."""
    pin = pin_of(name)
    path = folder() / pin.file if pin else None
    if pin is None or path is None or not path.is_file():
        raise UsageError(
            f"{name} is not on this machine: `evaluator fetch {name}` gets it from {published.url}, "
            f"`evaluator fetch {name} --data FILE` takes it from a file"
        )
    if digest(path) != pin.sha256:
        raise DataDamaged(f"{path} is not what it was when it was taken: `evaluator fetch {name} --anew` replaces it")
    return path


def put(name: str, path: Path, origin: str) -> Pin:
    """Pin a file that lies in the folder already; the benchmark's former file goes."""
    former, sha256 = _former(name), digest(path)
    home = folder() / f"{name}-{sha256[:12]}{suffix(path)}"
    pin = Pin(home.name, sha256, path.stat().st_size, origin, dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    flush(path)
    path.replace(home)
    flush(folder())
    write_whole(_pin(name), json.dumps(asdict(pin), ensure_ascii=False).encode())
    _pin(name).chmod(0o644)
    if former and former.file != pin.file:
        (folder() / former.file).unlink(missing_ok=True)
    return pin


def digest(path: Path) -> str:
    """A file's sha256. Raises UsageError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _former(name: str) -> Pin | None:
    try:
        return pin_of(name)
    except DataDamaged:
        return None


def _pin(name: str) -> Path:
    return folder() / f"{name}.pin"
