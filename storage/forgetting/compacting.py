"""Deleted rows lie in the server's own files until their room is taken: this writes those files anew."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage import db

TABLES = (
    "documents",
    "measurements",
    "verdicts",
    "reviews",
    "claims",
    "set_aside",
    "gold",
    "pages",
    "captures",
    "addresses",
    "address_links",
)


def compact() -> None:
    """Write the tables anew, one by one, each locked meanwhile; then a checkpoint, where the account may ask for one.

    The server's log of changes (WAL) keeps what it holds until it is written over.
    """
    with db.translated_errors(), db.engine().connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in TABLES:
            own.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
        try:
            own.execute(text("CHECKPOINT"))
        except DBAPIError:  # another account's server: its own checkpoints come within minutes
            return
