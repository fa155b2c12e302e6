"""Engines and sessions. An engine is made on first use, in the process that uses it: never before a fork."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from storage.errors import DiskFull, ServiceUnavailable, TabibError
from storage.settings import START_HINT, Settings, settings

MOST_CONNECTIONS = 45  # of a process: one of spiders writes for fourteen sites, and each has a heartbeat

_engines: dict[tuple[int, str], Engine] = {}

# SQLSTATEs, https://www.postgresql.org/docs/18/errcodes-appendix.html
DISK_FULL = "53100"
PASSING = ("08", "28", "3D", "40", "53", "55", "57")  # connections, log-in, deadlocks, resources, locks, shutdowns


def engine() -> Engine:
    """This process's engine for the configured database."""
    return engine_of(settings())


def engine_of(chosen: Settings, kept: int = 5) -> Engine:
    """This process's engine for the database that `chosen` names.

    Who asks first says how many connections are kept open between uses; further ones are closed after theirs.
    """
    key = (os.getpid(), chosen.database())
    if key not in _engines:
        _engines[key] = create_engine(
            key[1],
            pool_pre_ping=True,
            pool_size=kept,
            max_overflow=MOST_CONNECTIONS - kept,
            json_deserializer=orjson.loads,
            hide_parameters=True,  # an error's parameters are people's texts and passwords' hashes
            connect_args={"connect_timeout": 10},
        )
    return _engines[key]


@contextmanager
def session(repeatable: bool = False) -> Iterator[Session]:
    """A transaction: committed when the block ends, rolled back when it raises.

    With `repeatable`, all its queries see the database as it was at the first. Raises ServiceUnavailable when the
    database cannot be reached, DiskFull when it has no room, TabibError when it refuses a statement.
    """
    with translated_errors(), Session(engine(), expire_on_commit=False) as opened, opened.begin():
        if repeatable:
            opened.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield opened


def as_json(value: Mapping[str, Any]) -> str:
    """An object as PostgreSQL's JSON columns take it, for statements that name their own parameters.

    What is no number, as the quotient of two zeros, becomes null. Raises TypeError where a value is nothing of JSON.
    """
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> tuple[object, ...]:
    """A named tuple, which orjson takes for one only when told so."""
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"{type(value).__name__} is nothing of JSON")


def commit_lazily(session: Session) -> None:
    """Let this transaction's commit return before it is on disk: a crash of the server may lose the last of them.

    For work that is claimed again when its rows are missing.
    """
    session.execute(text("SET LOCAL synchronous_commit = off"))


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the driver's errors into the project's own; see `session`."""
    try:
        yield
    except PoolTimeoutError:
        raise ServiceUnavailable("PostgreSQL was kept waiting: all connections of this process are in use") from None
    except DBAPIError as error:
        # The error's detail quotes rows, so the chain ends here: it must reach no log.
        raise _translated(error) from None


def _translated(error: DBAPIError) -> TabibError:
    state = getattr(error.orig, "sqlstate", None)
    if state == DISK_FULL:
        return DiskFull("PostgreSQL has no room on its disk: free some, then run it again")
    diagnosis = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    if isinstance(error, OperationalError | InterfaceError) and (state is None or state.startswith(PASSING)):
        first = diagnosis or str(error.orig).strip().splitlines()[0]
        return ServiceUnavailable(
            f"PostgreSQL failed ({first}); what was committed is kept. "
            f"Check TABIB_DATABASE_URL, or {START_HINT}, then run it again"
        )
    return TabibError(f"PostgreSQL refused a statement ({state}: {diagnosis or type(error.orig).__name__})")
