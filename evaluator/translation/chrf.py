"""How alike two texts are by their runs of letters: chrF (Popović 2015), by sacrebleu."""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from storage.errors import MissingExtra

LARGEST = 20_000
"""Characters that are compared: time goes with them."""


def require() -> None:
    """Raise MissingExtra without sacrebleu, before anything is paid for."""
    if find_spec("sacrebleu") is None:
        raise MissingExtra(
            "chrF of back-translations needs sacrebleu: pip install 'tabib[translate]', or give --no-back"
        )


@lru_cache(maxsize=1 << 16)
def chrf(text: str, reference: str) -> float:
    """From 0 to 100: runs of up to six letters, recall twice as heavy as precision. Raises MissingExtra."""
    return float(_metric().sentence_score(text[:LARGEST], [reference[:LARGEST]]).score)


@lru_cache(maxsize=1)
def _metric() -> Any:
    require()
    return import_module("sacrebleu.metrics").CHRF()
