"""The training pairs of a snapshot, as they are searched: nothing of their texts is kept outside the snapshot."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from storage import db, schema, snapshots
from storage.errors import DataDamaged, ServiceUnavailable, UsageError
from storage.models import ForgottenRow

FILE = "pairs/train.parquet"
COLUMNS = ("id", "question", "answer")
KEY_DIGITS = 16  # of a snapshot's hash, which name its folder


class Pair(NamedTuple):
    """One training pair."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True)
class Pairs:
    """The pairs of a snapshot's train split, by row; `columns` are Arrow's, by name."""

    name: str
    folder: Path
    sha256: str
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.columns["id"])

    def __getitem__(self, row: int) -> Pair:
        return Pair(*(self.columns[name][row].as_py() or "" for name in COLUMNS))

    @property
    def questions(self) -> Sequence[str]:
        """All of them, in their order."""
        return [text or "" for text in self.columns["question"].to_pylist()]

    @cached_property
    def forgotten(self) -> list[int]:
        """Rows of documents that were forgotten since the export; none where no database can tell."""
        gone: set[str] = set()
        with suppress(ServiceUnavailable):
            schema.require_head()
            named = ForgottenRow.snapshot_sha256.in_([self.sha256, self.sha256[:KEY_DIGITS]])
            with db.session() as session:
                gone = set(map(str, session.scalars(select(ForgottenRow.document_id).where(named))))
        return [row for row, id_ in enumerate(self.columns["id"].to_pylist()) if id_ in gone] if gone else []


def taken(name: str) -> Pairs:
    """The train pairs of the snapshot of that name or hash, or in that folder; every file is checked.

    Raises UsageError where there is none, or it has no pairs to search; DataDamaged where it is not what was exported.
    """
    folder = snapshots.given(name)
    if folder is None:
        schema.require_head()
        with db.session() as session:
            folder = snapshots.folder(snapshots.find(session, name))
    manifest = snapshots.verify(folder)
    if FILE not in manifest["files"]:
        raise UsageError(f"snapshot {name} has no {FILE}: there is nothing to search")
    pairs = Pairs(name, folder, str(manifest["sha256"]), _columns(folder / FILE))
    if not len(pairs):
        raise UsageError(f"snapshot {name} has no training pairs: there is nothing to search")
    return pairs


def _columns(path: Path) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=list(COLUMNS))
        return {name: table.column(name).combine_chunks() for name in COLUMNS}
    except (OSError, KeyError, pa.ArrowException) as error:
        raise DataDamaged(f"{path} cannot be read ({type(error).__name__}): export the snapshot again") from None
