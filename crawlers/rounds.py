"""A round of a site: what is due waits in the frontier, listings first; and the frontier made anew from the ledger.

The ledger is written first and the frontier after it, under a lock of the ledger, so that a death in between leaves
addresses that the ledger knows to wait: the next round, or the same crawl before it ends, offers them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from crawlers.frontier.entries import LISTING, RECORD, Link, encode
from crawlers.frontier.pace import ALWAYS, LONGEST_BACKOFF, Pace
from crawlers.hours import minutes
from crawlers.settings import SLOWNESS_FACTOR, Crawl
from storage import addresses, db, sources
from storage.addresses import Found, Waiting
from storage.errors import TabibError, UsageError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from crawlers.frontier.queue import LeaseQueue
    from crawlers.site import Site

LIVE = "the live site"
LOCAL_BACKOFF = 1.0
"""Seconds that a stand-in is waited for at most after it failed."""
ROUND_SECONDS = 6 * 3600
"""A crawl that goes on for ever looks at a site's newest listings so often."""


class Busy(TabibError):
    """Another process begins a round of the site, or builds its frontier; raised by `rebuild`."""


def begin(queue: LeaseQueue, recheck: bool = False) -> bool:
    """Let what is due wait, seeds first; False where a round is under way. Builds a frontier that was wiped."""
    with _locked(queue.spider) as free:
        if not free:
            return False  # another machine begins it at this moment
        if not queue.built():
            _restore(queue, lambda _: None)
        if any(queue.pending()):
            return False
        queue.server.delete(queue.listed)
        queue.server.hset(queue.control, "begun", queue.server.time()[0])
        with db.session() as session:
            _seed(session, queue.spider)
            addresses.due(session, queue.spider.name, recheck)
        with db.session() as session:
            for batch in addresses.waiting(session, queue.spider.name):
                queue.offer([_link(queue.spider, w) for w in batch])
    return True


def rebuild(queue: LeaseQueue, told: Callable[[int], None] = lambda _: None) -> int:
    """Make the frontier anew from the ledger; returns how many addresses wait. `told` is given how many are done."""
    with _locked(queue.spider) as free:
        if not free:
            raise Busy(f"{queue.spider.name} is being built by another process: wait for it")
        return _restore(queue, told)


def due(queue: LeaseQueue) -> bool:
    """Whether it is time for another round: nothing waits, and the last one began ROUND_SECONDS ago."""
    begun = int(queue.server.hget(queue.control, "begun") or 0)
    return not any(queue.pending()) and queue.server.time()[0] - begun >= ROUND_SECONDS


def stranded(queue: LeaseQueue) -> int:
    """How many addresses the ledger knows to wait though the frontier holds none."""
    with db.session() as session:
        return addresses.count_pending(session, queue.spider.name)


def set_pace(queue: LeaseQueue, crawl: Crawl) -> None:
    """Tell the farm's budget for the site's host: what its operator set, else what the crawl was asked for.

    Raises UsageError where workers crawl it at another address at this moment.
    """
    site = queue.spider
    with db.session() as session:
        rules = sources.rules(session, site.name, site.hosts[0])
    local = site.hosts[0] in crawl.connect_to
    target = crawl.connect_to.get(site.hosts[0], LIVE)
    delay = crawl.delay if rules.delay is None else rules.delay
    if queue.alive():
        other = (queue.server.hget(queue.control, "target") or target.encode()).decode()
        if (other == LIVE) != (target == LIVE):  # a stand-in's pages must not pass for the site's
            raise UsageError(f"{site.name} is being crawled at {other}: one frontier cannot serve {target} too")
        asked = Pace(queue.server, site.hosts[0]).state().delay if rules.delay is None else delay
        delay = max(delay, asked)  # whoever comes later makes nobody less polite
    hours = minutes(rules.hours) if rules.hours else ALWAYS
    factor, backoff = (0.0, LOCAL_BACKOFF) if local else (SLOWNESS_FACTOR, LONGEST_BACKOFF)
    Pace(queue.server, site.hosts[0]).set_rules(delay, factor, hours, backoff)
    queue.pause(rules.paused)
    queue.server.hset(queue.control, "target", target)


def _restore(queue: LeaseQueue, told: Callable[[int], None]) -> int:
    queue.clear()
    done = waiting = 0
    with db.session(repeatable=True) as session:
        queue.server.set(queue.fence, max(addresses.last_fence(session, queue.spider.name), queue.last_fence()))
        for settled in addresses.settled(session, queue.spider.name):
            for kind, key in ((True, queue.seen), (False, queue.listed)):
                prints = [fingerprint for fingerprint, is_record in settled if is_record is kind]
                queue.mark(key, prints)
            done += len(settled)
            told(done)
        for batch in addresses.waiting(session, queue.spider.name):
            queue.offer([_link(queue.spider, w) for w in batch])
            waiting += len(batch)
    queue.server.hset(queue.control, "built", 1)
    return waiting


def _seed(session: Session, site: Site) -> None:
    seeds = [Found(site.fingerprint(url), url, site.record_of(url) is not None) for url in site.seeds()]
    sources.ensure(session, site.name, site.hosts[0])
    sources.begin_round(session, site.name)
    addresses.discover(session, site.name, seeds)
    addresses.revisit(session, [seed.fingerprint for seed in seeds])


def _link(site: Site, waiting: Waiting) -> Link:
    entry = encode(site, waiting.url, etag=waiting.etag, modified=waiting.last_modified)
    return Link(RECORD if waiting.is_record else LISTING, waiting.fingerprint, entry)


@contextmanager
def _locked(site: Site) -> Iterator[bool]:
    """Only one process of the farm at a time begins a round of a site or builds its frontier."""
    with db.translated_errors(), db.engine().connect() as connection:
        key = {"name": f"crawl {site.name}"}
        free = connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:name))"), key)
        try:
            yield bool(free)
        finally:
            if free:
                connection.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), key)
            connection.rollback()
