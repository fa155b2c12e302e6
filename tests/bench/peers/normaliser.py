"""One normaliser over the cases and the texts given on standard input, as JSON, in whatever Python it is installed in.

python tests/bench/peers/normaliser.py NAME SECONDS
"""

import importlib
import json
import signal
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 5.0
"""Seconds for one text: some regexes never come back."""


def ours() -> Callable[[str], str]:
    from cleaning.recipe import load

    return load("default").respell


def hazm() -> Callable[[str], str]:
    """Its normaliser's modules alone: the package's own start wants gensim, fastText and numpy 1.24."""
    folder = next(path for path in map(Path, sys.path) if (path / "hazm").is_dir()) / "hazm"
    package: Any = types.ModuleType("hazm")
    package.__path__ = [str(folder)]
    sys.modules["hazm"] = package
    for name in ("utils", "word_tokenizer", "stemmer", "lemmatizer", "normalizer"):
        module = importlib.import_module(f"hazm.{name}")
        vars(package).update({key: value for key, value in vars(module).items() if not key.startswith("_")})
    return package.Normalizer().normalize  # type: ignore[no-any-return]


def parsivar() -> Callable[[str], str]:
    import parsivar

    return parsivar.Normalizer().normalize  # type: ignore[no-any-return]


def dadmatools() -> Callable[[str], str]:
    from dadmatools.normalizer import Normalizer

    return Normalizer().normalize  # type: ignore[no-any-return]


def davat() -> Callable[[str], str]:
    import davat

    return davat.normalize_persian  # type: ignore[no-any-return]


def parsikit() -> Callable[[str], str]:
    import parsikit

    return parsikit.standardize_persian  # type: ignore[no-any-return]


def persian() -> Callable[[str], str]:
    import persian

    return persian.normalize_persian  # type: ignore[no-any-return]


def ftfy() -> Callable[[str], str]:
    import ftfy

    return ftfy.fix_text  # type: ignore[no-any-return]


def patient(normalise: Callable[[str], str]) -> Callable[[str], str | None]:
    """The same, and None for a text that it fails on or does not finish in PATIENCE."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    def call(text: str) -> str | None:
        signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            return normalise(text)
        except Exception:  # noqa: BLE001 - a peer may raise anything; that is a case failed
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    return call


def measure(normalise: Callable[[str], str | None], texts: list[str], seconds: float) -> dict[str, float]:
    """Characters and processor seconds of as many texts as fit, the first few for warming up."""
    for text in texts[:5]:
        normalise(text)
    characters, began = 0, time.process_time()
    for text in texts:
        normalise(text)
        characters += len(text)
        if time.process_time() - began > seconds:
            break
    return {"characters": characters, "seconds": time.process_time() - began}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    normaliser = patient(globals()[sys.argv[1]]())
    outputs = [normaliser(text) for text in asked["cases"]]
    json.dump({"outputs": outputs} | measure(normaliser, asked["texts"], float(sys.argv[2])), sys.stdout)
