"""Figures that cost more than a page may: made by one request, shown to all for a while."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

Made = TypeVar("Made")
_making = threading.Lock()


@dataclass
class Shelf:
    """What one application keeps: by name, when it was made and what it is."""

    made: dict[str, tuple[float, Any]] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)


def kept(request: Request, name: str, seconds: float, make: Callable[[], Made]) -> Made:
    """What `make` gives, made anew once it is older than `seconds`; others wait for the first that asks."""
    state = request.app.state
    with _making:
        if not hasattr(state, "shelf"):
            state.shelf = Shelf()
        lock = state.shelf.locks.setdefault(name, threading.Lock())
    with lock:
        found = state.shelf.made.get(name)
        if found is None or time.monotonic() - found[0] > seconds:
            found = state.shelf.made[name] = (time.monotonic(), make())
        given: Made = found[1]
        return given
