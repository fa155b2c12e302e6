"""What a model, an adapter or a checkpoint was made of: a `lineage.json` that lies beside its weights.

Keys: run, part (the folder's place in the run), made_at; snapshot_sha256, and snapshots, with those that its base
learned from; recipe_name, recipe_sha256, recipe (its whole text); seed; versions, with `git`, `trainer_sources` and
`storage_sources`, our own code, and hardware, both of the attempt that made it; attempts, those of the run until then,
each with began_at, versions, hardware; base; energy (None before anything was counted); sha256, the model's identity as
`storage.runs.fingerprint` gives it, which this file does not change (None without weights in safetensors); files, the
SHA-256 of each file beside it; last lineage_sha256, of all of this. That of the finished model also has base_files,
adapters, and the hashes of `run.json`, of the snapshot's manifest, and of what else lies beside in the run's folder.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from storage.blobs import write_whole
from storage.errors import DataDamaged, UsageError
from storage.runs import decides, decisive, fingerprint_of
from storage.snapshots import MANIFEST, file_sha256
from trainer import card, energy
from trainer.folder import ENERGY, LOCK, STATE

NAME = "lineage.json"
OWN = "lineage_sha256"
MARK = "whole.json"  # `trainer.checkpoints` writes it last, over this file too; that module needs torch
COPIED = ("recipe_name", "recipe_sha256", "recipe", "seed", "versions", "hardware")
UNDER = ("versions", "hardware", "attempts")
WRITTEN = ("run", "part", "snapshot_sha256", "snapshots", *COPIED, "base", "energy", "sha256", "files")
PARTS = ("base/", "adapter/", "merged/", "work/")
NOT_HASHED = (NAME, MARK)


def seal(run: Path, state: dict[str, Any]) -> None:
    """Write the lineage of each part of a run that is about to be done; `state` is what its `run.json` will say."""
    base, adapters = run / "base", sorted(place for place in (run / "adapter").glob("*") if place.is_dir())
    for part in (*([] if base.is_symlink() else [base]), *adapters):
        write(part, state | _made_under(part))
    manifest = Path(state["snapshot_folder"]) / MANIFEST
    whole = {
        "base_files": {file.name: file_sha256(file) for file in decisive(base)},
        "adapters": {adapter.name: read(adapter)["sha256"] for adapter in adapters},
        "run_json_sha256": hashlib.sha256(as_bytes(state)).hexdigest(),
        "beside": dict(_beside(run)),
        "manifest_json_sha256": file_sha256(manifest) if manifest.is_file() else None,
    }
    under = _made_under(run / "merged") | {"attempts": state.get("attempts", [])}
    _write(run / "merged", {**_described(run, run / "merged", state | under), **whole})


def write(folder: Path, state: dict[str, Any] | None = None) -> None:
    """Write the lineage of a folder of a run, whole, once all else in it is written; `state`: its `run.json` to be.

    What is trained outside of a run's folder has none.
    """
    run = next((place for place in folder.parents if (place / STATE).is_file()), None)
    if run:
        _write(folder, _described(run, folder, state or read_json(run / STATE)))


def _made_under(part: Path) -> dict[str, Any]:
    """What only the attempt that made a part knew, as it wrote it down then."""
    try:
        found = read(part)
    except (UsageError, DataDamaged):  # no reason to lose a training
        return {}
    return {key: found[key] for key in UNDER if key in found}


def read(folder: Path) -> dict[str, Any]:
    """The lineage in `folder`. Raises UsageError where there is none, DataDamaged where a byte of it was changed."""
    path = folder / NAME
    if not path.is_file():
        raise UsageError(f"{folder} has no {NAME}: it is no model, adapter or checkpoint of a run of ours")
    found = read_json(path)
    stated = found.pop(OWN, None)
    if path.read_bytes() != as_bytes(found | {OWN: _own(found)}) or stated != _own(found):
        raise DataDamaged(f"{path} was changed after it was written: it does not match its own hash")
    if lacking := [key for key in WRITTEN if key not in found]:
        raise DataDamaged(f"{path} does not say {', '.join(lacking)}: another version wrote it")
    return found


def of(folder: Path) -> dict[str, Any]:
    """The lineage of a run, or of a part of one; of a run that is not done, what its `run.json` tells, without files.

    Raises UsageError where there is none, DataDamaged where it was changed.
    """
    if not (folder / STATE).is_file():
        return read(folder)
    if (folder / "merged" / NAME).is_file():
        return read(folder / "merged")
    state = read_json(folder / STATE)
    try:
        return _from_state(folder, state) | {"part": "", "status": state["status"], "sha256": state.get("model_sha256")}
    except (KeyError, TypeError, AttributeError) as error:
        raise DataDamaged(f"{folder / STATE} does not say what the run was made of: {error!r}") from None


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below `folder`, by its path there; of a card, without a notice put on it later."""
    return {str(path.relative_to(folder)): _sha256(path) for path in files(folder)}


