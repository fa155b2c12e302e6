"""One thing that `trainer verify` holds against its hashes, and how: right, wrong or absent."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage import snapshots
from storage.errors import DataDamaged, UsageError
from storage.runs import decides
from storage.snapshots import file_sha256
from trainer import card, lineage

RIGHT, WRONG, ABSENT = "right", "wrong", "absent"
TOKENIZER = ("tokenizer", "vocab", "merges", "special_tokens", "added_tokens", "chat_template")
CHANGED, MISSING, ADDED = "changed", "missing", "added"


@dataclass(frozen=True)
class Item:
    """`files` are those that are not as they were, each with what is wrong: changed, missing or added.

    Only what is `needed` and absent counts as damage.
    """

    name: str
    status: str
    files: dict[str, str] = field(default_factory=dict)
    note: str = ""
    needed: bool = True

    @property
    def is_damage(self) -> bool:
        """Whether the run or folder is not what it was."""
        return self.status == WRONG or (self.status == ABSENT and self.needed)


def judged(name: str, bad: dict[str, str], note: str = "") -> Item:
    """Wrong where files are."""
    return Item(name, WRONG if bad else RIGHT, bad, note)


def compared(name: str, stated: dict[str, str], found: dict[str, str], prefix: str = "") -> Item:
    """What was stated against what was found, both SHA-256 by file; what was added matters where it decides."""
    bad = {path: CHANGED if path in found else MISSING for path in stated if found.get(path) != stated[path]}
    bad |= {path: ADDED for path in found if path not in stated and decides(path)}
    return judged(name, {prefix + path: what for path, what in sorted(bad.items())}, f"{len(stated)} files")


def file(name: str, path: Path, sha256: str) -> Item:
    """A single file."""
    if not path.is_file():
        return Item(name, ABSENT, {name: MISSING})
    return judged(name, {} if file_sha256(path) == sha256 else {name: CHANGED})


def part(
    folder: Path, name: str, hashes: dict[str, str] | None = None, wanted: dict[str, tuple[Any, ...]] | None = None
) -> list[Item]:
    """The items of a folder with a lineage: weights, and of a model its tokenizer and its card apart.

    `hashes` are those of its files, where they are known; `wanted`, by key, what its lineage may say.
    """
    prefix = f"{name}/" if name else ""
    own = f"{prefix}{lineage.NAME}"
    if not folder.is_dir():
        return [Item(name, ABSENT, {name: MISSING})]
    try:
        stated = lineage.read(folder)
    except DataDamaged:
        note = "without it the files beside it cannot be judged one by one"
        return [Item(own, WRONG, {own: CHANGED}, note)]
    except UsageError:
        return [Item(own, ABSENT, {own: MISSING})]
    strange = [f"{key} {str(stated[key])[:40]!r}" for key, said in (wanted or {}).items() if stated[key] not in said]
    note = f"it is of another run or place: {', '.join(strange)}" if strange else ""
    found = lineage.hashes(folder) if hashes is None else hashes
    groups = {group: _of(group, stated["files"]) for group in ("weights", "tokenizer", "card")}
    items = [
        compared(f"{prefix}{group}", those, _of(group, found), prefix)
        for group, those in groups.items()
        if those or _of(group, found)
    ]
    return [judged(own, {own: CHANGED} if strange else {}, note), *items]


def snapshot(sha256: str, manifest_sha256: str | None, places: Iterable[Path]) -> Item:
    """The snapshot, where one of the places has it: every file of it against its manifest."""
    folder = next((p for p in places if (p / snapshots.MANIFEST).is_file()), None)
    if folder is None:
        return Item("snapshot", ABSENT, note=f"{sha256[:16]} is not at hand", needed=False)
    bad = _manifest(folder, manifest_sha256) | _files_of(folder)
    try:
        stated = snapshots.verify(folder)["sha256"]
    except (DataDamaged, UsageError):
        bad = bad or {snapshots.MANIFEST: CHANGED}
    else:
        if stated != sha256 and not bad:
            return Item("snapshot", ABSENT, note=f"{folder} holds another, {stated[:16]}", needed=False)
    return judged("snapshot", {f"snapshot/{path}": what for path, what in bad.items()}, str(folder))


def _manifest(folder: Path, sha256: str | None) -> dict[str, str]:
    """A manifest that was written in another form says the same, so that only what the exporter writes is a match."""
    written = (folder / snapshots.MANIFEST).read_bytes()
    if sha256 is None or hashlib.sha256(written).hexdigest() == sha256:
        return {}
    try:
        same = written == json.dumps(json.loads(written), ensure_ascii=False, indent=1).encode()
    except (ValueError, RecursionError):
        same = False
    return {} if same else {snapshots.MANIFEST: CHANGED}


def _files_of(folder: Path) -> dict[str, str]:
    try:
        manifest: dict[str, Any] = json.loads((folder / snapshots.MANIFEST).read_bytes())
        stated = {str(path): str(file["sha256"]) for path, file in manifest["files"].items()}
        stated[snapshots.CARD] = str(manifest["card_sha256"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {snapshots.MANIFEST: CHANGED}
    missing = {path: MISSING for path in stated if not (folder / path).is_file()}
    kept = (path for path in stated if path not in missing)
    return missing | {path: CHANGED for path in kept if file_sha256(folder / path) != stated[path]}


def _of(group: str, files: dict[str, str]) -> dict[str, str]:
    return {path: sha256 for path, sha256 in files.items() if _group(path) == group}


def _group(path: str) -> str:
    if path == card.NAME or path.endswith(".svg"):
        return "card"
    return "tokenizer" if path.startswith(TOKENIZER) or path.endswith(".model") else "weights"
