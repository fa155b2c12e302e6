"""A run's folder: its name, its lock, what it says of itself, and its row in the database.

The name is made of recipe, snapshot, base and seed, so the same training is always the same run: a finished one is
recognised, an interrupted one is gone on with.
"""

import fcntl
import hashlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from storage.blobs import write_whole
from storage.errors import DataDamaged, DiskFull, TabibError, UsageError
from storage.settings import settings
from trainer import disk
from trainer.recipe import Recipe
from trainer.source import Frozen

STATE, ENERGY, LOCK = "run.json", "energy.json", "lock"
NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,119}")  # of a run: `trainer register` takes no other
LONGEST_STEM = 104  # characters of a recipe's name, which hashes follow in that of a run
TO_GO_ON = ("recipe_sha256", "status", "started_at", "snapshot_folder")
ROOM_FOR_A_SMALL_RUN = 64 << 20
ROOM_BESIDE_MODELS = 3 << 29  # the encoded data: of 57 million tokens rows, sequences and packs are 1.3 GiB
CHECKPOINTS_AT_ONCE = 3  # two are kept, and the oldest goes only when a third is written
BYTES_IN_A_CHECKPOINT = 12  # of a trained weight: itself and AdamW's two moments
MODELS_KEPT_AT_ONCE = 2  # the one a stage starts from, if another stage left it, and the one it writes
BYTES = {"float32": 4, "bfloat16": 2}  # of a weight, by the recipe's dtype
LOOKS, BETWEEN_LOOKS = 10, 0.05  # seconds
LONGEST_HEADER = 100 << 20  # of a file of safetensors, as that library has it


