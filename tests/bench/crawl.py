"""What a page costs: bare Scrapy, stock scrapy-redis and ours, side by side on the same site.

    python tests/bench/crawl.py --records 3000 --repeat 5

Site, PostgreSQL and Valkey run on this machine too. In each repetition every contestant crawls the whole site once, in
an order that moves by one, and ratios are taken within a repetition, so that what else the machine does touches both
sides. Each also crawls a small site, and costs a page are those of the further pages: a crawl lasts weeks, its start
seconds. Two processes are held against one on this site, where two crawlers and three servers share the cores, and on
one that answers late, as live ones do, where a process mostly waits.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from tests.bench.contest import CONTESTANTS, START_RECORDS, Crawls, Repetition, repetitions
from tests.bench.pages import Shape
from tests.bench.services import services


@dataclass(frozen=True)
class Limit:
    """What ours must keep to, by repetition; without a bound it is only told."""

    name: str
    value: Callable[[Repetition], float]
    bound: float | None = None
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` is within the bound."""
        return self.bound is None or (value >= self.bound if self.at_least else value <= self.bound)


# What the project promises of its crawler's costs. Two processes are judged on the late site: here one process and the
# servers it keeps busy may take more than half of the cores, and then no second one could double that.
LIMITS = (
    Limit("Redis round trips a page", lambda r: r["ours"].a_page("round_trips"), 3.0),
    Limit("CPU a page / bare Scrapy's", lambda r: r["ours"].cpu_ms / r["bare Scrapy"].cpu_ms, 1.15),
    Limit("CPU a page / scrapy-redis'", lambda r: r["ours"].cpu_ms / r["scrapy-redis"].cpu_ms, 0.95),
    Limit("PostgreSQL transactions a page", lambda r: r["ours"].a_page("transactions"), 0.5),
    Limit(
        "pages/s of two processes / one, late site",
        lambda r: r["ours, 2 processes, late site"].rate / r["ours, late site"].rate,
        1.8,
        at_least=True,
    ),
    Limit("pages/s of two processes / one", lambda r: r["ours, 2 processes"].rate / r["ours"].rate),
    Limit("… of which the cores allow at most", lambda r: 1 / r["ours"].busy),
)


COLUMNS: dict[str, Callable[[Crawls], float]] = {
    "pages": lambda c: c.whole.pages,
    "wall s": lambda c: c.whole.seconds,
    "CPU s, start and all": lambda c: c.whole.processor,
    "CPU ms/page": lambda c: c.cpu_ms,
    "pages/s": lambda c: c.rate,
    "pages/CPU s": lambda c: 1000 / c.cpu_ms,
    "round trips/page": lambda c: c.a_page("round_trips"),
    "commands/page": lambda c: c.a_page("commands"),
    "transactions/page": lambda c: c.a_page("transactions"),
    "rows/page": lambda c: c.a_page("rows"),
    "servers' CPU ms/page": lambda c: 1000 * c.a_page("servers"),
    "cores busy %": lambda c: 100 * c.busy,
    "peak MB": lambda c: c.whole.rss_mb,
    "load": lambda c: c.whole.load,
}


def table_of(done: list[Repetition]) -> Table:
    """The medians by contestant."""
    table = Table(title=f"medians of {len(done)}")
    table.add_column("")
    for contestant in CONTESTANTS:
        table.add_column(contestant.name, justify="right")
    for name, value in COLUMNS.items():
        medians = [statistics.median(value(r[c.name]) for r in done) for c in CONTESTANTS]
        table.add_row(name, *(f"{median:,.0f}" if median >= 1000 else f"{median:,.2f}" for median in medians))
    return table


def limits_of(done: list[Repetition]) -> list[dict[str, Any]]:
    """The median and the range of what is limited, and whether the median keeps to it."""
    made = []
    for limit in LIMITS:
        values = sorted(limit.value(r) for r in done)
        median = statistics.median(values)
        held: dict[str, Any] = {"median": median, "least": values[0], "most": values[-1], "holds": limit.holds(median)}
        made.append({"what": limit.name, "bound": limit.bound, "at_least": limit.at_least} | held)
    return made


def main(
    records: Annotated[int, typer.Option(min=4 * START_RECORDS, max=200_000, help="Records of the site.")] = 3_000,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Crawls of each contestant.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print every crawl and the limits as JSON.")] = False,
) -> None:
    """Compare. Exit codes: 0 every limit is kept, 1 one is not."""
    with services() as own:
        done = list(repetitions(Shape(records), repeat, own))
    limits = limits_of(done)
    if as_json:
        crawls = [asdict(crawls) for repetition in done for crawls in repetition.values()]
        sys.stdout.write(json.dumps({"crawls": crawls, "limits": limits}, indent=1) + "\n")
    else:
        console = Console(width=160)
        console.print(table_of(done))
        for limit in limits:
            measured = f"{limit['median']:.2f} ({limit['least']:.2f} to {limit['most']:.2f})"
            sign, word = ("≥" if limit["at_least"] else "≤"), ("kept" if limit["holds"] else "NOT KEPT")
            judged = f"{sign} {limit['bound']:<6} {word}" if limit["bound"] else ""
            console.print(f"{limit['what']:<44}{measured:<26}{judged}".rstrip())
    raise typer.Exit(0 if all(limit["holds"] for limit in limits) else 1)


if __name__ == "__main__":
    typer.run(main)
