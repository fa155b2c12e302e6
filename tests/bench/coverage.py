"""How often the interval of `crawlers coverage` holds the truth on simulated sites, how wide it is, and what it costs.

    python tests/bench/coverage.py --graphs 200

Three tables: listings that are a fair sample; listings of the newest records only, which on most families they are not;
and one crawl of a whole drhast, 200,000 records of 100 links, 2,000 listed.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from crawlers.coverage import estimate
from tests.bench.simulated import FAMILIES, Crawl, Site, crawl

SEED = 20_261_127
RECORDS, LINKS, LISTED = (500, 5_000), (5, 30), (0.01, 0.05)
"""From the least to the greatest of each; the live drhast lists one record in a hundred."""
LISTED_AT_LEAST = 20
ISLANDS = ((0.0, "mixed"), (0.05, "of 1"), (0.05, "of 2 to 10"), (0.2, "of 50"), (0.2, "mixed"))
READ = (1.0, 0.6, 0.3, 0.1)
"""Shares of all records that a crawl reads before it is stopped; at 1 it ends when nothing waits."""
FIGURES = ("hit", "under", "above", "width", "missing", "open", "untold")


@dataclass(frozen=True)
class Held:
    """Over several sites: how often the truth was in the interval, under it, above it; its median width and the
    median truth as shares of all records; how often the upper end was open, and no single figure given."""

    hit: float
    under: float
    above: float
    width: float
    missing: float
    open: float
    untold: float


def sites(family: str, share: float, islands: str, draw: np.random.Generator) -> Iterable[tuple[Site, int]]:
    """Sites without end of one kind and of any size, each with how many of its records are listed."""
    while True:
        records, links = int(draw.integers(*RECORDS, endpoint=True)), int(draw.integers(*LINKS, endpoint=True))
        yield Site(family, records, links, share, islands), max(LISTED_AT_LEAST, int(records * draw.uniform(*LISTED)))


def held(crawls: Iterable[tuple[Site, Crawl]]) -> Held:
    """Estimate each and count."""
    told = [(site, made, estimate(made.links)) for site, made in crawls]
    ends = np.array([(e.low, np.inf if e.high is None else e.high) for _, _, e in told])
    truth = np.array([made.missing for _, made, _ in told])
    size = np.array([site.records for site, _, _ in told])
    under, above = truth < ends[:, 0], truth > ends[:, 1]
    return Held(
        hit=float((~under & ~above).mean()),
        under=float(under.mean()),
        above=float(above.mean()),
        width=float(np.median((ends[:, 1] - ends[:, 0]) / size)),
        missing=float(np.median(truth / size)),
        open=float(np.isinf(ends[:, 1]).mean()),
        untold=float(np.mean([e.missing is None for _, _, e in told])),
    )


def kind(family: str, islands: tuple[float, str], read: float, graphs: int, newest: bool = False) -> Held:
    """`graphs` sites of one kind, crawled as far."""
    draw = np.random.default_rng(SEED)
    drawn = zip(range(graphs), sites(family, *islands, draw), strict=False)
    return held((site, crawl(site, listed, read, draw, newest)) for _, (site, listed) in drawn)


def whole(family: str, read: float, newest: bool) -> str:
    """A drhast as large as the live one, a twentieth of it on islands: what is missing, what is told, what it took."""
    made = crawl(Site(family, 200_000, 100, 0.05, "mixed"), 2_000, read, np.random.default_rng(SEED), newest)
    start = time.process_time()
    told = estimate(made.links)
    seconds, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    high = "open" if told.high is None else f"{told.high:,}"
    return f"{made.missing:,} missing, told {told.low:,} to {high}; {seconds:.1f} s of CPU, {peak:.1f} GiB at most"


def main(
    graphs: Annotated[int, typer.Option(help="Sites of each kind.", min=1)] = 40,
    full: Annotated[bool, typer.Option(help="Crawl the whole drhast too, in 4 GiB.")] = True,
) -> None:
    """Print the three tables."""
    for newest in (False, True):
        typer.echo(f"\nlisted: {_listing(newest)}; {graphs} sites a row")
        typer.echo(f"{'family':<9}{'islands':<16}{'read':>6}" + "".join(f"{name:>8}" for name in FIGURES))
        for family, islands, read in product(FAMILIES, ISLANDS, READ):
            figures = kind(family, islands, read, graphs, newest)
            of = f"{islands[0]:.0%} {islands[1]}" if islands[0] else "none"
            line = "".join(f"{getattr(figures, name):>8.3f}" for name in FIGURES)
            typer.echo(f"{family:<9}{of:<16}{read:>6.0%}{line}")
    for family, read, newest in product(("uniform", "ring"), (1.0, 0.6, 0.1), (False, True)) if full else ():
        typer.echo(
            f"whole drhast, {family}, listed: {_listing(newest)}, {read:.0%} read: {whole(family, read, newest)}"
        )


def _listing(newest: bool) -> str:
    return "the newest" if newest else "a fair sample"


if __name__ == "__main__":
    typer.run(main)
