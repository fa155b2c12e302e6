"""`infra audit`: whether the record of who did what is whole, and its head to be noted elsewhere."""

import json
from collections.abc import Sequence

from rich.console import Console

from storage import audit_chain, audit_check, db, schema
from storage.audit_chain import Head
from storage.audit_check import Account
from storage.errors import DataDamaged


def verify(expected: Sequence[str], as_json: bool) -> int:
    """Print how much is whole and which row is wrong first; returns the exit status, 0 or 6."""
    schema.require_head()
    with db.session(repeatable=True) as session:
        found = audit_check.verify(session, [Head.parse(told) for told in expected])
    if as_json:
        Console().print_json(json.dumps(_told(found)))
    else:
        _print(found)
    return DataDamaged.exit_code if found.broken else 0


def head() -> None:
    """Print the head alone on its line."""
    schema.require_head()
    with db.session() as session:
        print(audit_chain.head(session))  # noqa: T201  for a machine, on one line however long


def _told(found: Account) -> dict[str, object]:
    return {
        "whole": found.broken is None,
        "rows": found.rows,
        "head": str(found.head),
        "broken": vars(found.broken) if found.broken else None,
    }


def _print(found: Account) -> None:
    said = f"{found.rows:,} rows are whole, the last is {found.head}"
    if found.broken:
        said = f"{found.broken.kind}: {found.broken.message}\n{found.rows:,} rows before are whole"
    Console().print(said, highlight=False, markup=False, soft_wrap=True)