def files(folder: Path) -> Iterator[Path]:
    """What a lineage tells the hashes of."""
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    yield from (path for path in every if path.name not in NOT_HASHED and not path.name.startswith(".partial-"))


def identity(found: dict[str, str]) -> str | None:
    """The model's identity from the hashes of its files; None where it has no weights in safetensors."""
    if not any(name.endswith(".safetensors") for name in found):
        return None
    return fingerprint_of({name: sha256 for name, sha256 in found.items() if "/" not in name and decides(name)})


def as_bytes(document: dict[str, Any]) -> bytes:
    """The only form in which a lineage or a `run.json` is written: one changed byte shows."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode(errors="backslashreplace")


def _described(run: Path, folder: Path, state: dict[str, Any]) -> dict[str, Any]:
    found = hashes(folder)
    made = {"part": str(folder.relative_to(run)), "made_at": dt.datetime.now(dt.UTC).isoformat()}
    return _from_state(run, state) | made | {"sha256": identity(found), "files": found}


def _from_state(run: Path, state: dict[str, Any]) -> dict[str, Any]:
    measured = state.get("metrics", {})
    return {
        "run": state["name"],
        "snapshot_sha256": state["snapshot_sha256"],
        **_learned_from(state),
        **{key: state[key] for key in COPIED},
        "attempts": state.get("attempts", []),
        "base": measured.get("base") or _base(run, state),
        "energy": measured.get("energy") or _energy(run),
    }


def _base(run: Path, state: dict[str, Any]) -> dict[str, Any]:
    """As the run was begun; one that was made since has its hash in a lineage of its own."""
    base = {key: (state.get("base") or {}).get(key) for key in ("name", "sha256")}
    if base["sha256"] is None and not (run / "base").is_symlink():
        with suppress(UsageError, DataDamaged):
            base["sha256"] = read(run / "base")["sha256"]
    return base


def _learned_from(state: dict[str, Any]) -> dict[str, Any]:
    """The run's own snapshot, then those of the runs its base came out of, where that lies with a lineage."""
    base, own = Path((state.get("base") or {}).get("folder") or "/nowhere"), state["snapshot_sha256"]
    try:
        return {"snapshots": list(dict.fromkeys([own, *read(base)["snapshots"]]))}
    except UsageError:
        return {"snapshots": [own]}
    except DataDamaged as error:  # no reason to lose a training
        return {"snapshots": [own], "snapshots_lack": str(error)}


def _energy(run: Path) -> dict[str, Any] | None:
    try:
        return energy.total(json.loads((run / ENERGY).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, IndexError, TypeError):
        return None


def _write(folder: Path, document: dict[str, Any]) -> None:
    write_whole(folder / NAME, as_bytes(document | {OWN: _own(document)}))


def _own(document: dict[str, Any]) -> str:
    return hashlib.sha256(as_bytes(document)).hexdigest()


def _sha256(path: Path) -> str:
    if path.name == card.NAME:
        return hashlib.sha256(card.without_notice(path.read_bytes())).hexdigest()
    return file_sha256(path)


def _beside(run: Path) -> Iterator[tuple[str, str]]:
    """What else lies in a run's folder and stays: what it used, its logs."""
    for path in files(run):
        name = str(path.relative_to(run))
        if name not in (STATE, LOCK) and not name.startswith(PARTS):
            yield name, file_sha256(path)


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file with keys says. Raises DataDamaged where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
        reason = "it holds no keys"
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error)
    raise DataDamaged(f"{path} cannot be read: {reason}")
