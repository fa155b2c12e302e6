"""What is still to be erased, kept in the database until it is: a run that was killed is finished by the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import archive, db, warc_erase
from storage.blobs import flush
from storage.errors import DataDamaged
from storage.forgetting.page_bytes import home
from storage.models import Erasure

LOCK = int.from_bytes(b"erase")


@dataclass
class Erased:
    """How many records are gone, which files are not on this machine, what is wrong with others."""

    records: int = 0
    absent: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def plan(session: Session, erasures: Sequence[Erasure]) -> None:
    """Enter what is to be erased once this transaction has ended."""
    rows = [{"file": e.file, "offset": e.offset, "length": e.length} for e in erasures]
    if rows:
        session.connection().execute(insert(Erasure).on_conflict_do_nothing(), rows)


def finish() -> Erased:
    """Erase what is entered, file by file; what is in files elsewhere stays entered."""
    made = Erased()
    with db.session() as session:
        files = session.scalars(select(Erasure.file).distinct().order_by(Erasure.file)).all()
    for file in files:
        with db.session() as session:
            _one(session, file, made)
    return made


def _one(session: Session, file: str, made: Erased) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})  # a file is copied by one at a time
    rows = session.scalars(select(Erasure).where(Erasure.file == file)).all()
    if not rows:
        return
    try:
        _erase(file, rows)
    except FileNotFoundError:
        made.absent.append(file)
        return
    except DataDamaged as damaged:
        made.damaged.append(str(damaged))
        return
    made.records += len(rows)
    session.execute(delete(Erasure).where(Erasure.file == file))


def _erase(file: str, rows: Sequence[Erasure]) -> None:
    if any(row.length is None for row in rows):
        path = home(file)
        path.unlink(missing_ok=True)
        flush(path.parent)
        return
    spans = [(row.offset, row.length) for row in rows if row.length is not None]
    name = file.partition("/")[2]
    warc_erase.erase(archive.folder(), name, spans, max(row.at for row in rows))
