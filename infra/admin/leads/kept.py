"""Figures that cost more than a page may: made by one request, shown to all for a while."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

from storage.errors import TabibError

logger = logging.getLogger(__name__)

Made = TypeVar("Made")
_making = threading.Lock()


@dataclass
class Shelf:
    """What one application keeps: by name, when it was made and what it is."""

    made: dict[str, tuple[float, Any]] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)


def kept(request: Request, name: str, seconds: float, make: Callable[[], Made]) -> Made:
    """What `make` gave. Once that is older than `seconds` it is made anew meanwhile: nobody waits but for the first."""
    state = request.app.state
    with _making:
        if not hasattr(state, "shelf"):
            state.shelf = Shelf()
        shelf: Shelf = state.shelf
        lock = shelf.locks.setdefault(name, threading.Lock())
    found = shelf.made.get(name)
    if found is not None and time.monotonic() - found[0] > seconds and lock.acquire(blocking=False):
        threading.Thread(target=_anew, args=(shelf, name, make, lock), daemon=True).start()
    if found is None:
        with lock:
            found = shelf.made.get(name) or _put(shelf, name, make)
    given: Made = found[1]
    return given


def _anew(shelf: Shelf, name: str, make: Callable[[], Any], lock: threading.Lock) -> None:
    try:
        _put(shelf, name, make)
    except TabibError as error:  # the older figures stay, with the time at which they were made
        logger.warning("figures of %s could not be made: %s", name, error)
    finally:
        lock.release()


def _put(shelf: Shelf, name: str, make: Callable[[], Any]) -> tuple[float, Any]:
    shelf.made[name] = found = (time.monotonic(), make())
    return found


def forget(request: Request, name: str) -> None:
    """Have the figures of that name made anew by who asks next."""
    if hasattr(request.app.state, "shelf"):
        request.app.state.shelf.made.pop(name, None)
