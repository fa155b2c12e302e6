"""A service that stops answering in the middle: wait for it, say so once, and in the end give up in order."""

from __future__ import annotations

import logging
import time

from storage.errors import ServiceUnavailable
from storage.redis import translated_errors

logger = logging.getLogger(__name__)
PATIENCE_SECONDS = 60.0
"""How long a service may stay away before the worker stops: PostgreSQL's and Valkey's own recovery takes seconds."""
PAUSE_SECONDS = 1.0
LATELY_SECONDS = 30.0
"""A failure that is older says nothing of now: the longest that one attempt takes to fail."""
AWAY, DISK_FULL = "service away", "disk full"
"""How a spider's closing reason begins where it was not the site that ended the crawl."""


class Outage:
    """What one worker knows of one service's health: `with outage:` around each use of it."""

    def __init__(self, told: bool = True) -> None:
        """`told` is False where another process tells of the same outage."""
        self.told = told
        self.since: float | None = None
        self.last = 0.0
        self.message = ""

    def __enter__(self) -> None:
        """Open a block that needs the service."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        """Swallow the service's connection error, remembering it; a block that ends well ends the outage."""
        if error is None:
            self._answered()
            return False
        try:
            with translated_errors():
                raise error
        except ServiceUnavailable as unavailable:
            self._failed(str(unavailable))
            return True
        except BaseException:  # noqa: BLE001 - any other error goes on as it came
            return False

    @property
    def waiting(self) -> bool:
        """Whether the last failure is so recent that asking again would only be a burden."""
        return self.since is not None and time.monotonic() - self.last < PAUSE_SECONDS

    @property
    def over(self) -> bool:
        """Whether the service stayed away for longer than anyone waits, and did so when it was asked lately."""
        now = time.monotonic()
        lately = now - self.last < LATELY_SECONDS
        return self.since is not None and lately and now - self.since > PATIENCE_SECONDS

    def _failed(self, message: str) -> None:
        now, before = time.monotonic(), self.last
        self.last = now
        if self.since is None or now - before > LATELY_SECONDS:  # what was not asked between may have been well
            self.since = self.last
            self._tell("waiting up to %.0f s: %s", PATIENCE_SECONDS, message)
        self.message = message

    def _answered(self) -> None:
        if self.since is not None:
            self._tell("the service is back after %.0f s", time.monotonic() - self.since)
        self.since = None

    def _tell(self, message: str, *values: object) -> None:
        if self.told:
            logger.warning(message, *values)
