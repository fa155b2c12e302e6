"""What a run was made with: package versions and hardware, for its row and its card."""

import hashlib
import importlib.metadata
import platform
import resource
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import torch

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


SOURCES = Path(__file__).parent
GIT_SECONDS = 20


def versions() -> dict[str, str]:
    """Python's version, that of every package that shapes the weights, and of the trainer's own code; see `code`."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages, **code()}


@cache
def code() -> dict[str, str]:
    """`git`, the commit, with a word where files differ from it, if this is a checkout; `trainer_sources`, a SHA-256.

    The hash is over path and SHA-256 of every Python file of the trainer.
    """
    files = sorted(SOURCES.rglob("*.py"))
    lines = (f"{file.relative_to(SOURCES)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files)
    commit = _commit(SOURCES.parent)
    sources = hashlib.sha256("".join(lines).encode()).hexdigest()
    return ({"git": commit} if commit else {}) | {"trainer_sources": sources}


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
    """Processor, cores, threads that torch computes with (weights depend on their number), memory, GPUs."""
    return {
        "cpu": _processor(),
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "system": platform.platform(),
    }


def peak_memory_bytes() -> int:
    """The most this process held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
