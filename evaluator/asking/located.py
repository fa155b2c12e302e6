"""Where a local model's weights lie: a folder of its own, or an adapter's and its base's. Nothing here needs torch."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluator import model as models
from storage.errors import UsageError
from storage.runs import fingerprint

ADAPTER, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


@dataclass(frozen=True)
class Located:
    """A model's folder; `adapter` is the folder of LoRA weights that are merged into it when it is loaded."""

    folder: Path
    adapter: Path | None = None

    @cached_property
    def sha256(self) -> str:
        """A model's own identity; an adapter's is that of base and adapter together."""
        base = models.identity(self.folder)
        if self.adapter is None:
            return base
        return hashlib.sha256(f"{base}\n{fingerprint(self.adapter)}\n".encode()).hexdigest()


def located(folder: Path, base: Path | None = None) -> Located:
    """The model in a folder. An adapter's base is `base`, or what its configuration names and this machine holds.

    Raises UsageError where the folder holds neither model nor adapter, or the base is not here.
    """
    if (folder / models.CONFIG).is_file() or not (folder / ADAPTER).is_file():
        models.check(folder)
        if base is not None:
            raise UsageError(f"{folder} is a whole model: --on is for an adapter")
        return Located(folder)
    if not (folder / WEIGHTS).is_file():
        raise UsageError(f"{folder} has no {WEIGHTS}; other forms can run code when read and are refused")
    on = base or _named(folder)
    models.check(on)
    return Located(on, folder)


def _named(adapter: Path) -> Path:
    """The base that an adapter's configuration names: a folder, or a model of the hub in this machine's cache."""
    name = _configuration(adapter).get("base_model_name_or_path")
    if not isinstance(name, str) or not name:
        raise UsageError(f"{adapter / ADAPTER} names no base: give it with --on FOLDER")
    for folder in (Path(name), adapter / name):
        if folder.is_dir():
            return folder.absolute()
    if found := _cached(name):
        return found
    raise UsageError(f"the base of {adapter}, {name}, is not on this machine: give its folder with --on FOLDER")


def _configuration(adapter: Path) -> dict[str, Any]:
    try:
        found = json.loads((adapter / ADAPTER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{adapter / ADAPTER} cannot be read ({type(error).__name__})") from None
    return found if isinstance(found, dict) else {}


def _cached(name: str) -> Path | None:
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # noqa: BLE001  no hub library, no such name, nothing in the cache: all the same here
        return None
