"""The snapshot a training reads: frozen now, or taken by name, hash or folder; every file checked against its hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from storage import db, preferences, schema, selection, snapshots, splits
from storage.errors import UsageError
from trainer.recipe import Recipe

FILES = {
    "corpus": "corpus/train.parquet",
    "titles": "corpus/train.parquet",
    "pairs": "pairs/train.parquet",
    "preferences": preferences.FILE,
}
DEV = "pairs/dev.parquet"
BATCH = 1_000


@dataclass(frozen=True)
class Frozen:
    """A snapshot's folder and its verified manifest; the trainer reads nothing else."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The snapshot's hash."""
        return str(self.manifest["sha256"])

    def count(self, file: str) -> int:
        """Rows of one of its files; 0 where it has no such file, or does not say."""
        rows = self.manifest["files"].get(file, {}).get("rows", 0)
        return rows if isinstance(rows, int) else 0

    def rows(self, file: str, columns: list[str]) -> Iterator[dict[str, str | None]]:
        """The rows of one of its files, a batch at a time in memory."""
        # pre_buffer, pyarrow's default, would hold the columns of a whole row group.
        for batch in pq.ParquetFile(self.folder / file, pre_buffer=False).iter_batches(BATCH, columns=columns):
            yield from batch.to_pylist()


def taken(name: str) -> Frozen:
    """The snapshot of that name or hash, or in that folder. Raises UsageError or DataDamaged."""
    if is_folder(name):
        folder = Path(name).absolute()
        return Frozen(folder, snapshots.verify(folder))
    if "/" in name:
        raise UsageError(f"there is no snapshot folder {name}")
    schema.require_head()
    with db.session() as session:
        folder = snapshots.folder(snapshots.find(session, name))
    return Frozen(folder, snapshots.verify(folder))


def is_folder(name: str | None) -> bool:
    """Whether a snapshot is given as a folder, for which no database is needed."""
    return name is not None and Path(name).is_dir()


def frozen(name: str, cleaning_recipe: str, split: str) -> Frozen:
    """What is kept under the cleaning recipe, exported now under `name`, split by the rule of that name."""
    rule = splits.rule_named(split)
    schema.require_head()
    with db.session(repeatable=True) as session:
        snapshot = snapshots.freeze(session, name, selection.recipe_named(session, cleaning_recipe), rule)
        folder = snapshots.folder(snapshot)
    return Frozen(folder, snapshots.verify(folder))


def require_rows(snapshot: Frozen, recipe: Recipe) -> None:
    """Raise UsageError when a stage would have nothing to read."""
    made = recipe.content.base.make
    stages = ((made.warm_start,) if made else ()) + recipe.content.stages
    lacking = sorted({FILES[kind] for s in stages for kind in s.data if snapshot.count(FILES[kind]) == 0})
    if lacking:
        raise UsageError(
            f"snapshot {snapshot.sha256[:16]} has no rows in {', '.join(lacking)}, which recipe "
            f"{recipe.name} trains on; nothing was trained. {_what_to_do(lacking)}, then export again"
        )


def _what_to_do(lacking: list[str]) -> str:
    if lacking != [preferences.FILE]:
        return "Crawl and clean more"
    return "Leave its stage out, or edit and reject answers in the review queue (infra admin)"
