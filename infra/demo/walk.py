"""Runs the steps, shows how far they are, and sums up."""

import os
import resource
import shlex
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.demo.programs import BIN, Programs
from infra.demo.steps import STEPS, Walk
from infra.embedded.lock import take
from storage.errors import TabibError
from storage.settings import settings


def walk() -> None:
    """Do every step, then print the summary. Raises what a step raises; run again, it goes on."""
    folder = settings().home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    if take(folder / "lock") is None:
        raise TabibError(f"another demo is walking in {settings().home}: wait for it")
    _walk(Walk(Programs(folder / "logs")))


def _walk(state: Walk) -> None:
    console = Console()
    table = Table("step", "seconds", "what it did", title="the walk of a page, from the sites to an evaluated model")
    began = time.monotonic()
    for number, step in enumerate(STEPS, 1):
        started = time.monotonic()
        about = (step.__doc__ or "").strip()
        with console.status(f"{number}/{len(STEPS)} {about}"):
            did = step(state)
        seconds = time.monotonic() - started
        table.add_row(step.__name__, f"{seconds:.1f}", did)
        console.print(f"{number}/{len(STEPS)} {step.__name__:<9} {seconds:6.1f} s  {did}", highlight=False)
    console.print()
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    console.print(f"{time.monotonic() - began:.0f} s in all; the largest process took {peak:.0f} MiB", highlight=False)
    _tell_what_next(console, state)


def _tell_what_next(console: Console, state: Walk) -> None:
    here = Path.cwd()
    where = BIN.relative_to(here) if BIN.is_relative_to(here) else BIN
    home = f"TABIB_DATA_DIR={shlex.quote(os.environ['TABIB_DATA_DIR'])} " if "TABIB_DATA_DIR" in os.environ else ""
    for line in (
        f"report:  {state.facts['report']}",
        f"admin:   {home}{where}/infra user add NAME, then {home}{where}/infra admin and open http://127.0.0.1:8080",
        f"stop:    {home}{where}/infra down (the services run until then; what they hold stays)",
        "All of it is invented: for a real crawl set TABIB_DATA_DIR to another folder, or remove this one.",
    ):
        console.print(line, highlight=False, soft_wrap=True)
