"""Whether the packages of the `train` extra are here: everything but listing recipes and runs needs them."""

from importlib.util import find_spec

from storage.errors import MissingExtra

PACKAGES = ("torch", "transformers", "peft", "trl", "datasets", "accelerate", "tokenizers", "codecarbon")


def missing() -> list[str]:
    """The packages of the extra that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def require() -> None:
    """Raise MissingExtra naming what is not installed."""
    if absent := missing():
        raise MissingExtra(f"{', '.join(absent)} not installed; nothing was done. Run: pip install 'tabib[train]'")
