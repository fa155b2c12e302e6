"""What a record of the raw archive costs to write at each of zlib's levels, and to read: python -m tests.bench.archive

The pages are the stand-in sites' own, as many long ones as short ones, 15 KB on average. Each figure is processor time
of one core, the best of ROUNDS: what a flush waits for the disk is not in it.
"""

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.replica import records
from infra.replica.pages import Asked, Page
from infra.replica.site import Site
from infra.replica.sites.drhast import Drhast
from infra.replica.sites.hidoctor import Hidoctor
from storage.warc import LEVEL, Capture, pack
from storage.warc_read import read, scan
from storage.warc_write import Writer

ROUNDS = 5
EACH = 54
HEADERS = {
    "date": "Sun, 01 Nov 2026 12:00:00 GMT",
    "server": "nginx",
    "content-type": "text/html; charset=utf-8",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
    "cache-control": "private, must-revalidate",
    "last-modified": "Fri, 30 Oct 2026 09:30:00 GMT",
    "etag": '"5f3a-6123"',
    "x-frame-options": "SAMEORIGIN",
    "strict-transport-security": "max-age=31536000",
}


def captures() -> list[Capture]:
    loaded = records.load()
    return [made for site in (Drhast(loaded), Hidoctor(loaded)) for made in of(site)]


def of(site: Site) -> list[Capture]:
    at = dt.datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)
    pages = [(site.url(record), site.page(Asked(site.path(record), {}))) for record in site.records[:EACH]]
    return [Capture(url, at, 200, HEADERS, page.body, "192.0.2.7") for url, page in pages if isinstance(page, Page)]


def best(action: Callable[[], object], count: int) -> float:
    """CPU seconds for one of the `count` things that the action does."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        action()
        times.append((time.process_time() - started) / count)
    return min(times)


def levels(pages: list[Capture]) -> Table:
    size = sum(len(page.body) for page in pages)
    table = Table("level", "µs a record", "ratio", "against level 6", title=f"{size / len(pages):,.0f} bytes a page")
    packed = {level: sum(len(pack(page, level)) for page in pages) for level in range(1, 10)}
    for level, length in packed.items():
        micros = best(lambda level=level: [pack(page, level) for page in pages], len(pages)) * 1e6  # type: ignore[misc]
        mark = " ←" if level == LEVEL else ""
        table.add_row(f"{level}{mark}", f"{micros:.0f}", f"{size / length:.2f}", f"{length / packed[6] - 1:+.1%}")
    return table


def rates(pages: list[Capture], folder: Path) -> Table:
    table = Table("what", "records/s of a core", "µs a record")
    with Writer(folder, "bench", {"software": "tests.bench.archive"}) as writer:
        appending = best(lambda: [writer.append(pages[at : at + 16]) for at in range(0, len(pages), 16)], len(pages))
        places = writer.append(pages)
    path = folder / places[0].file
    whole = sum(1 for _ in scan(path))
    for what, seconds in {
        "append, 16 a batch, fsync'ed": appending,
        "read": best(lambda: [read(folder, place) for place in places], len(places)),
        "scan": best(lambda: sum(1 for _ in scan(path)), whole),
    }.items():
        table.add_row(what, f"{1 / seconds:,.0f}", f"{seconds * 1e6:.0f}")
    return table


def main() -> None:
    pages = captures()
    with tempfile.TemporaryDirectory() as folder:
        for table in (levels(pages), rates(pages, Path(folder))):
            Console(file=sys.stdout).print(table)


if __name__ == "__main__":
    main()
