"""Live views of the farm in a terminal, and plain ones where there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crawlers import control
from crawlers.status import SiteStatus, status, table
from storage import redis

LOOK_SECONDS = 1.0
WIDTH = 200
"""Of a table that goes into a file or a pipe, which has no width of its own."""


def statuses(name: str) -> list[SiteStatus]:
    """How the sites stand now; of all, those that were ever crawled."""
    with redis.translated_errors():
        found = [status(queue) for queue in control.queues(name)]
    begun = [s for s in found if s.discovered + s.leased + s.stored + s.unchanged + s.excluded + s.failed]
    return begun if name == "all" and begun else found


def show(found: list[SiteStatus]) -> None:
    """Print them."""
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table(found))


def watch(name: str) -> None:
    """Show them live until Ctrl-C, which ends it in order: nothing was interrupted."""
    with Live(table(statuses(name)), refresh_per_second=2) as live:
        try:
            while True:
                time.sleep(LOOK_SECONDS)
                live.update(table(statuses(name)))
        except KeyboardInterrupt:
            return


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A line on stderr that counts how many of `what` are done, while the block lasts."""
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done: shown.update(task, completed=done)
