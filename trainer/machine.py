"""What a run was made with: package versions and hardware, for its row and its card."""

import hashlib
import importlib.metadata
import os
import platform
import resource
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import torch

from trainer import ranks

PACKAGES = (
    "tabib",
    "torch",
    "transformers",
    "peft",
    "trl",
    "accelerate",
    "datasets",
    "tokenizers",
    "safetensors",
    "numpy",
)
WHERE_INSTALLED = ("bitsandbytes", "flash-attn", "triton")  # kernels of a GPU, and of a base in 4 bits

SOURCES = Path(__file__).parent
GIT_SECONDS = 20


def versions() -> dict[str, str]:
    """What shapes the weights: Python, packages, what a GPU computes with, and our own code; see `code`."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages, **_where_installed(), **gpu_versions(), **code()}


def gpu_versions() -> dict[str, str]:
    """CUDA (or ROCm), cuDNN and the driver; nothing where torch sees no GPU."""
    if not torch.cuda.is_available():
        return {}
    found = {"cuda": torch.version.cuda, "rocm": torch.version.hip, "cudnn": torch.backends.cudnn.version()}
    return {name: str(version) for name, version in (found | {"nvidia-driver": _driver()}).items() if version}


@cache
def code() -> dict[str, str]:
    """`git`, the commit, with a word where files differ from it, if this is a checkout; a SHA-256 of the sources.

    `trainer_sources` is over path and SHA-256 of every Python file of the trainer, `storage_sources` the same of what
    selects and splits the data.
    """
    commit, storage = _commit(SOURCES.parent), SOURCES.parent / "storage"
    found = {"git": commit} if commit else {}
    found["trainer_sources"] = _sources(SOURCES)
    return found | ({"storage_sources": _sources(storage)} if storage.is_dir() else {})


def attempt(earlier: dict[str, Any], began_at: str) -> dict[str, Any]:
    """What a state says of the attempt that begins now: `versions`, `hardware`, and those of all so far in `attempts`.

    `earlier` is the state before it, empty where this one is the first.
    """
    under = {"versions": versions(), "hardware": hardware()}
    return {**under, "attempts": [*_attempts(earlier), {"began_at": began_at, **under}]}


def _attempts(earlier: dict[str, Any]) -> list[dict[str, Any]]:
    kept = earlier.get("attempts")
    if isinstance(kept, list):
        return kept
    before_they_were_kept = {"began_at": earlier.get("started_at")}
    before_they_were_kept |= {key: earlier[key] for key in ("versions", "hardware") if key in earlier}
    return [before_they_were_kept] if earlier else []


def _where_installed() -> dict[str, str]:
    found = {}
    for name in WHERE_INSTALLED:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _driver() -> str | None:
    try:
        told = _said("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    except (OSError, subprocess.SubprocessError):
        return None
    return told.splitlines()[0] if told else None


def _sources(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    lines = (f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _commit(root: Path) -> str | None:
    """None where `root` is no checkout of its own, as in site-packages within somebody's repository."""
    if not (root / ".git").exists():
        return None
    git = ("git", "-C", str(root), "--no-optional-locks")
    try:
        commit = _said(*git, "rev-parse", "HEAD")
        changed = _said(*git, "status", "--porcelain", "--", "trainer", "storage")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit} with changes" if changed else commit


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=True)
    return done.stdout.strip()


def hardware() -> dict[str, Any]:
    """Processor, cores, threads that torch computes with (weights depend on their number), memory, GPUs.

    Of several machines those of the first one, and their number under `machines`.
    """
    found = {
        "cpu": _processor(),
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "system": platform.platform(),
    }
    return found | ({"machines": several} if (several := _machines()) > 1 else {})


def peak_memory_bytes() -> int:
    """The most this process held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _machines() -> int:
    """As torchrun and accelerate tell each process how many there are on its machine; 1 where nothing does."""
    here = os.environ.get("LOCAL_WORLD_SIZE", "")
    return -(-ranks.count() // int(here)) if here.isdecimal() and int(here) else 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
