"""Real PostgreSQL and Valkey for every test that asks, each test with a database of its own; no network outside."""

import importlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from redis import Redis

from storage import db
from storage.settings import Settings, settings

OFFLINE = str(Path(__file__).parent / "offline")
sys.path.insert(0, OFFLINE)
importlib.import_module("sitecustomize")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [OFFLINE, os.environ.get("PYTHONPATH")]))
os.environ |= {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
os.environ["OMP_NUM_THREADS"] = "1"  # weights depend on the threads' number, and each worker of the suite has a core
for name in [n for n in os.environ if n.startswith("TABIB_")]:
    del os.environ[name]

_number = itertools.count()


@pytest.fixture(scope="session")
def services() -> Iterator[Settings]:
    """Embedded PostgreSQL and Valkey in a folder of this session, stopped and removed at its end."""
    from infra import embedded

    folder = Path(tempfile.mkdtemp(prefix="tabib-"))
    folder.chmod(0o755)  # as root the servers run under another account, which must get in
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATA_DIR", str(folder))
        settings.cache_clear()
        own = settings()
        embedded.up(own, tied=True)
    settings.cache_clear()
    db.engine_of(own).dispose()
    yield own
    embedded.down(own)
    shutil.rmtree(folder)


@pytest.fixture
def database(services: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A fresh migrated database, an empty Valkey and an empty data folder, set in the environment."""
    name = f"test_{next(_number)}"
    with _administrator(services) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE tabib")
    Redis.from_url(services.redis()).flushall()
    parts = urlsplit(services.database())
    monkeypatch.setenv("TABIB_DATABASE_URL", urlunsplit(parts._replace(path=f"/{name}")))
    monkeypatch.setenv("TABIB_REDIS_URL", services.redis())
    monkeypatch.setenv("TABIB_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield settings()
    db.engine().dispose()
    settings.cache_clear()
    with _administrator(services) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _administrator(services: Settings) -> "psycopg.Connection[tuple[object, ...]]":
    parts = urlsplit(services.database())
    return psycopg.connect(urlunsplit(parts._replace(scheme="postgresql", path="/postgres")), autocommit=True)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder for what needs no service."""
    monkeypatch.setenv("TABIB_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield tmp_path / "data"
    settings.cache_clear()
