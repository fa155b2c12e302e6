"""Which exports hold a record: their Parquet files read a row group at a time, the columns that name one of each."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import learned, preferences
from storage.models import Forgotten, ForgottenRow, Run, Snapshot
from storage.settings import settings
from storage.slugs import public_record
from storage.snapshots import MANIFEST

COLUMNS = ("id", "source", "record")


@dataclass(frozen=True)
class Holding:
    """A file of an export that holds records: its snapshot's hash, the folder, the path in it, which documents."""

    sha256: str
    folder: Path
    path: str
    documents: frozenset[uuid.UUID]


class Searched(NamedTuple):
    """The files of exports that hold what was looked for, and those of which nobody can say whether they do."""

    holdings: list[Holding]
    unread: list[Path]


def search(ids: AbstractSet[uuid.UUID], records: AbstractSet[tuple[str, str]] = frozenset()) -> Searched:
    """The files that hold one of the documents, or an answer that one of the records once had.

    An export that is set aside as damaged is looked through too. A file that is damaged, or being written, is unread.
    """
    made = Searched([], [])
    records = records | {(source, public_record(record)) for source, record in records}  # older exports have the first
    for place in _folders():
        for path in sorted(place.rglob("*.parquet")):
            found = _among(path, ids, records)
            if found is None:
                made.unread.append(path)
            elif found:
                made.holdings.append(Holding(_sha256(place), place, str(path.relative_to(place)), found))
    return made


def mark(session: Session, holdings: Sequence[Holding]) -> None:
    """Keep which exports hold what was forgotten."""
    rows = [
        {"snapshot_sha256": found.sha256, "document_id": id_, "path": found.path}
        for found in holdings
        for id_ in sorted(found.documents)
    ]
    if rows:
        session.connection().execute(insert(ForgottenRow).on_conflict_do_nothing(), rows)


def mark_all(session: Session) -> Searched:
    """Mark the exports once more, also those that were being written meanwhile; returns what was found."""
    ids = set(session.scalars(select(Forgotten.id).where(Forgotten.kind == "document")))
    found = search(ids) if ids else Searched([], [])
    mark(session, found.holdings)
    return found


def names(session: Session, sha256: str) -> list[str]:
    """What the export is called, by each name that it was given."""
    return list(session.scalars(select(Snapshot.name).where(Snapshot.sha256 == sha256).order_by(Snapshot.name)))


def trained(session: Session, sha256s: AbstractSet[str]) -> dict[str, str]:
    """The runs that were trained on the exports, or on a model that was: name and status."""
    names = [name for name, snapshots in learned.sources(session).items() if snapshots & sha256s]
    query = select(Run.name, Run.status).where(Run.name.in_(names)).order_by(Run.name)
    return {name: status for name, status in session.execute(query)}  # noqa: C416  a row is no pair to mypy


def _folders() -> Iterator[Path]:
    root = settings().home / "snapshots"
    yield from (path for path in sorted(root.glob("*")) if path.is_dir()) if root.is_dir() else ()


def _sha256(place: Path) -> str:
    try:
        return str(json.loads((place / MANIFEST).read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return place.name


def _among(
    path: Path, ids: AbstractSet[uuid.UUID], records: AbstractSet[tuple[str, str]]
) -> frozenset[uuid.UUID] | None:
    found: set[uuid.UUID] = set()
    try:
        with pq.ParquetFile(path) as file:
            names = [COLUMNS]
            if preferences.REJECTED[0] in file.schema_arrow.names:  # a row of two documents
                names.append(preferences.REJECTED)
            for batch in file.iter_batches(columns=[name for group in names for name in group]):
                for group in names:
                    found |= _in_columns(batch.select(group), ids, records)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException):
        return None
    return frozenset(found)


def _in_columns(
    batch: pa.RecordBatch, ids: AbstractSet[uuid.UUID], records: AbstractSet[tuple[str, str]]
) -> set[uuid.UUID]:
    """Those found in a batch of ids, sources and records, in this order."""
    wanted = pa.array(sorted(map(str, ids)), pa.string()), pa.array(sorted({r for _, r in records}), pa.string())
    hit = pc.or_(*(pc.is_in(batch.column(place), values) for place, values in zip((0, 2), wanted, strict=True)))
    rows = (row.values() for row in batch.filter(hit).to_pylist())
    return {uuid.UUID(id_) for id_, *record in rows if uuid.UUID(id_) in ids or tuple(record) in records}
