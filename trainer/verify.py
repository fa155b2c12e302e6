"""Every hash of a run, or of one part of it, computed again from the files: what is right, wrong or absent."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from storage import db, runs, schema
from storage.errors import DataDamaged, ServiceUnavailable, UsageError
from storage.models import Run
from storage.settings import settings
from storage.snapshots import file_sha256
from trainer import forgotten, items, lineage, recipe
from trainer.folder import STATE, RunFolder
from trainer.items import ABSENT, ADDED, CHANGED, MISSING, RIGHT, WRONG, Item

OF_THE_RUN = ("snapshot_sha256", "recipe_sha256", "seed")  # what each of its parts was made of
PARTIAL = re.compile(r"^(work/[^/]+)/")


def verify(folder: Path, row: bool = True) -> dict[str, Any]:
    """What is found in a run's folder or that of a part of one: name, folder, items, forgotten.

    `row` also holds a run against its row, where the database can be asked.
    """
    is_run = (folder / STATE).is_file()
    found = list(_of_run(folder, row) if is_run else items.part(folder, ""))
    name, model = folder.name, folder / "merged" if is_run else folder
    known: list[str] = []
    try:
        stated = lineage.read(model)
        name, known = stated["run"], stated["snapshots"]
    except (DataDamaged, UsageError):
        pass
    marked = forgotten.of_run(name, snapshots=known) if row else None
    return {"name": name, "folder": str(folder), "items": found, "forgotten": marked}


def damage(found: dict[str, Any]) -> DataDamaged | None:
    """The error that a command ends on, naming every file that is not as it was."""
    bad: dict[str, str] = {}
    for item in found["items"]:
        if item.is_damage:
            bad |= item.files or {item.name: item.status}
    if not bad:
        return None
    listed = ", ".join(f"{path} ({what})" for path, what in bad.items())
    return DataDamaged(
        f"{found['name']} is not what it was when it was made: {listed}. Bring {found['folder']} back from where it "
        "came, or train it again"
    )


def as_json(found: dict[str, Any]) -> dict[str, Any]:
    """The same for a machine."""
    return found | {"items": [asdict(item) for item in found["items"]]}


def told(found: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [f"{found['name']}: {found['folder']}"]
    for item in found["items"]:
        lines.append(f"  {item.status:<7} {item.name:<28} {item.note}".rstrip())
        lines += [f"            {path}: {what}" for path, what in item.files.items()]
    return "\n".join([*lines, forgotten.told(found["forgotten"])])


def _of_run(run: Path, row: bool) -> Iterator[Item]:
    try:
        state = lineage.read_json(run / STATE)
    except DataDamaged as error:
        yield Item(STATE, WRONG, {STATE: CHANGED}, str(error))
        state = {}
    if state and state.get("status") != "done":
        if not _has_ended(run):
            yield Item(STATE, RIGHT, note=f"the run is {state.get('status')}: only its finished parts have hashes")
            yield from _unfinished(run, state)
            return
        note = "it is not done, and has what only a finished run has: if it was stopped at its very end, train on"
        yield Item(STATE, WRONG, {STATE: CHANGED}, note)
    older = _is_older(run, state)
    yield from (_eased(item) if older else item for item in _of_done(run, state))
    if row and state:
        yield _row(state)


def _has_ended(run: Path) -> bool:
    """Whether what a training leaves last is there, and no living process is about to leave it."""
    if not any((run / part).exists() for part in ("merged", "adapter")):
        return False
    try:
        return not RunFolder(str(run.absolute())).is_held()  # of two absolute paths joined, the second one stands
    except OSError:
        return True


def _of_done(run: Path, state: dict[str, Any]) -> Iterator[Item]:
    whole, hashes = _whole(run), lineage.hashes(run / "merged")
    if state.get("status") == "done" and whole:
        yield items.file(STATE, run / STATE, str(whole.get("run_json_sha256")))
    yield from (items.file(name, run / name, sha256) for name, sha256 in _hashes(whole, "beside").items())
    yield _recipe(state)
    yield _snapshot(state, whole)
    yield from _base(run, state, whole)
    yield from _adapters(run, state, whole)
    yield from items.part(run / "merged", "merged", hashes, _own(state, "merged", state.get("model_sha256")))
    if state:
        yield _identity(hashes, state)


def _adapters(run: Path, state: dict[str, Any], whole: dict[str, Any]) -> Iterator[Item]:
    """Those that were sealed, each the one it was; of a run without a seal those that are there."""
    sealed, there = _hashes(whole, "adapters"), sorted(path.name for path in (run / "adapter").glob("*"))
    for name in sealed or there:
        place = f"adapter/{name}"
        wanted = _own(state, place) | ({"sha256": (sealed[name],)} if sealed else {})
        yield from items.part(run / place, place, wanted=wanted)
    for name in there if whole else ():
        if name not in sealed:
            yield Item(f"adapter/{name}", WRONG, {f"adapter/{name}": ADDED})


def _own(state: dict[str, Any], place: str, sha256: str | None = None) -> dict[str, tuple[Any, ...]]:
    """What the lineage of a part of this run says."""
    if not state:
        return {}
    said = {key: (state.get(key),) for key in OF_THE_RUN} | {"run": (state.get("name"),)}
    return said | {"part": (place, *_before(place))} | ({"sha256": (sha256,)} if sha256 else {})


def _before(place: str) -> Iterator[str]:
    """Where a stage that is not sealed yet wrote what lies there now."""
    if PARTIAL.match(place):
        yield PARTIAL.sub(r"\1.partial/", place)


def _is_older(run: Path, state: dict[str, Any]) -> bool:
    """Whether it was made before lineages were written; then it has none at all."""
    versions = state.get("versions")
    return isinstance(versions, dict) and "trainer_sources" not in versions and not any(run.rglob(lineage.NAME))


def _eased(item: Item) -> Item:
    """A run that was made before lineages were written is not damaged by having none."""
    if item.status == ABSENT and item.name.endswith(lineage.NAME):
        return replace(item, needed=False, note="made before lineages were written: no hashes of its files")
    return item


def _whole(run: Path) -> dict[str, Any]:
    try:
        return lineage.read(run / "merged")
    except (DataDamaged, UsageError):  # which is told as an item of its own
        return {}


def _hashes(whole: dict[str, Any], key: str) -> dict[str, str]:
    found = whole.get(key)
    return {str(name): str(sha256) for name, sha256 in found.items()} if isinstance(found, dict) else {}


def _unfinished(run: Path, state: dict[str, Any]) -> Iterator[Item]:
    for path in sorted(run.rglob(lineage.NAME)):
        place = str(path.parent.relative_to(run))
        wanted = _own(state, place)
        if place == "base":  # it was a stage's, of a name that only the recipe knows
            del wanted["part"]
        with suppress(FileNotFoundError):  # the training goes on meanwhile and removes older checkpoints
            yield from items.part(path.parent, place, wanted=wanted)


def _recipe(state: dict[str, Any]) -> Item:
    """Its hash made again from its text."""
    try:
        same = recipe.sha256_of(str(state.get("recipe"))) == state.get("recipe_sha256")
    except ValueError:
        same = False
    return items.judged("recipe", {} if same else {"recipe_sha256": CHANGED}, "from its text")


def _snapshot(state: dict[str, Any], whole: dict[str, Any]) -> Item:
    sha256 = str(whole.get("snapshot_sha256") or state.get("snapshot_sha256"))
    places = [Path(str(state.get("snapshot_folder"))), settings().home / "snapshots" / sha256[:16]]
    return items.snapshot(sha256, whole.get("manifest_json_sha256"), places)


def _base(run: Path, state: dict[str, Any], whole: dict[str, Any]) -> Iterator[Item]:
    """A base that was made lies with its lineage; one that was given is at hand or not, and hashed file by file."""
    base, given = run / "base", state.get("base")
    if base.is_dir() and not base.is_symlink():
        yield from items.part(base, "base", wanted=_own(state, "base", _base_sha256(state)))
    elif not base.is_dir():
        elsewhere = bool(given.get("folder")) if isinstance(given, dict) else base.is_symlink()
        bad = {} if elsewhere else {"base": MISSING}
        yield Item("base", ABSENT, bad, "not at hand" if elsewhere else "", not elsewhere)
    elif whole:
        found = {file.name: file_sha256(file) for file in runs.decisive(base)}
        yield items.compared("base", _hashes(whole, "base_files"), found, "base/")


def _base_sha256(state: dict[str, Any]) -> str | None:
    try:
        return str(state["metrics"]["base"]["sha256"])
    except (KeyError, TypeError):
        return None


def _identity(hashes: dict[str, str], state: dict[str, Any]) -> Item:
    same = lineage.identity(hashes) == state.get("model_sha256")
    bad = {} if same else {"model_sha256": CHANGED}
    return items.judged("model_sha256", bad, "weights, configuration and tokenizer together")


def _row(state: dict[str, Any]) -> Item:
    try:
        schema.require_head()
        with db.session() as session:
            kept = session.get(Run, str(state.get("name")))
    except ServiceUnavailable:
        return Item("row", ABSENT, note="the database cannot be asked from here", needed=False)
    if kept is None:
        return Item("row", ABSENT, note="not registered: trainer register FOLDER", needed=False)
    keys = ("snapshot_sha256", "recipe", "seed", *(["model_sha256"] if kept.status == "done" else []))
    other = {f"row.{key}": CHANGED for key in keys if getattr(kept, key) != state.get(key)}
    return items.judged("row", other, f"in the database, {kept.status}")
