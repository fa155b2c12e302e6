"""The whole of a simulated drhast.com: is every record that can be reached stored exactly once, in even memory?

    python tests/bench/graph.py --records 200000

As on the live site only 2,000 records are listed, and each links to 100 others. Some are islands, which nothing links
to: they must not be found. What is stored is held against a walk over the site's own links. At 130 pages/s, which two
processes on two cores do, 200,000 records take about half an hour. What Redis takes is limited at a million URLs, by
`tests.bench.frontier_memory`: at a few thousand most of it is no URL's.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from tests.bench.contest import PATIENCE_SECONDS, SECONDS_A_PAGE, crawling, ours
from tests.bench.pages import FIRST, Pages, Shape
from tests.bench.services import Services, services
from tests.bench.site import Served, served

SEEN = "crawl:drhast:seen"
SAMPLE_SECONDS = 1.0
QUARTERS = 4
GROWTH_AT_MOST = 1.1
"""Memory is even where the last quarter's median is at most so many times the second's; the first fills the caches."""
MIB = 1 << 20


@dataclass
class Sampled:
    """What a crawl took, sampled as it went."""

    worker_mib: list[float] = field(default_factory=list)
    """The mean of the spider processes."""
    redis_bytes: int = 0
    """The most that Redis held beyond what it began with."""
    urls: int = 0
    seconds: float = 0.0

    def quarters(self) -> list[float]:
        """The median memory of a worker in each quarter of the crawl, in MiB."""
        size = max(1, len(self.worker_mib) // QUARTERS)
        return [statistics.median(self.worker_mib[n * size :][:size]) for n in range(QUARTERS)]


def sampled(site: Served, own: Services, processes: int) -> Sampled:
    """Crawl the site. Raises RuntimeError when the crawl fails, TimeoutError when it lasts too long."""
    made, before = Sampled(), int(own.redis.info("memory")["used_memory"])
    started = time.monotonic()
    patience = PATIENCE_SECONDS + SECONDS_A_PAGE * site.shape.records
    with crawling(ours(processes)(site.url, own), own) as process:
        while process.poll() is None:
            if time.monotonic() > started + patience:
                raise TimeoutError(f"the crawl did not end within {patience:,.0f} s")
            if found := list(_workers(process)):
                made.worker_mib.append(statistics.mean(found) / MIB)
            made.redis_bytes = max(made.redis_bytes, int(own.redis.info("memory")["used_memory"]) - before)
            time.sleep(SAMPLE_SECONDS)
    made.seconds, made.urls = time.monotonic() - started, int(own.redis.scard(SEEN))
    return made


def stored(own: Services, pages: Pages) -> dict[str, int]:
    """How what is stored differs from what can be reached."""
    wanted = {str(FIRST + n): pages.documents(n) for n in pages.reachable()}
    found = Counter(str(row[0]) for row in own.query("SELECT record FROM documents WHERE source = 'drhast'"))
    urls = own.query("SELECT count(*) - count(DISTINCT url) FROM pages WHERE source = 'drhast'")
    return {
        "reachable": len(wanted),
        "stored": len(found),
        "missing": len(wanted.keys() - found.keys()),
        "unreachable_yet_stored": len(found.keys() - wanted.keys()),
        "with_other_documents": sum(found[record] != count for record, count in wanted.items() if record in found),
        "pages_twice": int(str(urls[0][0])),
    }


def told(site: Served, sample: Sampled, held: dict[str, int]) -> dict[str, Any]:
    """Everything that was measured."""
    counts = site.counts()
    quarters = sample.quarters()
    return held | {
        "fetched_twice": sum(asked > 1 for asked in counts["records"]),
        "pages_a_second": round(counts["statuses"]["200"] / (counts["last"] - counts["first"]), 1),
        "seconds": round(sample.seconds),
        "worker_mib_by_quarter": [round(mib, 1) for mib in quarters],
        "worker_growth": round(quarters[-1] / quarters[1], 3),
        "redis_bytes_a_url": round(sample.redis_bytes / sample.urls, 1),
        "load": round(os.getloadavg()[2], 2),
    }


def faults(found: dict[str, Any]) -> Iterator[str]:
    """What does not hold."""
    for name in ("missing", "unreachable_yet_stored", "with_other_documents", "pages_twice"):
        if found[name]:
            yield f"{name}: {found[name]:,}"
    if found["worker_growth"] > GROWTH_AT_MOST:
        yield f"a worker's memory grew {found['worker_growth']} times from the second quarter to the last"


def _workers(process: subprocess.Popen[bytes]) -> Iterator[int]:
    """The resident bytes of each spider process."""
    try:
        for child in psutil.Process(process.pid).children(recursive=True):
            if "crawlers.worker" in child.cmdline():
                yield child.memory_info().rss
    except psutil.NoSuchProcess:
        return


def main(
    records: Annotated[int, typer.Option(min=1_000, max=1_000_000, help="How many the site has.")] = 200_000,
    islands: Annotated[int, typer.Option(min=0, help="How many of them nothing links to.")] = 100,
    processes: Annotated[int, typer.Option(min=1, max=16, help="Spider processes.")] = 2,
) -> None:
    """Crawl it and print what was found as JSON. Exit codes: 0 all holds, 1 something does not."""
    shape = Shape(records, islands=islands)
    with services() as own:
        own.fresh()
        with served(shape) as site:
            sample = sampled(site, own, processes)
            found = told(site, sample, stored(own, Pages(shape)))
    found["faults"] = list(faults(found))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    raise typer.Exit(1 if found["faults"] else 0)


if __name__ == "__main__":
    typer.run(main)
