"""Which listed records the links of others lead to anyway: what the estimate of a crawl's completeness rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]
Places = NDArray[np.int32]
"""Records by their place among the found ones."""
Mask = NDArray[np.bool_]
NOBODY = np.int32(-1)
DOUBT = 3.0
"""Standard errors from which a listing is doubted: a fair one passes 998 times in 1,000 (normal tail, one side)."""
NEGLECT = 0.25
"""Fewer links than another in three of four pairs. Set so that lower ends hold on sites where links lead from newer to
older records, too (`growing` in tests/bench/simulated.py)."""


@dataclass(frozen=True)
class Links:
    """What a crawl knows of one site's records, each an id of 64 bits; order and repeats do not matter.

    `found`: every record known, read or not. `fetched`: those of them that are done with, their page read or given up
    for good. `listed`: those that stand on a listing page. `sources` and `targets`, of one length: the links, each
    from a record that was read to a found one.
    """

    found: Ids
    fetched: Ids
    listed: Ids
    sources: Ids
    targets: Ids

    def __post_init__(self) -> None:
        """Raises ValueError for ids of another type, which NumPy would compare as rounded floats."""
        for field in fields(self):
            if (kind := getattr(self, field.name).dtype) != np.uint64:
                raise ValueError(f"the ids of the {field.name} records are {kind}, not uint64")
        if len(self.sources) != len(self.targets):
            raise ValueError(f"{len(self.sources)} sources cannot link to {len(self.targets)} targets")


@dataclass(frozen=True)
class Captures:
    """Counts over the graph of the found records.

    `alone` of the `listed` would not have been found by now without standing on the listing; each stands for
    `cluster` records, itself among them, that lead to it and would be missing with it. `apart` of them would not have
    been found by links of records that are not listed. One page links to `linked_once` of the records that are not
    listed, two pages to `linked_twice`.

    Two signs that the listed are no fair sample: `gathered`, they link to one another more than others link to them,
    or no others were read; `neglected`, fewer pages link to them than to the rest, or too few to tell.
    """

    found: int
    fetched: int
    listed: int
    alone: int
    apart: int
    cluster: float
    linked_once: int
    linked_twice: int
    gathered: bool
    neglected: bool


def captures(links: Links) -> Captures:
    """Count what `Captures` names. Raises ValueError for an id that is not among the found."""
    found = np.unique(links.found)
    read, listed = _among(found, links.fetched, "fetched"), _among(found, links.listed, "listed")
    sources, targets = _edges(found, links)
    in_links = np.bincount(targets, minlength=len(found))
    seeds = listed | (in_links == 0)
    passed = _passed(read, seeds, sources, targets)[sources]
    owners = _owners(_Outward(sources[passed], targets[passed], len(found)), seeds)
    to_listed = listed[targets]
    leading, led = sources[to_listed], targets[to_listed]
    alone = _alone(owners, listed, leading, led)
    outside = ~listed[leading]
    return Captures(
        found=len(found),
        fetched=int(read.sum()),
        listed=int(listed.sum()),
        alone=int(alone.sum()),
        apart=int(_alone(owners, listed, leading[outside], led[outside]).sum()),
        cluster=_cluster(owners, alone, sources, targets),
        linked_once=int((in_links[~listed] == 1).sum()),
        linked_twice=int((in_links[~listed] == 2).sum()),
        gathered=_gathered(listed[sources], to_listed),
        neglected=_neglected(in_links[listed & ~alone], in_links[~listed & (in_links > 0)]),
    )


def _among(found: Ids, ids: Ids, name: str) -> Mask:
    mask = np.zeros(len(found), dtype=bool)
    mask[_places(found, ids, name)] = True
    return mask


def _places(found: Ids, ids: Ids, name: str) -> Places:
    places = np.searchsorted(found, ids).astype(np.int32)
    np.minimum(places, max(len(found) - 1, 0), out=places)
    strange = int((found[places] != ids).sum()) if len(found) else len(ids)
    if strange:
        raise ValueError(f"{strange} of the {name} records are not among the found")
    return places


def _edges(found: Ids, links: Links) -> tuple[Places, Places]:
    """Source and target of each link, once, none from a record to itself, ordered by source."""
    width = np.int64(max(len(found), 1))
    keys = _places(found, links.sources, "linking") * width
    keys += _places(found, links.targets, "linked")
    keys.sort()
    sources, targets = (keys // width).astype(np.int32), (keys % width).astype(np.int32)
    kept = sources != targets
    kept[1:] &= keys[1:] != keys[:-1]
    return sources[kept], targets[kept]


class _Outward:
    """Links in the order of their sources, to be followed a wave of records at a time."""

    def __init__(self, sources: Places, targets: Places, records: int) -> None:
        self._targets = targets
        self._starts = np.searchsorted(sources, np.arange(records + 1))
        self.records = records

    def of(self, wave: Places) -> tuple[Places, Places]:
        """Source and target of each link that starts in `wave`."""
        first = self._starts[wave]
        counts = self._starts[wave + 1] - first
        places = np.repeat(first - (np.cumsum(counts) - counts), counts)
        places += np.arange(len(places))
        return np.repeat(wave, counts), self._targets[places]


def _passed(read: Mask, seeds: Mask, sources: Places, targets: Places) -> Mask:
    """Records whose links a first-in-first-out queue has come past, as far as links show it.

    Whatever these link to would have been read by now had no other page linked to it. All that they link to was read,
    and one of the targets is a step further from the seeds than they are: were all found on shorter ways, that they
    were read says nothing of when the queue comes past these links. Once none waits, every record counts.
    """
    if read.all():
        return read
    steps = _steps(_Outward(sources, targets, len(read)), seeds)
    waiting, leading = np.zeros(len(read), dtype=bool), np.zeros(len(read), dtype=bool)
    waiting[sources[~read[targets]]] = True
    leading[sources[steps[targets] == steps[sources] + 1]] = True
    return read & leading & ~waiting


def _steps(links: _Outward, seeds: Mask) -> Places:
    """How many links from the nearest seed each record is; NOBODY where none leads to it."""
    steps = np.where(seeds, np.int32(0), NOBODY)
    wave, taken = _records(seeds), 0
    while len(wave):
        targets = links.of(wave)[1]
        wave, taken = _each(targets[steps[targets] == NOBODY], links.records), taken + 1
        steps[wave] = taken
    return steps


def _owners(links: _Outward, seeds: Mask) -> tuple[Places, Places]:
    """For each record a seed that leads to it, and another one; NOBODY where there is none."""
    first = np.where(seeds, np.arange(links.records, dtype=np.int32), NOBODY)
    wave = _records(seeds)
    while len(wave):
        sources, targets = links.of(wave)
        new = first[targets] == NOBODY
        first[targets[new]] = first[sources[new]]
        wave = _each(targets[new], links.records)
    second = np.full(links.records, NOBODY)
    wave = _records(first != NOBODY)
    while len(wave):
        sources, targets = links.of(wave)
        handed = np.where(first[sources] == first[targets], second[sources], first[sources])
        new = (second[targets] == NOBODY) & (handed != NOBODY)
        second[targets[new]] = handed[new]
        wave = _each(targets[new], links.records)
    return first, second


def _records(mask: Mask) -> Places:
    return np.flatnonzero(mask).astype(np.int32)


def _each(places: Places, records: int) -> Places:
    """Every one of `places` once."""
    if len(places) < records // 16:
        return np.unique(places)
    mask = np.zeros(records, dtype=bool)  # sorting millions takes ten times as long
    mask[places] = True
    return _records(mask)


def _alone(owners: tuple[Places, Places], listed: Mask, sources: Places, targets: Places) -> Mask:
    """The listed records to which none of these links comes from a record that another seed leads to."""
    first, second = owners
    led = np.where(first[sources] == targets, second[sources], first[sources]) != NOBODY
    alone = listed.copy()
    alone[targets[led]] = False
    return alone


def _cluster(owners: tuple[Places, Places], alone: Mask, sources: Places, targets: Places) -> float:
    """How many records, itself among them, lead to a record of `alone`: the mean, 1 where there is none."""
    if not alone.any():
        return 1.0
    first, second = owners
    within = (first[sources] == first[targets]) & (second[sources] == NOBODY)
    sources, targets = sources[within], targets[within]
    order = np.argsort(targets, kind="stable")
    backward = _Outward(targets[order], sources[order], len(alone))
    leading, wave = alone.copy(), _records(alone)
    while len(wave):
        wave = backward.of(wave)[1]
        wave = _each(wave[~leading[wave]], len(alone))
        leading[wave] = True
    return float(leading.sum() / alone.sum())


def _gathered(from_listed: Mask, to_listed: Mask) -> bool:
    """Whether links of listed records lead to listed ones clearly more often than links of others do.

    In a fair sample they do not. Where no other record was read there is nothing to hold them against: doubted too.
    """
    among, outside = int((from_listed & to_listed).sum()), int((~from_listed).sum())
    expected = int(from_listed.sum()) * int((~from_listed & to_listed).sum()) / max(outside, 1)
    return among - DOUBT * math.sqrt(among) > expected


def _neglected(listed: NDArray[np.int64], others: NDArray[np.int64]) -> bool:
    """Whether fewer pages link to the listed than to the others, or too few are there to tell.

    Both hold the number of pages that link to a record, one or more. The measure is the rank sum's (Mann and Whitney
    1947): how often one of the listed has fewer than one of the others, less one half. It must not be clearly above
    0, and must be clearly below NEGLECT.
    """
    if not len(listed) or not len(others):
        return not len(listed)
    ordered = np.sort(others)
    below = (np.searchsorted(ordered, listed, "left") + np.searchsorted(ordered, listed, "right")) / 2
    excess = 0.5 - float(below.mean()) / len(others)
    error = DOUBT * math.sqrt((len(listed) + len(others) + 1) / (12 * len(listed) * len(others)))
    return excess > min(error, NEGLECT - error)
