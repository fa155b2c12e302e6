"""A run's folder: its name, its lock, what it says of itself, and its row in the database.

The name is made of recipe, snapshot, base and seed, so the same training is always the same run: a finished one is
recognised, an interrupted one is gone on with.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.blobs import write_whole
from storage.errors import DataDamaged, DiskFull, TabibError, UsageError
from storage.settings import settings
from trainer import disk
from trainer.recipe import Recipe
from trainer.source import Frozen

STATE, ENERGY, LOCK = "run.json", "energy.json", "lock"
ROOM_FOR_A_SMALL_RUN = 64 << 20
ROOM_BESIDE_MODELS = 1 << 30  # checkpoints of an adapter with its optimizer, and the encoded data
MODELS_KEPT_AT_ONCE = 2  # the one the last stage starts from and the one it writes


class RunFolder:
    """One run on the disk."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, runs_root() / name
        self.base, self.merged, self.work = self.path / "base", self.path / "merged", self.path / "work"
        self.logs = self.path / "logs"

    def state(self) -> dict[str, Any]:
        """What `run.json` says; empty before the run was begun."""
        try:
            return dict(json.loads((self.path / STATE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DataDamaged(
                f"{self.path / STATE} cannot be read ({error}): remove {self.path}, train again"
            ) from None

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

    def require_room(self, base: Path | None) -> None:
        """Raise DiskFull where a training from the model in `base` would not fit."""
        weights = sum(file.stat().st_size for file in base.glob("*.safetensors")) if base else 0
        needed = MODELS_KEPT_AT_ONCE * weights + ROOM_BESIDE_MODELS if base else ROOM_FOR_A_SMALL_RUN
        runs_root().mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(runs_root()).free
        if free < needed:
            raise DiskFull(
                f"{runs_root()} has {free >> 20} MiB free, the training needs about {needed >> 20} MiB: "
                "make room or set TABIB_DATA_DIR, then run it again"
            )

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
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with self._full_disk_told():
                yield
        except BlockingIOError:
            raise UsageError(f"run {self.name} is being trained by another process") from None
        finally:
            os.close(handle)

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


def runs_root() -> Path:
    """Where all runs lie."""
    return settings().home / "runs"


def of(recipe: Recipe, base_sha256: str | None, snapshot: Frozen) -> RunFolder:
    """The folder of this training; a base that is made has no hash before."""
    identity = json.dumps([recipe.sha256, base_sha256, snapshot.sha256])
    key = hashlib.sha256(identity.encode()).hexdigest()
    return RunFolder(f"{recipe.name}-{snapshot.sha256[:8]}-{key[:6]}")


def newest_unfinished(recipe: Recipe) -> RunFolder:
    """The run of the recipe that was begun last and is not done; UsageError if there is none."""
    begun = [RunFolder(path.parent.name) for path in runs_root().glob(f"*/{STATE}")]
    states = [(run.state(), run) for run in begun]
    open_ = [
        (s["started_at"], run) for s, run in states if s["recipe_sha256"] == recipe.sha256 and s["status"] != "done"
    ]
    if not open_:
        raise UsageError(f"no run of recipe {recipe.name} waits to be gone on with: leave --resume out to begin one")
    return max(open_, key=lambda pair: str(pair[0]))[1]
