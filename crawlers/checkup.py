"""The farm's health as an operator reads it, by person or by machine."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from rich.table import Table

from crawlers import health
from storage import db, quarantine

if TYPE_CHECKING:
    from crawlers.frontier.queue import LeaseQueue


@dataclass(frozen=True)
class Health:
    """A site's newest record pages: how many have each field that a record must have, of `pages`.

    `expected` is the least share of each that the site states; `faults` says what is missing now, `quarantined` since
    when its output is kept apart, for the reason `cause`, and `kept_apart` how many pages.
    """

    site: str
    pages: int
    found: dict[str, int]
    expected: dict[str, float]
    faults: list[str]
    quarantined: dt.datetime | None
    cause: str
    kept_apart: int

    @property
    def sound(self) -> bool:
        """Whether the reader is trusted."""
        return not self.faults and self.quarantined is None


def checkup(queue: LeaseQueue) -> Health:
    """How the site's reader does over the newest pages of the whole farm."""
    site = queue.spider
    window = queue.server.lrange(queue.window, 0, -1)
    before = {name.decode(): int(count) for name, count in queue.server.hgetall(queue.history).items()}
    shares = health.shares(window)
    with db.session() as session:
        apart = quarantine.all_of(session).get(site.name)
    return Health(
        site.name,
        shares["pages"],
        {name: shares[name] for name in site.must_have},
        dict(site.must_have),
        [str(fault) for fault in health.broken(window, site.must_have, before)],
        apart.since if apart else None,
        apart.cause if apart else "",
        apart.pages if apart else 0,
    )


def table(found: list[Health]) -> Table:
    """A line a site."""
    made = Table("site", "", "records", "have what they must", box=None, pad_edge=False, padding=(0, 1))
    for h in found:
        doing = (
            "sound" if h.sound else f"quarantined since {h.quarantined:%Y-%m-%d %H:%M}" if h.quarantined else "broken"
        )
        had = (
            ", ".join(f"{name} {h.found[name]} (≥ {share:.0%})" for name, share in h.expected.items())
            if h.pages
            else ""
        )
        made.add_row(h.site, doing, str(h.pages), h.cause or "; ".join(h.faults) or had)
    return made


def metrics(found: list[Health]) -> str:
    """The same in Prometheus' text format, for its node exporter's textfile collector or a scrape of this command."""
    registry = CollectorRegistry()
    sound = Gauge("tabib_reader_sound", "1 while a site's reader finds what it must", ["site"], registry=registry)
    share = Gauge("tabib_field_share", "Share of the newest records with a field", ["site", "field"], registry=registry)
    apart = Gauge("tabib_quarantined_pages", "Pages whose output is kept apart", ["site"], registry=registry)
    for h in found:
        sound.labels(h.site).set(h.sound)
        apart.labels(h.site).set(h.kept_apart)
        for name, count in h.found.items() if h.pages else ():
            share.labels(h.site, name).set(count / h.pages)
    return generate_latest(registry).decode()
