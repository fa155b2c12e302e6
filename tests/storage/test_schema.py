"""Migrations go forward and back, and say the same as the models."""

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from storage import db, schema
from storage.errors import ServiceUnavailable, UsageError
from storage.models import Base
from storage.settings import Settings


def _tables() -> set[str]:
    return set(inspect(db.engine()).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_agree(database: Settings) -> None:
    command.check(schema.configuration())
    assert _tables() == set(Base.metadata.tables)


def _checks(connection: Connection) -> set[tuple[str, str, str]]:
    query = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
    return {tuple(row) for row in connection.execute(text(query))}


def test_checks_agree_too_which_alembic_does_not_compare(database: Settings) -> None:
    with db.engine().connect() as connection:
        migrated = _checks(connection)
        schema.downgrade("base")
        Base.metadata.create_all(connection)
        assert _checks(connection) == migrated
        assert len(migrated) >= 6


def _options(connection: Connection) -> dict[str, list[str]]:
    query = "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL"
    return {name: options for name, options in connection.execute(text(query))}  # noqa: C416  a row is no pair to mypy


def test_how_rows_are_stored_agrees_too(database: Settings) -> None:
    with db.engine().connect() as connection:
        migrated = _options(connection)
        schema.downgrade("base")
        Base.metadata.create_all(connection)
        assert _options(connection) == migrated
        assert migrated["measurements"] == ["toast_tuple_target=8160"]


def test_down_to_nothing_and_up_again(database: Settings) -> None:
    assert schema.downgrade("base") is None
    assert _tables() == set()
    with pytest.raises(ServiceUnavailable, match="run `storage migrate`"):
        schema.require_head()
    assert schema.upgrade() == schema.head()
    schema.require_head()
    assert _tables() == set(Base.metadata.tables)


def test_an_unknown_revision_is_refused(database: Settings) -> None:
    with pytest.raises(UsageError, match="There are: 0001"):
        schema.upgrade("0999")
