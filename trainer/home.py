"""Bringing a run home that was trained elsewhere: its folder below the data folder, whole, and its row."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage import db, runs, schema, snapshots
from storage.blobs import flush
from storage.errors import DataDamaged, DiskFull, UsageError
from storage.models import Run, Snapshot
from storage.settings import settings
from trainer import forgotten, lineage, register, scored, verify
from trainer.folder import LOCK, NAME, STATE, RunFolder, runs_root

COMING = ".coming"  # below the folder of runs, so that a rename brings one in; two levels deep nobody takes it for one
HASH = re.compile(r"[0-9a-f]{64}")
SPARE = 16 << 20
NEEDED = ("snapshot_sha256", "recipe", "model_sha256")


@dataclass(frozen=True)
class Arrival:
    """What became of it: the run's folder here, whether it was brought just now, and what `verify` found."""

    run: RunFolder
    brought: bool
    found: dict[str, Any]


def bring(folder: Path, move: bool = False) -> Arrival:
    """Check the run in `folder`, copy or move it to the other runs, check it again there, and write its row.

    What the database has of its model's scores, and of forgotten data it learned from, is put on its card.

    Whole or not at all: killed anywhere, the same call goes on. Raises UsageError for what is no finished run, whose
    snapshot is unknown here, or whose name another run has; DataDamaged where a hash is wrong; ServiceUnavailable
    without a database.
    """
    schema.require_head()
    source = _source(folder)
    state = _finished(source)
    run = RunFolder(state["name"])
    _require_snapshot(state["snapshot_sha256"])
    _require_same_row(run, state)
    with _alone(run.name):
        brought = not _is_here(run, source, state)
        if not (run.path.exists() and run.path.samefile(source)):
            _checked(source)
        if brought:
            (_move if move else _copy)(source, run)
        found = _checked(run.path)
    register.done(run)
    with db.session() as session:
        runs.place(session, run.name, run.path)
    if move and source.exists() and not source.samefile(run.path):
        shutil.rmtree(source)
    forgotten.put_on_card(run.merged, forgotten.of_run(run.name, run.merged))
    scored.put_on_card(run.merged)
    return Arrival(run, brought, found)


def _source(folder: Path) -> Path:
    """The folder itself, or where an earlier `--move` has brought it already."""
    place, moved = folder.absolute(), runs_root() / folder.absolute().name
    if not place.exists() and (moved / STATE).is_file():
        return moved
    if not (place / STATE).is_file():
        raise UsageError(f"{folder} is no run's folder: it has no {STATE}")
    return place


def _finished(source: Path) -> dict[str, Any]:
    state = lineage.read_json(source / STATE)
    name = state.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DataDamaged(f"{source / STATE} names the run {str(name)[:60]!r}, which is no name of a folder")
    if state.get("status") != "done":
        raise UsageError(
            f"run {name} is {state.get('status')}, only a finished one can be registered: go on with it where it was "
            "begun, by `trainer export-and-train --resume`"
        )
    if not all(isinstance(state.get(key), str) for key in NEEDED):
        raise DataDamaged(f"{source / STATE} does not say all of {', '.join(NEEDED)}: bring the run over once more")
    return state


def _require_snapshot(sha256: str) -> None:
    """Its row, or a whole folder of that hash among the snapshots of this machine, which is given a row."""
    place = settings().home / "snapshots" / sha256[:16]
    with db.session() as session:
        if session.scalars(select(Snapshot.id).where(Snapshot.sha256 == sha256).limit(1)).first():
            return
        manifest = snapshots.verify(place) if HASH.fullmatch(sha256) and (place / snapshots.MANIFEST).is_file() else {}
        if manifest.get("sha256") != sha256:
            raise UsageError(
                f"the snapshot {sha256[:16]} that the run was trained on is unknown here, nothing was copied: bring "
                f"its folder to {place}, then register the run again"
            )
        row = {key: manifest.get(key) for key in ("sha256", "recipe", "recipe_sha256")}
        if lacking := [key for key, value in row.items() if not isinstance(value, str)]:
            raise DataDamaged(f"{place / snapshots.MANIFEST} does not say its {' and '.join(lacking)}: export again")
        session.add(Snapshot(name=f"brought-{sha256[:8]}", manifest=manifest, **row))


def _require_same_row(run: RunFolder, state: dict[str, Any]) -> None:
    with db.session() as session:
        row = session.get(Run, run.name)
        here = row and (row.snapshot_sha256, row.recipe, row.model_sha256 or state["model_sha256"])
    if here and here != (state["snapshot_sha256"], state["recipe"], state["model_sha256"]):
        raise UsageError(f"another run is registered as {run.name}, with other content: nothing was changed")


def _is_here(run: RunFolder, source: Path, state: dict[str, Any]) -> bool:
    if not run.path.exists():
        return False
    if run.path.samefile(source):
        return True
    if run.state() == state:
        return True
    raise UsageError(
        f"{run.path} is there already, with other content ({run.state().get('status', 'nothing in it')}): look which "
        "of the two you want, remove the other, then run it again. Nothing was changed"
    )


def _checked(folder: Path) -> dict[str, Any]:
    found = verify.verify(folder)
    if damage := verify.damage(found):
        raise damage
    return found


def _move(source: Path, run: RunFolder) -> None:
    """A rename where both lie on one disk, else a copy; the caller removes the source when the row is written."""
    _require_plain(source)
    try:
        source.rename(run.path)
    except OSError:
        _copy(source, run)
    flush(run.path.parent)


def _copy(source: Path, run: RunFolder) -> None:
    size = _require_plain(source)
    free = shutil.disk_usage(runs_root()).free
    if free < size + SPARE:
        raise DiskFull(f"{runs_root()} has {free >> 20} MiB free, the run takes {size >> 20}: make room, run it again")
    coming = runs_root() / COMING / run.name
    shutil.rmtree(coming, ignore_errors=True)
    try:
        shutil.copytree(source, coming, symlinks=True, ignore=shutil.ignore_patterns(LOCK, ".partial-*"))
        for path in (p for p in coming.rglob("*") if not p.is_symlink()):
            flush(path)
        _checked(coming)
        coming.rename(run.path)
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    flush(run.path.parent)


def _require_plain(source: Path) -> int:
    """The bytes of a run's files; UsageError for a link other than the base's, which could lead anywhere."""
    size = 0
    for path in source.rglob("*"):
        if path.is_symlink() and path != source / "base":
            raise UsageError(f"{path} is a link: a run's folder holds its files themselves. Nothing was copied")
        if not path.is_symlink() and not path.is_file() and not path.is_dir():
            raise UsageError(f"{path} is neither a file nor a folder. Nothing was copied")
        size += path.lstat().st_size
    return size


@contextmanager
def _alone(name: str) -> Iterator[None]:
    place = runs_root() / COMING
    place.mkdir(parents=True, exist_ok=True)
    handle = os.open(place / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(f"run {name} is being registered by another process") from None
    finally:
        os.close(handle)
