"""How a crawl stands, from the ledger and the frontier together: what `crawlers status` shows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from sqlalchemy import func, select

from crawlers.frontier.pace import Pace
from storage import addresses, db, quarantine, sources
from storage.models import AddressState, Document

if TYPE_CHECKING:
    from crawlers.frontier.queue import LeaseQueue

RATE_MINUTES = 5
LONG = 60.0
"""Seconds: a host that is waited for longer, in its closed hours or as it asked, has no rate to go by."""
STATES = tuple(state.value for state in AddressState)


@dataclass(frozen=True)
class SiteStatus:
    """One site. Counts are of addresses by state, `rate` is visits a minute, times are in seconds.

    `doing` is running, idle, paused, or quarantined; `seconds_left` is None where nothing moves.
    """

    site: str
    doing: str
    discovered: int
    leased: int
    stored: int
    unchanged: int
    excluded: int
    failed: int
    documents: int
    rate: float
    delay: float
    delay_rule: str
    backoff: float
    hours: str | None
    workers: int
    seconds_left: float | None
    causes: dict[str, int]
    rules: dict[str, int]


def status(queue: LeaseQueue) -> SiteStatus:
    """How the site stands now. Raises what PostgreSQL and Redis raise when they are away."""
    name = queue.spider.name
    with db.session() as session:
        counts = addresses.counts(session, name)
        why = addresses.causes(session, name)
        rules = sources.rules(session, name, queue.spider.hosts[0])
        broken = quarantine.holds(session, name)
        documents = session.scalar(select(func.count()).where(Document.source == name)) or 0
    pending = counts[AddressState.DISCOVERED] + counts[AddressState.LEASED]
    leased = min(pending, queue.pending()[1])
    workers, rate, pace = queue.alive(), _rate(queue), Pace(queue.server, queue.spider.hosts[0]).state()
    doing = "paused" if rules.paused else "quarantined" if broken else "running" if workers else "idle"
    return SiteStatus(
        name,
        doing,
        **counts | {"discovered": pending - leased, "leased": leased},
        documents=documents,
        rate=rate,
        delay=pace.delay,
        delay_rule=pace.rule,
        backoff=pace.backoff,
        hours=rules.hours,
        workers=len(workers),
        seconds_left=pending / rate * 60 if rate and pending and doing == "running" and not pace.wait > LONG else None,
        causes=why[AddressState.FAILED],
        rules=why[AddressState.EXCLUDED],
    )


def table(found: list[SiteStatus]) -> Table:
    """The sites, a line each; the reasons of failures under it."""
    headings = ("site", "", *STATES, "documents", "a minute", "delay s", "workers", "left")
    made = Table(*headings, box=None, pad_edge=False, padding=(0, 1), caption=_reasons(found), caption_justify="left")
    for column in made.columns[2:]:
        column.justify = "right"
    for s in found:
        states = (f"{getattr(s, state):,}" for state in STATES)
        delay = f"{s.delay:g} ({s.delay_rule})" if s.delay_rule != "delay" else f"{s.delay:g}"
        delay += f", {s.hours} UTC" if s.hours else ""
        delay += f", backs off {s.backoff:.0f}" if s.backoff else ""
        rest = (f"{s.documents:,}", f"{s.rate:,.0f}", delay, str(s.workers), _duration(s.seconds_left))
        made.add_row(s.site, s.doing, *states, *rest)
    return made


def _reasons(found: list[SiteStatus]) -> str | None:
    lines = [f"{s.site}: {count:,} × {cause}" for s in found for cause, count in (s.causes | s.rules).items()]
    return "\n".join(lines) or None


def _rate(queue: LeaseQueue) -> float:
    """Visits a minute over the last whole minutes, or over this one where there is none yet."""
    counted = {int(minute): int(count) for minute, count in queue.server.hgetall(queue.minutes).items()}
    seconds = int(queue.server.time()[0])
    now = seconds // 60
    whole = [counted.get(now - n, 0) for n in range(1, RATE_MINUTES + 1)]
    if any(whole):
        return sum(whole) / max(n for n, count in enumerate(whole, 1) if count)
    return counted.get(now, 0) * 60 / max(1, seconds % 60)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    days, rest = divmod(int(seconds), 24 * 3600)
    return f"{days} d {rest // 3600} h" if days else time.strftime("%H:%M:%S", time.gmtime(rest))
