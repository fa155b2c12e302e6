"""Embedded PostgreSQL and Valkey for a benchmark: every run finds them empty, and is told what they did for it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from redis import Redis

from infra import embedded
from storage import db
from storage.settings import Settings, settings

CLOSED_SECONDS = 20.0


@dataclass(frozen=True)
class Counters:
    """What the servers did so far.

    `round_trips` is Valkey's `total_writes_processed`, how often it wrote to a client's socket: a pipeline's replies,
    a transaction's and a script's leave in one write. `commands` counts what scripts call too. `transactions` is
    `xact_commit` of the run's database in pg_stat_database, `rows` what was inserted and updated there.
    """

    round_trips: int
    commands: int
    transactions: int
    rows: int
    valkey_seconds: float
    postgres_seconds: float

    def __sub__(self, before: Counters) -> Counters:
        return Counters(*(now - then for now, then in zip(vars(self).values(), vars(before).values(), strict=True)))


@dataclass
class Services:
    """The running servers. `environment` names the run's own database and data folder to the commands."""

    own: Settings
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.pids = {name: psutil.Process(pid) for name, pid in self._endpoints().pids.items()}
        self.redis = Redis.from_url(self.own.redis())
        self.administrator = psycopg.connect(_of_database(self.own.database(), "postgres"), autocommit=True)

    def fresh(self) -> None:
        """An empty Valkey, a migrated database without rows, an empty data folder."""
        self.forget()
        self.database = f"bench_{next(self._number)}"
        self.administrator.execute(f"CREATE DATABASE {self.database} TEMPLATE tabib")
        parts = urlsplit(self.own.database())
        (data := self.folder / self.database).mkdir()
        self.environment = {
            "TABIB_DATABASE_URL": urlunsplit(parts._replace(path=f"/{self.database}")),
            "TABIB_REDIS_URL": self.own.redis(),
            "TABIB_DATA_DIR": str(data),
        }

    def forget(self) -> None:
        """Remove what the last run left."""
        self.redis.flushall()
        if self.environment:
            self.administrator.execute(f"DROP DATABASE {self.database} WITH (FORCE)")
            shutil.rmtree(self.environment["TABIB_DATA_DIR"])
            self.environment = {}

    def counters(self) -> Counters:
        """See `Counters`. Waits until the run's processes have left the database, which counts a session at its end."""
        self._closed()
        asked = "SELECT xact_commit, tup_inserted + tup_updated FROM pg_stat_database WHERE datname = %s"
        transactions, rows = self.administrator.execute(asked, [self.database]).fetchone() or (0, 0)
        told = self.redis.info("stats")
        return Counters(
            told["total_writes_processed"],
            told["total_commands_processed"],
            transactions,
            rows,
            _seconds(self.pids["valkey"]),
            _seconds(self.pids["postgres"]),
        )

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the run's database."""
        with psycopg.connect(_of_database(self.environment["TABIB_DATABASE_URL"], self.database)) as connection:
            return connection.execute(sql.encode()).fetchall()

    def close(self) -> None:
        """End this process's own connections."""
        self.administrator.close()
        self.redis.close()

    def _closed(self) -> None:
        until = time.monotonic() + CLOSED_SECONDS
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        while time.monotonic() < until and self.administrator.execute(asked, [self.database]).fetchone() != (0,):
            time.sleep(0.05)

    def _endpoints(self) -> embedded.Endpoints:
        found = embedded.endpoints(self.own)
        assert found is not None
        return found


@contextmanager
def services() -> Iterator[Services]:
    """The servers in a temporary folder, stopped and removed at the end of the block, however it ends."""
    folder = Path(tempfile.mkdtemp(prefix="tabib-bench-"))
    folder.chmod(0o755)  # as root the servers run under another account, which must get in
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("TABIB_")]:
        del os.environ[name]
    os.environ["TABIB_DATA_DIR"] = str(folder)
    settings.cache_clear()
    own = settings()
    try:
        embedded.up(own, tied=True)
        db.engine_of(own).dispose()
        with closing(Services(own, folder)) as running:
            yield running
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        embedded.down(own)
        shutil.rmtree(folder)


def _seconds(process: psutil.Process) -> float:
    """Processor seconds of a server and its children, those that have ended included."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:4])  # its own user and system time, then that of its ended children
    return total


def _of_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql", path=f"/{name}"))
