"""Hand the benchmarks' items to storage, as runs of words: cleaning and exports look for them in training texts."""

from collections.abc import Sequence
from pathlib import Path

from evaluator.benchmark import named, names
from storage import benchmarks
from storage.benchmarks import Registered
from storage.benchmarks.files import of_items, published


def own() -> list[Registered]:
    """Every benchmark of the folder that has texts of its own: one that asks a snapshot's pairs has none."""
    found = {name: named(name).items() for name in names()}
    return [of_items(name, items) for name, items in found.items() if items]


def given(paths: Sequence[Path]) -> list[Registered]:
    """Benchmarks in files, each named after its file. Raises UsageError."""
    return [of_items(path.name.split(".")[0].lower().replace("_", "-"), published(path)) for path in paths]


def register(found: Sequence[Registered], folder: Path | None = None) -> list[Path]:
    """Write them into the folder, the data folder's own by default."""
    return [benchmark.write(folder or benchmarks.own_folder()) for benchmark in found]
