"""The pulse of a spider process: its leases are renewed from a thread, however long the reactor reads one page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from crawlers.frontier.queue import OPEN, STOPPED
from crawlers.outage import Outage
from storage import addresses, db

if TYPE_CHECKING:
    from crawlers.frontier.queue import LeaseQueue

logger = logging.getLogger(__name__)
RENEW_SECONDS = 4.0
NOTE_MS = 2000


@dataclass(frozen=True, slots=True)
class Held:
    """A lease of this process: what it is for and since when (`time.monotonic`)."""

    fingerprint: bytes
    since: float


class Heartbeat:
    """Renews the leases in `held`, drops from it those that have passed on, and has the ledger name their holder."""

    def __init__(self, queue: LeaseQueue, worker: str, on_stop: Callable[[], None] = lambda: None) -> None:
        """`on_stop` is called once, in the thread, when the operator has stopped the site."""
        self.queue, self.worker = queue, worker
        self.held: dict[str, Held] = {}
        self.noted: set[str] = set()
        self.state, self.on_stop = OPEN, on_stop
        self.ended = threading.Event()
        self.redis, self.database = Outage(told=False), Outage(told=False)  # the scheduler and the pipeline tell
        self.thread = threading.Thread(target=self._beat, name=f"heartbeat {queue.spider.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End, at once."""
        self.ended.set()

    def hold(self, lease: str, fingerprint: bytes) -> None:
        """Renew `lease` from now on."""
        self.held[lease] = Held(fingerprint, time.monotonic())

    def release(self, lease: str) -> None:
        """Renew it no more."""
        self.held.pop(lease, None)

    def renew(self) -> None:
        """One beat."""
        with self.redis:
            before = self.state
            self.state, lost = self.queue.renew(self.worker, list(self.held))
            if self.state != before != STOPPED:
                self.on_stop()
            for lease in lost:
                self.held.pop(lease, None)
        self._note()

    def _note(self) -> None:
        """Have the ledger say who works on what takes longer than a beat; what is quicker is told by its end."""
        now = time.monotonic()
        slow = {lease: held for lease, held in list(self.held.items()) if now - held.since > RENEW_SECONDS}
        self.noted &= set(slow)
        fresh = [(held.fingerprint, int(lease)) for lease, held in slow.items() if lease not in self.noted]
        if fresh:
            with self.database, db.session() as session:
                session.execute(text(f"SET LOCAL statement_timeout = {NOTE_MS}"))  # a slow note must delay no beat
                addresses.mark_leased(session, self.worker, fresh)
            self.noted |= set(slow)

    def _beat(self) -> None:
        while not self.ended.wait(RENEW_SECONDS):
            try:
                self.renew()
            except Exception as error:  # noqa: BLE001 - a beat that fails must not be the last one
                logger.error("leases could not be renewed (%s)", type(error).__name__)
