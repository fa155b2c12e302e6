"""Whether a snapshot's files are what a recipe reads, before any work is done: their hashes alone do not say it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import DataDamaged, UsageError
from trainer.data import COLUMNS
from trainer.recipe import Recipe
from trainer.source import DEV, FILES, Frozen


def require(snapshot: Frozen, recipe: Recipe) -> None:
    """Raise DataDamaged for a file that is not what the manifest says, UsageError for one that lacks a text column.

    UsageError too for a manifest without what the model's card will tell of it, which is written last.
    """
    if unsaid := list(_unsaid(snapshot.manifest)):
        raise UsageError(
            f"snapshot {snapshot.sha256[:16]} cannot be trained on, nothing was done: its manifest does not say "
            f"{', nor '.join(unsaid)}. Export again with this version"
        )
    wrong = [line for file, columns in _read(snapshot, recipe).items() for line in _misfits(snapshot, file, columns)]
    if wrong:
        raise UsageError(
            f"snapshot {snapshot.sha256[:16]} does not fit recipe {recipe.name}, nothing was trained: "
            f"{'; '.join(wrong)}. Export again with this version"
        )


def _unsaid(manifest: dict[str, Any]) -> Iterator[str]:
    if not isinstance(manifest.get("recipe"), str):
        yield "by which recipe it was cleaned"
    for file, described in manifest["files"].items():
        rows = described.get("rows")
        if type(rows) is not int or rows < 0:  # True is an int too
            yield f"how many rows {file} has"


def _read(snapshot: Frozen, recipe: Recipe) -> dict[str, set[str]]:
    made = recipe.content.base.make
    stages = ((made.warm_start,) if made else ()) + recipe.content.stages
    found: dict[str, set[str]] = {DEV: set(COLUMNS["pairs"])} if snapshot.count(DEV) else {}
    for kind in (kind for stage in stages for kind in stage.data):
        found.setdefault(FILES[kind], set()).update(COLUMNS[kind])
    return found


def _misfits(snapshot: Frozen, file: str, columns: set[str]) -> Iterator[str]:
    schema = _schema(snapshot.folder / file, snapshot.count(file))
    for column in sorted(columns):
        if column not in schema.names:
            yield f"{file} has no column {column}"
        elif (kind := schema.field(column).type) not in (pa.string(), pa.large_string()):
            yield f"{file}: column {column} is {kind}, no text"


def _schema(file: Path, rows: int) -> pa.Schema:
    try:
        described = pq.ParquetFile(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataDamaged(f"{file} cannot be read: {' '.join(str(error).split())[:200]}") from None
    with described:
        found = described.metadata.num_rows
        if found != rows:
            raise DataDamaged(f"{file} has {found} rows, its manifest says {rows}: export again")
        return described.schema_arrow
