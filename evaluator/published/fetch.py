"""A benchmark's file, from its publisher or from a file the user has: checked, pinned, and only then at hand."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from evaluator.published import place
from evaluator.published.download import HUB, TOKEN, download, forget
from evaluator.published.place import Pin, Published, folder
from storage.errors import DataDamaged, ServiceUnavailable, TabibError, UsageError

Count = Callable[[Path], int]
"""Reads a file as the benchmark's and tells how many items it holds; raises UsageError where it is no such file."""


@dataclass(frozen=True)
class Wanted:
    """A benchmark's name, its publisher's file, and how a file is read as that."""

    name: str
    published: Published
    count: Count


@dataclass(frozen=True)
class Fetched:
    """What is at hand now; `said` are remarks, each a line."""

    name: str
    path: Path
    pin: Pin
    items: int
    said: tuple[str, ...]


@dataclass(frozen=True)
class LookedAt:
    """A file read as a benchmark's; `said` tells whose it is, and how many items it holds if not as many as it must."""

    sha256: str
    items: int
    said: tuple[str, ...]


def fetch(wanted: Wanted, anew: bool = False) -> Fetched:
    """Get the file from its publisher, unless it is here and whole; `anew` asks the publisher all the same.

    Raises ServiceUnavailable where the publisher is out of reach, TabibError where it refuses, DataDamaged where it
    gives another file than was measured or pinned; what was at hand stays then.
    """
    with _alone(wanted.name):
        if not anew and (here := _here(wanted)):
            return here
        part = folder() / f".{wanted.name}.part"
        try:
            download(wanted.published.url, part)
        except ServiceUnavailable as error:
            raise ServiceUnavailable(f"{wanted.name} was not fetched: {error}. {_without(wanted)}") from None
        except TabibError as error:
            forget(part)
            raise TabibError(f"{wanted.name} was not fetched: {error}. {_terms(wanted)}{_without(wanted)}") from None
        return _checked(wanted, part, _expected(wanted, anew))


def take(wanted: Wanted, given: Path, anew: bool = False) -> Fetched:
    """Take the benchmark from a file, in the publisher's form or as JSON lines.

    What the publisher gave is replaced by another file only `anew`. Raises UsageError for that, and for what is no file
    of this benchmark; what was at hand stays then.
    """
    found = looked_at(wanted, given)
    with _alone(wanted.name):
        here = _here(wanted)
        if here and here.pin.sha256 == found.sha256:
            return here
        if here and place.is_own(wanted.published, here.pin) and not anew:
            raise UsageError(
                f"{wanted.name} is at hand as its publisher gives it, and {given} is another file: --anew takes it all "
                "the same; `evaluator run`, `ask` and `translate` read it for one call with --data"
            )
        part = folder() / f".{wanted.name}.given"
        try:
            shutil.copyfile(given, part)
            pin = place.put(wanted.name, part, str(given.absolute()))
        finally:
            part.unlink(missing_ok=True)
    return Fetched(wanted.name, folder() / pin.file, pin, found.items, (f"taken from {given}", *found.said))


def looked_at(wanted: Wanted, path: Path) -> LookedAt:
    """What a file is, whoever has it from where. Raises UsageError where it is none of this benchmark."""
    items, sha256 = wanted.count(path), place.digest(path)
    return LookedAt(sha256, items, (_whose(wanted.published, sha256), *_counted(wanted, items)))


def _whose(published: Published, sha256: str) -> str:
    if published.sha256 is None:
        return "its checksum is unknown, so nothing tells whether it is the publisher's file"
    return "the publisher's file, by its checksum" if sha256 == published.sha256 else "not the publisher's own file"


def _here(wanted: Wanted) -> Fetched | None:
    try:
        path = place.located(wanted.name, wanted.published)
    except (UsageError, DataDamaged):
        return None
    pin = place.pin_of(wanted.name)
    assert pin is not None  # noqa: S101  it was read a moment ago
    if place.is_own(wanted.published, pin):
        return Fetched(wanted.name, path, pin, wanted.count(path), ("at hand already",))
    found = looked_at(wanted, path)
    said = (f"at hand already, taken from {pin.origin}", *found.said, "--anew asks its publisher")
    return Fetched(wanted.name, path, pin, found.items, said)


def _expected(wanted: Wanted, anew: bool) -> str | None:
    """The hash that the publisher's file must have: the one that was measured, or the one pinned at the first fetch."""
    if wanted.published.sha256:
        return wanted.published.sha256
    try:
        pin = place.pin_of(wanted.name)
    except DataDamaged:
        return None
    return pin.sha256 if pin and pin.origin == wanted.published.url and not anew else None


def _checked(wanted: Wanted, part: Path, expected: str | None) -> Fetched:
    """Hold what came against what it must be, and pin it."""
    found = place.digest(part)
    try:
        if expected and found != expected:
            raise DataDamaged(
                f"{wanted.published.url} gives another file than the one known here: its sha256 is {found}, not "
                f"{expected}. It was not taken. {_without(wanted)}"
            )
        items = wanted.count(part)
        pin = place.put(wanted.name, part, wanted.published.url)
    finally:
        forget(part)
    known = (
        "its checksum is the one measured before"
        if wanted.published.sha256
        else (f"no checksum of it was known: sha256 {found} is pinned from this fetch on")
    )
    said = (known, *_counted(wanted, items))
    return Fetched(wanted.name, folder() / pin.file, pin, items, said)


def _counted(wanted: Wanted, items: int) -> list[str]:
    there = wanted.published.items
    return [f"it holds {items} items, its publisher tells of {there}"] if there not in (None, items) else []


def _terms(wanted: Wanted) -> str:
    terms = wanted.published.terms
    if not terms:
        return ""
    token = f", put a token into {TOKEN}" if urlsplit(wanted.published.url).hostname == HUB else ""
    return f"Accept its publisher's terms at {terms}{token} and fetch again. "


def _without(wanted: Wanted) -> str:
    return f"Without a network: get the file elsewhere, then `evaluator fetch {wanted.name} --data FILE`"


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process at a time takes a benchmark's file; another waits."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
