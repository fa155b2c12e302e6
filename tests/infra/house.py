"""A data folder with embedded services, driven through the command line as a person does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra import embedded
from infra.embedded.process import alive, wait_until
from infra.embedded.state import state
from storage.settings import Settings


class House:
    """One data folder; `environment` is added to what its commands see."""

    def __init__(self, home: Path, environment: dict[str, str] | None = None) -> None:
        self.home = home
        self.services = home / "services"
        self.environment = environment or {}
        self.prefix: list[str] = []

    def begin(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start `infra` with the arguments."""
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-c", "from infra.cli import main; main()", *arguments],
            env=os.environ | {"TABIB_DATA_DIR": str(self.home)} | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def infra(self, *arguments: str, status: int = 0) -> str:
        """Run `infra` to its end, which must be `status`; gives what it printed."""
        process = self.begin(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, (arguments, process.returncode, out, err)
        return out + err

    def up(self) -> None:
        """What `infra up` does but for the migrations, in this process: quicker."""
        embedded.start(Settings(data_dir=self.home))

    def down(self) -> None:
        """What `infra down` does."""
        assert embedded.down(Settings(data_dir=self.home))

    def is_up(self) -> bool:
        """What `infra status` tells."""
        return state(Settings(data_dir=self.home)).up

    def told(self) -> dict[str, Any]:
        """What `endpoints.json` says."""
        read: dict[str, Any] = json.loads((self.services / "endpoints.json").read_text())
        return read

    def process(self, name: str) -> psutil.Process:
        """The running supervisor, postgres or valkey."""
        return psutil.Process(self.told()["pids"][name])

    def kill(self, *names: str) -> list[psutil.Process]:
        """kill -9 all of them at once; gives the dead."""
        chosen = [self.process(name) for name in names]
        for process in chosen:
            process.send_signal(signal.SIGKILL)
        return chosen

    def postgres(self) -> "psycopg.Connection[Any]":
        """A connection to the project's database."""
        return psycopg.connect(self.told()["database_url"].replace("+psycopg", ""), autocommit=True)

    def valkey(self) -> "redis.Redis":
        """A client of the house's Valkey."""
        return redis.Redis.from_url(self.told()["redis_url"], decode_responses=True, retry=Retry(NoBackoff(), 0))

    def commit(self, word: str) -> None:
        """Write the word into both servers."""
        with self.postgres() as link:
            link.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
            link.execute("INSERT INTO kept VALUES (%s)", [word])
        with self.valkey() as client:
            client.sadd("kept", word)

    def kept(self) -> tuple[set[str], set[str]]:
        """The words that PostgreSQL and Valkey still have."""
        with self.postgres() as link, self.valkey() as client:
            rows = {word for (word,) in link.execute("SELECT word FROM kept")}
            return rows, set(client.smembers("kept"))  # type: ignore[arg-type]

    def answers(self) -> bool:
        """Whether both servers can be used and the file names them: it is written just after they answer."""
        try:
            self.kept()
            return all(alive(self.process(name)) for name in ("postgres", "valkey"))
        except (OSError, psycopg.Error, psutil.Error, redis.RedisError):
            return False


@contextmanager
def house(inside: str = ".", **environment: str) -> Iterator[House]:
    """A house in a new folder that every account can reach, at the path `inside` it; stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="house-"))
    folder.chmod(0o755)
    built = House(folder / inside, environment)
    try:
        yield built
    finally:
        if built.services.exists():
            embedded.down(Settings(data_dir=built.home))
            remove_elsewhere(built)
        shutil.rmtree(folder)


def remove_elsewhere(built: House) -> None:
    """Remove the database that lies outside a closed data folder."""
    if (pointer := built.services / "elsewhere").exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)


def gone(*processes: psutil.Process, seconds: float = 30.0) -> bool:
    """Whether they all end within that time."""
    return wait_until(lambda: not any(alive(p) for p in processes), seconds)
