"""How many records exist beyond those a crawl has found, with an interval, from which links lead where.

The method is capture-recapture by leaving one out. The listed records are taken for a fair sample of all records; the
links of the pages read are the second capture. For each listed record the graph says whether the crawl would have
found it by now had it not been listed. For a record that is not listed, that is whether it was found at all. So the
share of the listed that are found alone is the share of the others that are missing, and the number of missing records
follows (Robbins 1968, Ann. Math. Statist. 39:256, on what Good 1953, Biometrika 40:237, estimates). It does not matter
how links are made: islands, popular records, topics and a crawl that has only begun are all held by it.

The interval: were M of the records that are not listed missing, the number found alone would be hypergeometric, as in
Fisher's exact test of listed against not listed. It holds every M that this does not refute at 2.5 % on either side
(Thatcher 1964, J. R. Statist. Soc. B 26:176). Records of an island are missing together, so the missing are counted in
groups of as many as hang together around a record found alone. That gives the error its true size: were each record
listed independently with probability p, and U found alone, M - rU with r = (1 - p) / p has mean 0, and its mean square
is that of the sum of r + c over the missing, c the size of the strong component of each; terms of two records cancel
unless each leads to the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crawlers.linkgraph import Captures, Links, captures

TAIL = 0.025
"""Either side of a 95 % interval."""
MOST = 10**10
"""More records than any site has: an upper end above it is open."""
NO_LISTING = "No record stands on a listing page: without that sample nothing tells what links do not reach."
NEGLECTED = (
    "Fewer pages link to the listed records than to others, or too few to tell: "
    "new records may not be linked to yet, so the true number may be far lower."
)
GATHERED = (
    "The listed records link to one another more than others do to them, or no others were read: "
    "the upper end rests on links from records that are not listed, once none waits to be read."
)


@dataclass(frozen=True)
class Coverage:
    """How many records exist beyond the `found`: about `missing`, with 95 % between `low` and `high`.

    `missing` is None where the links cannot tell, `high` where nothing bounds it, `doubts` say why. `alone` of the
    `listed` would not have been found by links. The records that wait to be read should link to `reachable` of the
    missing at least, a rough figure without an interval; 0 once none waits, None where `missing` is.
    """

    found: int
    fetched: int
    listed: int
    alone: int
    missing: float | None
    low: int
    high: int | None
    reachable: float | None
    doubts: tuple[str, ...]

    @property
    def unreachable(self) -> float | None:
        """How many of the missing, at most, nothing links to that the crawl can come to: islands and unlinked ones."""
        return None if self.missing is None or self.reachable is None else self.missing - self.reachable

    def sentences(self) -> list[str]:
        """The answer, what it rests on and what speaks against it, for a person."""
        about = "It cannot be told how many" if self.missing is None else f"About {self.missing:,.0f}"
        bounds = f"at least {self.low:,}" if self.high is None else f"{self.low:,} to {self.high:,}"
        said = [f"{about} records exist beyond the {self.found:,} found; 95 % interval: {bounds}."]
        if self.listed:
            said += [
                f"{self.alone:,} of the {self.listed:,} listed records would not have been found by links; "
                "the same share is taken to be missing of the records that are not listed.",
                "That takes the listed for a fair sample of all records: linked to as much, on islands as often.",
            ]
        return [*said, *self.doubts, self._parts()]

    def _parts(self) -> str:
        if self.found == self.fetched:
            return "No found record waits to be read: nothing that the crawl can come to links to what is missing."
        waiting = f"{self.found - self.fetched:,} found records wait to be read"
        if self.reachable is None:
            return f"{waiting}: read them first."
        return (
            f"{waiting}: they should link to {self.reachable:,.0f} of the missing at least; "
            "whether links lead to the others is known when none waits."
        )


def estimate(links: Links) -> Coverage:
    """How many records exist beyond those found: about 10 s of one core and 1.2 GB for 20 million links.

    Raises ValueError for an id that is not among the found.
    """
    c = captures(links)
    finished = c.found == c.fetched
    gathered = c.gathered and not (finished and c.apart == c.alone)
    reasons = {NO_LISTING: not c.listed, NEGLECTED: c.listed > 0 and c.neglected, GATHERED: gathered}
    doubts = tuple(reason for reason, holds in reasons.items() if holds)
    low, high = limits(c, c.alone)
    if NEGLECTED in doubts:
        low = 0
    if GATHERED in doubts:
        high = limits(c, c.apart)[1] if finished else None
    missing = None if doubts else c.alone * (c.found - c.listed) / (c.listed - c.alone)
    reachable = None if missing is None else min(missing, _to_come(c))
    return Coverage(c.found, c.fetched, c.listed, c.alone, missing, low, high, reachable, doubts)


def limits(c: Captures, alone: int) -> tuple[int, int | None]:
    """The least and the greatest number of missing records that `alone` of the listed do not refute; None: open."""
    low = _first(lambda missing: _tails(c, alone, missing)[1] > TAIL)
    high = None if alone == c.listed else _first(lambda missing: _tails(c, alone, missing)[0] <= TAIL)
    return low or 0, None if high is None else high - 1


def _first(holds: Callable[[int], bool]) -> int | None:
    """The first number at which `holds` turns true, for good; None above MOST."""
    above = 0
    while not holds(above):
        above = 2 * above + 1
        if above > MOST:
            return None
    below = (above - 1) // 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return above


def _tails(c: Captures, alone: int, missing: int) -> tuple[float, float]:
    """How likely at most, and at least, `alone` of the listed are found alone where `missing` records are missing.

    The listed are a draw without return from themselves and the groups of those that are not listed.
    """
    drawn = c.listed
    marked = alone + missing / c.cluster
    plain = drawn - alone + (c.found - drawn) / c.cluster
    order = np.arange(drawn)
    here = math.lgamma(drawn + 1) - math.lgamma(alone + 1) - math.lgamma(drawn - alone + 1)
    here += float(np.log(marked - order[:alone]).sum() + np.log(plain - order[: drawn - alone]).sum())
    here -= float(np.log(marked + plain - order).sum())
    down = np.arange(alone, 0, -1)
    with np.errstate(divide="ignore"):  # fewer than can be drawn: the logarithm of 0
        ratios = np.log(down) + np.log(np.maximum(plain - drawn + down, 0))
    ratios -= np.log((marked - down + 1) * (drawn - down + 1))
    at_most = float(np.exp(here + np.concatenate([[0.0], np.cumsum(ratios)])).sum())
    return at_most, 1 - at_most + math.exp(here)


def _to_come(c: Captures) -> float:
    """New records that those waiting should link to, were they like those read (Chao et al. 2014, Ecol. Monogr. 84:45).

    From how many records one page and how many two pages link to. A floor: on a ring it is far too low.
    """
    once, twice = c.linked_once, c.linked_twice
    unseen = once * once / (2 * twice) if twice else once * (once - 1) / 2
    if not unseen:
        return 0.0
    return unseen * (1 - (1 - once / (c.fetched * unseen + once)) ** (c.found - c.fetched))
