"""How a visit to an address ended, as the spider says it and the pipeline stores it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawlers import health
from crawlers.opt_outs import TAKEDOWN
from crawlers.urls import shown

if TYPE_CHECKING:
    from crawlers.reading import PageReading
    from storage.pages import PageFields

logger = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Asked:
    """The address that was taken, under which lease, and how many requests the visit took."""

    lease: str
    url: str
    is_record: bool
    attempts: int = 1


@dataclass(frozen=True, repr=False)
class Fetched:
    """A page with what its reader made of it."""

    asked: Asked
    page: PageFields
    reading: PageReading
    listed: int | None = None
    """Links to records on a page that is no record itself."""


@dataclass(frozen=True, repr=False)
class Unmodified:
    """The site said 304: the page is the one that the visit before gave; `page` has no body."""

    asked: Asked
    page: PageFields


@dataclass(frozen=True, repr=False)
class Failed:
    """An address that gave no page, and why; `rule` is set instead where a rule excludes it."""

    asked: Asked
    cause: str | None = None
    rule: str | None = None


@dataclass(frozen=True, repr=False)
class Unsent:
    """The request was not sent, as the crawl stops or Redis is away: the address waits again."""

    asked: Asked


Visited = Fetched | Unmodified | Failed
PAST_THE_END = "past the end of a listing"
ROBOTS = "robots.txt"
UNREADABLE = "unreadable"
"""How the cause of a page begins that is in the archive and that its reader cannot read."""
UNASKED = frozenset({ROBOTS, TAKEDOWN})
"""Rules that hold for an address before the site is asked for it."""


def counts(item: Visited) -> Counter[str]:
    """What the visit adds to the tally of its run."""
    if isinstance(item, Unmodified):
        return Counter(pages=1, unchanged=1, listings=int(not item.asked.is_record))
    if isinstance(item, Failed):
        return _failed(item)
    reading = item.reading
    made = Counter(pages=1, documents=len(reading.documents), unanswered=int(reading.unanswered))
    if item.listed is not None:
        made.update(listings=1, listed=item.listed)
    if reading.problems:
        made.update(["unreadable", *(f"cause {problem}" for problem in reading.problems)])
    return Counter({name: count for name, count in made.items() if count})


def _failed(item: Failed) -> Counter[str]:
    if item.rule == PAST_THE_END:
        return Counter(["listings"])
    if item.rule:
        return Counter(["excluded"])
    return Counter(["failed", f"cause {item.cause}", *([] if item.asked.is_record else ["failed listings"])])


def had(item: Visited, fingerprint: bytes) -> bytes | None:
    """What the page of a record had, for the farm's health; None for anything else."""
    if not isinstance(item, Fetched) or not item.asked.is_record:
        return None
    return health.letters(item.reading).encode() + b":" + fingerprint


def tell(item: Visited) -> None:
    """Log what went wrong with a visit, without a word of the page."""
    if isinstance(item, Failed) and item.cause:
        logger.warning("%s: failed: %s", shown(item.asked.url), item.cause)
    if isinstance(item, Fetched) and item.reading.problems:
        logger.warning("%s: unreadable: %s", shown(item.asked.url), "; ".join(item.reading.problems))
