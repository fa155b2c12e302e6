"""The folder a user means by a run's name or by a path, found without torch."""

from pathlib import Path

from storage import db, runs, schema
from storage.errors import ServiceUnavailable, UsageError, unknown
from trainer import lineage
from trainer.folder import STATE, runs_root


def run_or_part(name: str) -> Path:
    """The run's folder, or that of a part of one with its lineage; of a file, that of the part it lies in.

    Raises UsageError where there is none.
    """
    path = Path(name)
    if "/" not in name and not path.exists():
        return run(name)
    found = [place for place in (path.absolute(), *path.absolute().parents) if _is_known(place)]
    if not found or not path.exists():
        raise UsageError(f"{name} is neither a run's folder nor a model, adapter or checkpoint that came out of one")
    return found[0]


def run(name: str) -> Path:
    """The folder of the run of that name: below the data folder, or where its row says."""
    here = {path.parent.name: path.parent for path in runs_root().glob(f"*/{STATE}")}
    if name in here:
        return here[name]
    rows = _rows()
    if name not in rows:
        raise unknown("run", name, {*here, *rows})
    if not (rows[name] / STATE).is_file():
        raise UsageError(f"the folder of run {name} is not on this machine: {rows[name]}")
    return rows[name]


def model_of(folder: Path) -> Path:
    """Where the card lies: with the finished model of a run, or in the folder of the model itself."""
    return folder / "merged" if (folder / STATE).is_file() else folder


def _is_known(place: Path) -> bool:
    return (place / lineage.NAME).is_file() or (place / STATE).is_file()


def _rows() -> dict[str, Path]:
    try:
        schema.require_head()
        with db.session() as session:
            return {row.name: runs.folder(row) for row in runs.list(session)}
    except ServiceUnavailable:
        return {}
