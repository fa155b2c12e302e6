"""The schema's version: Alembic's migrations, and whether the database has them all."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.db import engine, translated_errors
from storage.errors import ServiceUnavailable, unknown


def configuration() -> Config:
    """Alembic's configuration, made here so that it works from any folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def head() -> str:
    """The newest revision there is."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def current() -> str | None:
    """The database's revision; None when it is empty."""
    with translated_errors(), engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(revision: str = "head") -> str | None:
    """Bring the database up to `revision` and return the revision it is then at."""
    _check(revision)
    with translated_errors():
        command.upgrade(configuration(), revision)
    return current()


def downgrade(revision: str) -> str | None:
    """Take the database back to `revision`; `base` empties it."""
    _check(revision)
    with translated_errors():
        command.downgrade(configuration(), revision)
    return current()


def require_head() -> None:
    """Raise ServiceUnavailable when the database lacks a migration or is newer than this code."""
    found, wanted = current(), head()
    if found != wanted:
        raise ServiceUnavailable(
            f"the database's schema is at {found or 'nothing'}, not {wanted}: run `storage migrate`"
        )


def _check(revision: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if revision not in known | {"head", "base"}:
        raise unknown("migration", revision, known | {"head", "base"})
