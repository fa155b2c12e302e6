"""Every error the project raises on purpose, under one root, with the exit code a command ends on.

A message is one line: what happened, what was kept, what to do. Nothing private goes into one.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class TabibError(Exception):
    """The root. Raised itself where no narrower kind fits; commands exit 1."""

    exit_code = 1


class UsageError(TabibError):
    """A name, a file or a value given by the caller is wrong; commands exit 2."""

    exit_code = 2


class ServiceUnavailable(TabibError):
    """PostgreSQL, Redis or an embedded service cannot be reached; commands exit 3."""

    exit_code = 3


class DiskFull(TabibError):
    """A write found no room; what was committed before is kept; commands exit 4."""

    exit_code = 4


class MissingExtra(TabibError):
    """A command needs an optional set of packages that is not installed; commands exit 5."""

    exit_code = 5


class DataDamaged(TabibError):
    """Stored bytes do not match their hash; commands exit 6."""

    exit_code = 6


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """A `UsageError` for a name that is not among `known`: the nearest first, then all that exist."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    listed = ", ".join(names) if names else "none yet"
    return UsageError(f"no {kind} is named {name!r}.{hint} There are: {listed}")
