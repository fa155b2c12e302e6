"""A wrong setting stops the program with one line: the variable, what was found, what is allowed, no secret."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import ServiceUnavailable, UsageError
from storage.settings import Settings, settings

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No `.env` but a test's own, no cached settings."""
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield
    settings.cache_clear()


def refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    """The one line that the wrong value gives."""
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        settings()
    line = str(caught.value)
    assert line.startswith(f"{name} is ")
    assert "\n" not in line
    assert SECRET not in line
    return line


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("mysql://user:hunter2@host/name", "is mysql://…; allowed: postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ("user:hunter2@host/name", "is no URL; allowed"),
        ("hunter2://user@host/name", "is no URL; allowed"),
        ("postgresql://user:hunter2@host", "is postgresql://…; allowed"),
        ("postgresql://user:hunter2", "its host or port cannot be read"),
        ("postgresql://user:hunter2@host:port/name", "its host or port cannot be read"),
        ("postgresql://user:hunter2@host:70000/name", "its host or port cannot be read"),
        ("postgresql://user:hunter2@[::1/name", "its host or port cannot be read"),
        ("postgresql://user:hun@hunter2@host/name", "an @ within the password is written %40"),
        ("postgresql://user:hunter2 x@host/name", "a space is written %20"),
    ],
)
def test_a_wrong_database_url(monkeypatch: pytest.MonkeyPatch, value: str, hint: str) -> None:
    assert hint in refused(monkeypatch, "TABIB_DATABASE_URL", value)


@pytest.mark.parametrize(
    "value",
    [
        "http://:hunter2@host/0",
        "host:6379",
        "redis://",
        "redis://host:port/0",
        "redis://host/name",
        "redis://user:hunter2@@host/0",
        "unix://",
        "unix:///run/valkey.sock?db=first",
    ],
)
def test_a_wrong_redis_url(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert "allowed: redis://HOST:PORT/NUMBER" in refused(monkeypatch, "TABIB_REDIS_URL", value)


@pytest.mark.parametrize(
    "value",
    ["redis://host", "redis://:p%40ss@host:6379/3", "rediss://host/0", "unix:///run/v.sock", "unix:///run/v.sock?db=2"],
)
def test_a_right_redis_url(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TABIB_REDIS_URL", value)
    assert settings().redis() == value


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize("rest", ["u:p%40ss@host:5432/name", "/name?host=/run/postgresql", "u@[::1]/name"])
def test_a_right_database_url_gets_our_driver(monkeypatch: pytest.MonkeyPatch, scheme: str, rest: str) -> None:
    monkeypatch.setenv("TABIB_DATABASE_URL", f"{scheme}://{rest}")
    assert settings().database() == f"postgresql+psycopg://{rest}"


@pytest.mark.parametrize(
    ("redis", "celery"),
    [
        ("redis://host:6379/3", "redis://host:6379/3"),
        ("unix:///run/v.sock?db=2", "redis+socket:///run/v.sock?virtual_host=2"),
        ("unix://:word@/run/v.sock", "redis+socket://:word@/run/v.sock?virtual_host=0"),
    ],
)
def test_the_broker_is_the_same_server(redis: str, celery: str) -> None:
    assert Settings(redis_url=redis).celery_broker() == celery


def test_a_wrong_level_lists_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refused(monkeypatch, "TABIB_LOG_LEVEL", "LOUD")
    assert line == "TABIB_LOG_LEVEL is 'LOUD'; allowed: 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"


def test_a_data_folder_that_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for value in (tmp_path / "file", tmp_path / "file" / "below"):
        assert f"({tmp_path}/file is a file)" in refused(monkeypatch, "TABIB_DATA_DIR", str(value))
        settings.cache_clear()
    assert "a folder that can be used" in refused(monkeypatch, "TABIB_DATA_DIR", "~nosuchuser/tabib")


def test_a_data_folder_to_be_made_is_not_made_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TABIB_DATA_DIR", "new/folder")
    assert settings().home == tmp_path / "new" / "folder"
    assert not (tmp_path / "new").exists()


def test_a_short_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is a value kept secret; allowed: 32 characters" in refused(monkeypatch, "TABIB_SECRET_KEY", SECRET)


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_LOG_LEVEL", "LOUD")
    assert "; TABIB_LOG_LEVEL is 'LOUD'" in refused(monkeypatch, "TABIB_DATABASE_URL", "none")


@pytest.mark.parametrize("in_file", [False, True])
def test_a_misspelt_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_file: bool) -> None:
    if in_file:
        (tmp_path / ".env").write_text("TABIB_DATABSE_URL=x\n", encoding="utf-8")
    else:
        monkeypatch.setenv("TABIB_DATABSE_URL", "x")
    with pytest.raises(UsageError, match="TABIB_DATABSE_URL is not a setting: did you mean TABIB_DATABASE_URL"):
        settings()


def test_the_file_counts_less_than_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TABIB_CONTACT=file@example.org\nTABIB_LOG_LEVEL=ERROR\n", encoding="utf-8")
    monkeypatch.setenv("TABIB_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("TABIB_DATABASE_URL", "")
    assert (settings().contact, settings().log_level) == ("file@example.org", "DEBUG")
    assert settings().database_url is None


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"TABIB_CONTACT=\xff\xfe\n")
    with pytest.raises(UsageError, match=r"\.env cannot be read: "):
        settings()


def test_no_secret_is_printed() -> None:
    filled = Settings(
        database_url=f"postgresql://u:{SECRET}@h/n", redis_url=f"redis://:{SECRET}@h/0", secret_key=SECRET * 5
    )
    assert SECRET not in repr(filled)
    assert SECRET not in str(filled)


def test_without_services_the_hint_says_how_to_start_them(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path)
    with pytest.raises(ServiceUnavailable, match=r"TABIB_DATABASE_URL is not set .* start the embedded ones"):
        chosen.database()
    chosen.endpoints_file.parent.mkdir()
    chosen.endpoints_file.write_text('{"redis_url": "unix:///run/v.sock?db=0"}')
    assert chosen.redis() == "unix:///run/v.sock?db=0"
    with pytest.raises(ServiceUnavailable, match="run without this one: run `infra down`, then `infra up`"):
        chosen.database()
    for damaged in ("{", "[]"):
        chosen.endpoints_file.write_text(damaged)
        with pytest.raises(ServiceUnavailable, match=r"cannot be read .* run `infra down`"):
            chosen.redis()


def test_a_command_ends_with_that_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from infra.cli import main; main()", "status"],
        env=os.environ | {"TABIB_DATABASE_URL": f"mysql://u:{SECRET}@h/n"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "infra: TABIB_DATABASE_URL is mysql://…; allowed: postgresql://USER:PASSWORD@HOST:PORT/NAME\n"
    )


@pytest.mark.parametrize("line", ["garbage without equals", "TABIB_DATA_DIR='/tmp/unclosed"])
def test_a_broken_line_of_the_file_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"TABIB_LOG_LEVEL=ERROR\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"\.env: line 2 is not NAME=VALUE"):
        settings()
