"""Simulated sites of known size and first-in-first-out crawls of them, for the estimate of completeness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crawlers.linkgraph import Links
from infra.replica.sites.drhast import NEAR, RELATED

Records = NDArray[np.int64]
Edges = tuple[Records, Records]
Draw = np.random.Generator


def uniform(records: int, links: int, draw: Draw) -> Edges:
    """Every record links to any, all alike: in-links are Poisson."""
    return _each(records, links), draw.integers(0, records, records * links)


def popular(records: int, links: int, draw: Draw) -> Edges:
    """A few records draw most links, by a Pareto law; a fifth or more have none."""
    weights = draw.pareto(1.2, records) + 0.02
    return _each(records, links), draw.choice(records, records * links, p=weights / weights.sum())


def ring(records: int, links: int, draw: Draw) -> Edges:
    """The stand-in's drhast: a fifth of the links to the next records, the others by long chords."""
    near = max(1, links * NEAR // RELATED)
    far = near + np.arange(1, links - near + 1) * (records - near) // (links - near + 1)
    steps = np.concatenate([np.arange(1, near + 1), far])
    sources = _each(records, len(steps))
    return sources, (sources + np.tile(steps, records)) % records


def mutual(records: int, links: int, draw: Draw) -> Edges:
    """Who is linked to links back."""
    one, other = _each(records, links // 2), draw.integers(0, records, records * (links // 2))
    return np.concatenate([one, other]), np.concatenate([other, one])


def topics(records: int, links: int, draw: Draw) -> Edges:
    """Nineteen of twenty links stay within a topic of 40 records."""
    sources = _each(records, links)
    inside = np.minimum(sources // 40 * 40 + draw.integers(0, 40, len(sources)), records - 1)
    return sources, np.where(draw.random(len(sources)) < 0.95, inside, draw.integers(0, records, len(sources)))


def growing(records: int, links: int, draw: Draw) -> Edges:
    """Three of ten links lead anywhere, the others from a newer record, of lower number, to an older one."""
    sources = _each(records, links)
    older = sources + 1 + (draw.random(len(sources)) * (records - 1 - sources)).astype(np.int64)
    anywhere = (draw.random(len(sources)) < 0.3) | (older >= records)
    return sources, np.where(anywhere, draw.integers(0, records, len(sources)), older)


FAMILIES: dict[str, Callable[[int, int, Draw], Edges]] = {
    made.__name__: made for made in (uniform, popular, ring, mutual, topics, growing)
}
ISLANDS: dict[str, Callable[[Draw], int]] = {
    "of 1": lambda _: 1,
    "of 2 to 10": lambda draw: int(draw.integers(2, 11)),
    "of 50": lambda _: 50,
    "mixed": lambda draw: int(draw.choice([1, 1, 1, 3, 5, 8, 20, 50])),
}


@dataclass(frozen=True)
class Site:
    """`records` records; those of `share` of them stand on islands, which no other record links to."""

    family: str
    records: int
    links: int
    share: float = 0.0
    islands: str = "mixed"


@dataclass(frozen=True)
class Crawl:
    """What a crawl knows; how many records it has not found; how many of those it would find if it went on."""

    links: Links
    missing: int
    reachable: int


def crawl(site: Site, listed: int, read: float, draw: Draw, newest: bool = False) -> Crawl:
    """Crawl until a share `read` of all records is read, from a sample of the records or from the `newest` ones.

    Records are numbered from the newest on.
    """
    graph = _Graph(*_site(site, draw), site.records)
    seeds = np.arange(listed) if newest else draw.permutation(site.records)[:listed]
    found, fetched, sources, targets = graph.search(seeds, int(read * site.records))
    reached = graph.search(seeds, site.records)[0]
    ids = draw.permutation(np.arange(1, site.records + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    links = Links(ids[found], ids[fetched], ids[seeds], ids[sources], ids[targets])
    return Crawl(links, site.records - len(found), len(reached) - len(found))


def _site(site: Site, draw: Draw) -> Edges:
    """Half of the sites with islands let each of their records link to two that are not on one."""
    islanders = draw.permutation(site.records)[: round(site.share * site.records)]
    main = np.setdiff1d(np.arange(site.records), islanders)
    sources, targets = FAMILIES[site.family](len(main), site.links, draw)
    parts = [(main[sources], main[targets])]
    if len(islanders) and draw.random() < 0.5:
        parts.append((np.repeat(islanders, 2), draw.choice(main, 2 * len(islanders))))
    while len(islanders):
        island, islanders = np.split(islanders, [min(ISLANDS[site.islands](draw), len(islanders))])
        inside = np.repeat(island, min(site.links, len(island)))
        parts += [(island, np.roll(island, 1)), (inside, draw.choice(island, len(inside)))]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _each(records: int, links: int) -> Records:
    return np.repeat(np.arange(records), links)


class _Graph:
    def __init__(self, sources: Records, targets: Records, records: int) -> None:
        order = np.argsort(sources, kind="stable")
        self.targets = targets[order]
        self.starts = np.searchsorted(sources[order], np.arange(records + 1))

    def search(self, seeds: Records, most: int) -> tuple[Records, Records, Records, Records]:
        """Breadth first, `most` records read: found ones, read ones, and source and target of the links seen."""
        seen = np.zeros(len(self.starts) - 1, dtype=bool)
        seen[seeds] = True
        wave, waves, links = seeds[:most], [], []
        while len(wave):
            waves.append(wave)
            most -= len(wave)
            counts = self.starts[wave + 1] - self.starts[wave]
            places = np.repeat(self.starts[wave] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
            links.append((np.repeat(wave, counts), self.targets[places]))
            new = links[-1][1][~seen[links[-1][1]]]
            new = new[np.sort(np.unique(new, return_index=True)[1])]
            seen[new] = True
            wave = new[:most]
        sources, targets = (np.concatenate([link[end] for link in links]) for end in (0, 1))
        return np.flatnonzero(seen), np.concatenate(waves), sources, targets
