"""What an operator tells a running crawl: pause, go on, stop, go slower, leave out. The ledger keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crawlers.frontier.entries import link
from crawlers.frontier.pace import ALWAYS, Pace
from crawlers.frontier.queue import LeaseQueue
from crawlers.hours import minutes
from crawlers.opt_outs import Takedowns
from crawlers.settings import MIN_DELAY_SECONDS
from crawlers.spiders import chosen, sites
from storage import addresses, db, quarantine, redis, schema, sources
from storage.errors import UsageError, unknown

if TYPE_CHECKING:
    from crawlers.site import Site


def queues(name: str) -> list[LeaseQueue]:
    """The frontiers of the sites that `name` stands for. Raises UsageError for an unknown one."""
    picked = chosen(name)
    schema.require_head()
    server = redis.client()
    return [LeaseQueue(server, site()) for site in picked]


def pause(name: str, paused: bool) -> list[str]:
    """Have no worker take anything from the sites, or let them go on; returns the sites' names."""
    found = queues(name)
    with redis.translated_errors(), db.session() as session:
        for queue in found:
            rules = sources.rules(session, queue.spider.name, queue.spider.hosts[0])
            sources.set_rules(session, queue.spider.name, replace(rules, paused=paused))
            queue.pause(paused)
    return [queue.spider.name for queue in found]


def stop(name: str) -> dict[str, int]:
    """Have the workers of the sites end in order; returns how many each has."""
    with redis.translated_errors():
        return {queue.spider.name: queue.stop() for queue in queues(name)}


def ask_again(name: str, most: int = 20_000) -> dict[str, int]:
    """Let the failed addresses of the sites wait again, at most so many of each; returns how many do."""
    made = {}
    for queue in queues(name):
        with redis.translated_errors(), db.session() as session:
            waiting = addresses.ask_again(session, queue.spider.name, most)
            if queue.built():  # else the next crawl builds it from the ledger
                queue.offer([link(queue.spider, each.url) for each in waiting])
        made[queue.spider.name] = len(waiting)
    return made


def rate(name: str, delay: float | None, hours: str | None) -> None:
    """Set seconds between two requests and hours of the day for the sites, whatever a crawl asks for; 0 and "" unset.

    Raises UsageError for a delay under MIN_DELAY_SECONDS and for hours that are none.
    """
    if delay is not None and delay and not MIN_DELAY_SECONDS <= delay <= 3600:
        raise UsageError(f"--delay {delay:g} is not between {MIN_DELAY_SECONDS} and 3600 seconds, nor 0 to unset it")
    window = minutes(hours) if hours else ALWAYS
    found = queues(name)
    with redis.translated_errors(), db.session() as session:
        for queue in found:
            rules = sources.rules(session, queue.spider.name, queue.spider.hosts[0])
            rules = rules if delay is None else replace(rules, delay=delay or None)
            rules = rules if hours is None else replace(rules, hours=hours or None)
            sources.set_rules(session, queue.spider.name, rules)
            pace = Pace(queue.server, queue.spider.hosts[0])
            pace.set_rules(delay=delay or None, hours=window if hours is not None else None)


def take_down(pattern: str, reason: str) -> str:
    """Have the farm ask no more for an address, or with a closing * for all that begin so; returns the site's name.

    Raises UsageError for a pattern that is of no site.
    """
    site = owner(pattern)
    made = _canonical(site, pattern)
    Takedowns([made], site.fingerprint)
    schema.require_head()
    with db.session() as session:
        sources.take_down(session, made, reason)
        quarantine.keep_apart(session, addresses.matching(session, made, site.fingerprint(made.rstrip("*"))))
    return site.name


def takedowns() -> dict[str, str]:
    """The reason of each pattern that is left out."""
    schema.require_head()
    with db.session() as session:
        return sources.takedowns(session)


def undo_takedown(pattern: str, reason: str) -> str:
    """Take a pattern off the list; returns its site's name. Raises UsageError for one that is not on it."""
    site = owner(pattern)
    made, known = _canonical(site, pattern), takedowns()
    if made not in known:
        raise unknown("takedown", made, known)
    with db.session() as session:
        sources.undo_takedown(session, made, reason)
        quarantine.free(session, addresses.matching(session, made, site.fingerprint(made.rstrip("*"))))
    return site.name


def owner(pattern: str) -> type[Site]:
    """The site that a pattern is of. Raises UsageError where it is of none."""
    for site in sites().values():
        if site.canonical(pattern.rstrip("*")):
            return site
    raise UsageError(f"{pattern[:200]!r} is no address of a site: `crawlers list` shows their hosts")


def _canonical(site: type[Site], pattern: str) -> str:
    return (site.canonical(pattern.rstrip("*")) or "") + ("*" if pattern.endswith("*") else "")
