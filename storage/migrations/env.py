"""Alembic's entry point. One migration runs at a time, and gives up rather than block the farm."""

from alembic import context
from sqlalchemy import text

from storage.db import engine
from storage.models import Base

MIGRATION_LOCK = 0x7AB1B
LOCK_TIMEOUT = "10s"


def run() -> None:
    """Apply the migrations asked for, under an advisory lock, each statement waiting at most LOCK_TIMEOUT."""
    with engine().connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.execute(text("RESET lock_timeout"))  # the pool hands this connection on
            connection.commit()


run()
