"""Which reader of letters an exam uses."""

import importlib
import re
from collections.abc import Mapping
from importlib.util import find_spec

from evaluator.asking.paper import Read

_BRACKETED = re.compile(r"\[([A-Z])\]")


def reader() -> Read:
    """The project's reader of letters; where it is not there, the one letter that stands in brackets."""
    if find_spec("evaluator.letters") is None:
        return bracketed
    found: Read = importlib.import_module("evaluator.letters").read
    return found


def bracketed(text: str, options: Mapping[str, str]) -> str | None:
    """The one option's letter that stands in brackets, as the prompts write them; None for none or several."""
    found = set(_BRACKETED.findall(text)) & options.keys()
    return found.pop() if len(found) == 1 else None