class RunFolder:
    """One run on the disk."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, runs_root() / name
        self.base, self.merged, self.work = self.path / "base", self.path / "merged", self.path / "work"
        self.logs, self.events = self.path / "logs", self.path / "tensorboard"

    def state(self) -> dict[str, Any]:
        """What `run.json` says; empty before the run was begun. Raises DataDamaged where it cannot be read."""
        try:
            found = json.loads((self.path / STATE).read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
            reason = "it holds no keys"
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            reason = str(error)
        raise DataDamaged(f"{self.path / STATE} cannot be read ({reason}): remove {self.path}, train again")

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace `run.json`, whole or not at all."""
        write_whole(self.path / STATE, json.dumps(state, ensure_ascii=False, indent=1).encode())

    def is_done(self) -> bool:
        """Whether the training was finished and its model is there."""
        return self.state().get("status") == "done" and self.merged.is_dir()

    def earlier_energy(self) -> list[dict[str, Any]]:
        """What earlier, interrupted attempts used, as far as it was kept."""
        try:
            return list(json.loads((self.path / ENERGY).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return []

    def write_energy(self, readings: list[dict[str, Any]]) -> None:
        """Keep what all attempts used so far."""
        write_whole(self.path / ENERGY, json.dumps(readings).encode())

    def require_room(self, base: Path | None, recipe: Recipe) -> None:
        """Raise DiskFull where what is still to be written of a training from the model in `base` would not fit."""
        needed = self._still_to_write(base, recipe) if base else ROOM_FOR_A_SMALL_RUN
        runs_root().mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(runs_root()).free
        if free < needed:
            raise DiskFull(
                f"{runs_root()} has {free >> 20} MiB free, the training needs about {needed >> 20} MiB: "
                "make room or set TABIB_DATA_DIR, then run it again"
            )

    def _still_to_write(self, base: Path, recipe: Recipe) -> int:
        """Bytes: all the room that models and checkpoints take at once, less that of models which lie there already."""
        content = recipe.content
        at_once = min(MODELS_KEPT_AT_ONCE, len(content.stages))
        there = [*self.work.glob("*/model/*.safetensors"), *self.merged.glob("*.safetensors")]
        models = at_once * _weights(base) * BYTES[content.base.dtype] - sum(file.stat().st_size for file in there)
        trained = max(_adapter(base, stage.lora or {}) for stage in content.stages)
        return max(0, models) + CHECKPOINTS_AT_ONCE * BYTES_IN_A_CHECKPOINT * trained + ROOM_BESIDE_MODELS

    def is_held(self) -> bool:
        """Whether a living process trains it."""
        try:
            handle = os.open(self.path / LOCK, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else trains this run meanwhile; the kernel lets go when the process dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._lock(handle)
            for left in self.path.glob(".partial-*"):  # by a process that was killed as it wrote
                left.unlink(missing_ok=True)
            with self._full_disk_told():
                yield
        finally:
            os.close(handle)

    def _lock(self, handle: int) -> None:
        """Wait a moment for whoever only asks whether it is held. Raises UsageError where it is being trained."""
        for _ in range(LOOKS):
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(BETWEEN_LOOKS)
        raise UsageError(f"run {self.name} is being trained by another process")

    @contextmanager
    def _full_disk_told(self) -> Iterator[None]:
        try:
            yield
        except TabibError:  # says itself what is wrong
            raise
        except Exception as error:
            if disk.is_full(error, self.path):
                raise disk.told(self.path) from error
            raise


def _weights(model: Path) -> int:
    """How many weights a model's files hold. Raises DataDamaged where one has no header of safetensors."""
    return sum(math.prod(shape) for file in model.glob("*.safetensors") for shape in _shapes(file).values())


def _adapter(model: Path, lora: dict[str, Any]) -> int:
    """At most how many weights an adapter of it has: of a pattern or `all-linear`, one of every matrix."""
    named = lora.get("target_modules")
    targets = tuple(named) if isinstance(named, list) else ()
    matrices = (
        shape
        for file in model.glob("*.safetensors")
        for name, shape in _shapes(file).items()
        if len(shape) == 2 and (not targets or name.removesuffix(".weight").endswith(targets))
    )
    return int(lora.get("r", 8)) * sum(map(sum, matrices))


def _shapes(file: Path) -> dict[str, list[int]]:
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(length, LONGEST_HEADER)))
        return {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataDamaged(f"{file} is no file of safetensors ({error}): bring it back from where it came") from None


def runs_root() -> Path:
    """Where all runs lie."""
    return settings().home / "runs"


def require_name(recipe: Recipe) -> None:
    """Raise UsageError where no run can be named after the recipe."""
    if len(recipe.name) > LONGEST_STEM or not NAME.fullmatch(recipe.name):
        raise UsageError(
            f"a run is named after its recipe, and {recipe.name[:60]!r} is no name for one: rename its file to one of "
            f"A-Z a-z 0-9 _ first, then letters, digits, _ . and -, {LONGEST_STEM} at most; nothing was done"
        )


def of(recipe: Recipe, base_sha256: str | None, snapshot: Frozen) -> RunFolder:
    """The folder of this training; a base that is made has no hash before."""
    identity = json.dumps([recipe.sha256, base_sha256, snapshot.sha256])
    key = hashlib.sha256(identity.encode()).hexdigest()
    return RunFolder(f"{recipe.name}-{snapshot.sha256[:8]}-{key[:6]}")


def to_go_on(recipe: Recipe, snapshot_sha256: str | None = None) -> RunFolder:
    """The run of the recipe, on that snapshot if one is named, that was begun last; one that is not done comes first.

    A folder whose `run.json` cannot be read or says too little is passed over. Raises UsageError if there is none.
    """
    begun = [RunFolder(path.parent.name) for path in sorted(runs_root().glob(f"*/{STATE}"))]
    states = [(_to_go_on(run), run) for run in begun]
    ours = [(s, run) for s, run in states if s and s["recipe_sha256"] == recipe.sha256]
    ours = [(s, run) for s, run in ours if snapshot_sha256 in (None, s.get("snapshot_sha256"))]
    if not ours:
        unread = ", ".join(run.name for s, run in states if s is None)
        passed = f" ({unread} passed over: {STATE} there says too little)" if unread else ""
        on = f" on snapshot {snapshot_sha256[:16]}" if snapshot_sha256 else ""
        raise UsageError(
            f"no run of recipe {recipe.name}{on} waits to be gone on with{passed}: leave --resume out to begin one"
        )
    return max(ours, key=lambda pair: (pair[0]["status"] != "done", pair[0]["started_at"]))[1]


def _to_go_on(run: RunFolder) -> dict[str, Any] | None:
    try:
        state = run.state()
    except (DataDamaged, OSError):
        return None
    return state if all(isinstance(state.get(key), str) for key in TO_GO_ON) else None
