"""Watching a site's reader while it works: a broken one is told, and what it reads is kept apart from then on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crawlers import health
from storage import db, quarantine

if TYPE_CHECKING:
    from crawlers.frontier.queue import LeaseQueue

logger = logging.getLogger(__name__)


def look(queue: LeaseQueue) -> None:
    """Judge the newest pages of the farm; quarantine the site where a field is missing. Raises Redis' errors."""
    window = queue.server.lrange(queue.window, 0, -1)
    before = {name.decode(): int(count) for name, count in queue.server.hgetall(queue.history).items()}
    faults = health.broken(window, queue.spider.must_have, before)
    if faults:
        _quarantine(queue, window, "; ".join(map(str, faults)))


def _quarantine(queue: LeaseQueue, window: list[bytes], cause: str) -> None:
    fingerprints = [entry.partition(b":")[2] for entry in window]
    with db.session() as session:
        if quarantine.begin(session, queue.spider.name, cause, fingerprints):
            logger.error("%s: its reader is taken for broken: %s", queue.spider.name, cause)
