"""What a person sees of a crawl: a live line a site while it runs, a table when it ends."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.live import Live
from rich.table import Table

from crawlers import run
from crawlers.run import COUNTS, Pending, Summary, Tallies
from crawlers.settings import Crawl
from storage.errors import TabibError


def crawl(asked: Crawl, as_json: bool) -> None:
    """Crawl, print the summary, also of what was interrupted. Raises TabibError where a site gave too little."""
    console = Console(stderr=True)
    try:
        if console.is_terminal:
            with Live(console=console, refresh_per_second=4, transient=True) as live:
                found = run.crawl(asked, Terminal(live))
        else:
            found = run.crawl(asked)
    except KeyboardInterrupt:
        show(run.summaries(asked), as_json)
        raise
    show(found, as_json)
    if faults := [f"{s.site}: {s.fault}" for s in found if s.fault]:
        raise TabibError("; ".join(faults))


def show(found: list[Summary], as_json: bool) -> None:
    """Print the summary on standard output, the reasons of failures under it."""
    if as_json:
        sys.stdout.write(json.dumps([asdict(s) for s in found], ensure_ascii=False, indent=1) + "\n")
        return
    sys.stdout.write(f"{'site':<12}" + "".join(f"{name:>12}" for name in (*COUNTS, "seconds", "stored")) + "\n")
    for s in found:
        counts = "".join(f"{getattr(s, name):>12,}" for name in COUNTS)
        sys.stdout.write(f"{s.site:<12}{counts}{s.seconds:>12.0f}{s.stored:>12,}\n")
    for s in found:
        for cause, count in s.causes.items():
            sys.stdout.write(f"{s.site}: {count:,} × {cause}\n")


class Terminal:
    """A watcher that keeps one line a site at the bottom of a terminal, the workers' log above it."""

    def __init__(self, live: Live) -> None:
        self.live = live

    def counted(self, tallies: Tallies, pending: Pending) -> None:
        """Show the counts."""
        table = Table(*("site", *COUNTS, "waiting", "leased"), box=None, pad_edge=False, padding=(0, 1))
        for site, tally in tallies.items():
            counts = (*(tally.get(name, 0) for name in COUNTS), *pending[site])
            table.add_row(site, *(f"{count:,}" for count in counts))
        self.live.update(table)

    def logged(self, line: str) -> None:
        """Show a line as it came."""
        self.live.console.print(line, markup=False, highlight=False)
