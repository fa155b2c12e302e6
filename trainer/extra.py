"""Whether the packages of the `train` extra are here: everything but listing recipes and runs needs them."""

import logging
import os
from importlib.util import find_spec

from storage.errors import MissingExtra

PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "trl",
    "datasets",
    "accelerate",
    "tokenizers",
    "codecarbon",
    "tensorboardX",
)


def missing() -> list[str]:
    """The packages of the extra that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def require() -> None:
    """Raise MissingExtra naming what is not installed."""
    if absent := missing():
        raise MissingExtra(f"{', '.join(absent)} not installed; nothing was done. Run: pip install 'tabib[train]'")


def settle() -> None:
    """Set what the packages read when they are imported: nothing is fetched, idle threads sleep, no advice is given.

    By default torch's threads spin while they wait for each other. Measured with 2 threads on 2 cores that 12 other
    processes wanted: 7.3 s a step spinning, 0.12 s sleeping.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # peft imports it wherever it is installed
