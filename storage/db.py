"""Engines and sessions. An engine is made on first use, in the process that uses it: never before a fork."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from storage.errors import DiskFull, ServiceUnavailable
from storage.settings import START_HINT, Settings, settings

_engines: dict[tuple[int, str], Engine] = {}
DISK_FULL = "53100"  # SQLSTATE, https://www.postgresql.org/docs/18/errcodes-appendix.html


def engine() -> Engine:
    """This process's engine for the configured database."""
    return engine_of(settings())


def engine_of(chosen: Settings) -> Engine:
    """This process's engine for the database that `chosen` names."""
    key = (os.getpid(), chosen.database())
    if key not in _engines:
        _engines[key] = create_engine(key[1], pool_pre_ping=True, connect_args={"connect_timeout": 10})
    return _engines[key]


@contextmanager
def session() -> Iterator[Session]:
    """A transaction: committed when the block ends, rolled back when it raises.

    Raises ServiceUnavailable when the database cannot be reached, DiskFull when it has no room.
    """
    with translated_errors(), Session(engine(), expire_on_commit=False) as opened, opened.begin():
        yield opened


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the driver's connection and disk errors into the project's own."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if getattr(error.orig, "sqlstate", None) == DISK_FULL:
            raise DiskFull("PostgreSQL has no room on its disk: free some, then run it again") from error
        first = str(error.orig).strip().splitlines()[0]
        raise ServiceUnavailable(
            f"PostgreSQL failed ({first}); what was committed is kept. "
            f"Check TABIB_DATABASE_URL, or {START_HINT}, then run it again"
        ) from error
