"""Immutable exports: Parquet files, a manifest with the hash of each, a dataset card.

The folder's name comes from the manifest's hash: the same content is the same folder, on any machine
with the same pyarrow. Nothing after an export reads the live tables.
"""

import hashlib
import json
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.blobs import flush, write_whole
from storage.card import render
from storage.errors import DataDamaged, UsageError, unknown
from storage.models import Recipe, Snapshot
from storage.parquet import Export
from storage.settings import settings
from storage.splits import Rule

MANIFEST = "manifest.json"
CARD = "README.md"
HASH_CHUNK = 1 << 20
PARTIAL_SECONDS = 24 * 3600


def freeze(session: Session, name: str, recipe_sha256: str, rule: Rule = Rule.GROUPED) -> Snapshot:
    """Export what the recipe and the reviews keep, split by the rule, and return the snapshot's row.

    Raises UsageError when the name is not one, nothing is kept, or documents still wait for cleaning.
    """
    _check_name(name)
    root = settings().home / "snapshots"
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    partial = Path(tempfile.mkdtemp(dir=root, prefix=".partial-"))
    try:
        manifest = _write(Export(session, partial, recipe_sha256, rule))
        sha256 = manifest["sha256"]
        place = root / sha256[:16]
        _set_damaged_aside(place)
        if not place.exists():
            partial.chmod(0o755)
            partial.rename(place)
            flush(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return _register(session, name, manifest)


def find(session: Session, name_or_sha256: str) -> Snapshot:
    """The newest snapshot of that name, or the one whose hash begins so (8 digits or more)."""
    query = select(Snapshot).order_by(Snapshot.id.desc())
    by_name = session.scalars(query.where(Snapshot.name == name_or_sha256)).first()
    if by_name:
        return by_name
    if len(name_or_sha256) >= 8 and set(name_or_sha256) <= set("0123456789abcdef"):
        by_hash = session.scalars(query.where(Snapshot.sha256.startswith(name_or_sha256))).first()
        if by_hash:
            return by_hash
    raise unknown("snapshot", name_or_sha256, set(session.scalars(select(Snapshot.name))))


def folder(snapshot: Snapshot) -> Path:
    """Where the snapshot's files are."""
    return settings().home / "snapshots" / snapshot.sha256[:16]


def given(name: str) -> Path | None:
    """The folder that is named by its path, or that is called so here and is a snapshot; None for any other name.

    Raises UsageError where a path leads to no folder.
    """
    place = Path(name).expanduser()
    if "/" in name and not place.is_dir():
        raise UsageError(f"there is no snapshot folder {name}")
    return place.absolute() if "/" in name or (place / MANIFEST).is_file() else None


def located(session: Session, name: str) -> Path:
    """The files of the snapshot of that name or hash, or in that folder, whose files are checked first.

    Raises UsageError where there is none, DataDamaged where a folder is not what was exported.
    """
    place = given(name)
    if place is None:
        return folder(find(session, name))
    verify(place)
    return place


def verify(place: Path) -> dict[str, Any]:
    """Check a snapshot folder's files and return its manifest; raises DataDamaged naming the first that differs."""
    try:
        manifest: dict[str, Any] = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        stated, card = manifest["sha256"], str(manifest["card_sha256"])
        files = {str(path): str(file["sha256"]) for path, file in manifest["files"].items()}
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{place} is no snapshot: it has no {MANIFEST}") from None
    except KeyError as error:
        raise DataDamaged(f"{place / MANIFEST} does not say its {error}: export again") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise DataDamaged(f"{place / MANIFEST} cannot be read: {error!r}") from None
    if _manifest_sha256(manifest) != stated:
        raise DataDamaged(f"{place / MANIFEST} does not match its own hash")
    for path, sha256 in (*files.items(), (CARD, card)):
        if not (place / path).is_file() or file_sha256(place / path) != sha256:
            raise DataDamaged(f"{place / path} does not match the manifest: export again")
    return manifest


def file_sha256(path: Path) -> str:
    """The sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _set_damaged_aside(place: Path) -> None:
    try:
        if place.exists():
            verify(place)
    except (DataDamaged, UsageError):
        place.rename(place.with_name(f".damaged-{place.name}-{secrets.token_hex(4)}"))


def _sweep(root: Path) -> None:
    """Remove what killed exports left: nothing living is a day old."""
    for left in root.glob(".partial-*"):
        if time.time() - left.stat().st_mtime > PARTIAL_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _write(export: Export) -> dict[str, Any]:
    place, recipe_sha256 = export.place, export.recipe_sha256
    recipe = export.session.get(Recipe, recipe_sha256)
    files = {path: {"sha256": file_sha256(place / path), "rows": rows} for path, rows in export.write().items()}
    manifest: dict[str, Any] = {
        "recipe": recipe.name if recipe else "",
        "recipe_sha256": recipe_sha256,
        "recipe_text": recipe.text if recipe else "",
        "files": files,
        "counts": export.counts(),
        "split": export.division.figures,
        "contamination": export.contamination.figures(),
    }
    if preferred := export.preferences.figures():
        manifest["preferences"] = preferred
    write_whole(place / CARD, render(manifest).encode())
    manifest["card_sha256"] = file_sha256(place / CARD)
    manifest["sha256"] = _manifest_sha256(manifest)
    write_whole(place / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    for path in place.rglob("*.*"):
        path.chmod(0o444)
    for folder_ in {path.parent for path in place.rglob("*.*")}:
        flush(folder_)
    return manifest


def _manifest_sha256(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _register(session: Session, name: str, manifest: dict[str, Any]) -> Snapshot:
    same = select(Snapshot).where(Snapshot.name == name, Snapshot.sha256 == manifest["sha256"])
    found = session.scalars(same).first()
    if found:
        return found
    row = Snapshot(
        name=name,
        sha256=manifest["sha256"],
        recipe=manifest["recipe"],
        recipe_sha256=manifest["recipe_sha256"],
        manifest=manifest,
    )
    session.add(row)
    session.flush()
    return row


def _check_name(name: str) -> None:
    if not name or len(name) > 80 or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
        raise UsageError(f"{name!r} cannot name a snapshot: letters, digits, '-', '_' and '.', at most 80")
