"""Killing a crawl's processes with SIGKILL, at random and without end, and both servers too: is anything lost?

    python tests/bench/chaos.py --kills 1000

The simulated drhast.com of `tests.bench.site` is crawled round after round by several spider processes, each round
asking for every address again, while one process after another is killed. Each round must end with its account closed
(`crawlers verify`), every record that the site's own links lead to stored once, and a clean archive. A spider process
lives about four seconds, two of which it takes to start: 1,000 kills take half an hour on two cores.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psutil
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from tests.bench.graph import stored
from tests.bench.pages import Pages, Shape
from tests.bench.services import Services, services
from tests.bench.site import Served, served

BIN = Path(sys.executable).parent
SITE = "drhast"
OLD_ENOUGH_SECONDS = 1.2
"""A younger process has taken no address yet, and its death would prove nothing."""
ROUND_SECONDS = 600.0
PAUSES = (0.2, 1.5)


@dataclass(frozen=True)
class Plan:
    """What is done: SIGKILLs of spider processes, of their parent and of each server after so many of those."""

    kills: int
    records: int = 3_000
    processes: int = 4
    parents_each: int = 40
    servers_each: int = 50
    delay: float = 0.02
    """Seconds between two requests, so that a round lasts for many kills."""


@dataclass
class Report:
    """What was done, and what was found after every round; all that is wrong is in `faults`."""

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    addresses: int = 0
    faults: list[str] = field(default_factory=list)


class Chaos:
    """One run over one site."""

    def __init__(self, plan: Plan, own: Services, site: Served) -> None:
        self.plan, self.own, self.site = plan, own, site
        self.report, self.chance = Report(), random.Random(plan.kills)

    def run(self) -> Report:
        """Rounds until enough was killed."""
        began = time.monotonic()
        while self.report.killed["spider"] < self.plan.kills or not self.report.rounds:
            self._round()
            self._check()
            self.report.rounds += 1
            if self.report.faults:
                break
        self.report.seconds = round(time.monotonic() - began)
        return self.report

    def _round(self) -> None:
        """Crawl, killing, until a crawl ends by itself; a killed parent or one that gave up is started again."""
        recheck = ["--recheck"] if self.report.rounds else []
        deadline = time.monotonic() + ROUND_SECONDS
        while time.monotonic() < deadline:
            with self._crawling(recheck) as crawl:
                while crawl.poll() is None and time.monotonic() < deadline:
                    time.sleep(self.chance.uniform(*PAUSES))
                    self._kill(crawl)
                if crawl.poll() == 0:
                    return
            recheck = []  # a round under way is gone on with
        self.report.faults.append(f"round {self.report.rounds} did not end within {ROUND_SECONDS:.0f} s")

    @contextmanager
    def _crawling(self, more: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        asked = ["--connect-to", f"*={self.site.url}", "--delay", str(self.plan.delay), "--until-idle"]
        command = [BIN / "crawlers", "crawl", SITE, *asked, "--processes", str(self.plan.processes), *more]
        environment = os.environ | self.own.environment | {"TABIB_LOG_LEVEL": "ERROR"}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            for member in [process, *self._spiders(process)]:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            process.wait()

    def _kill(self, crawl: subprocess.Popen[bytes]) -> None:
        old = [p for p in self._spiders(crawl) if time.time() - p.create_time() > OLD_ENOUGH_SECONDS]
        done = self.report.killed["spider"]
        if not old or done >= self.plan.kills:
            return
        self._sigkill("spider", self.chance.choice(old))
        if done % self.plan.servers_each == self.plan.servers_each // 3:
            self._sigkill("valkey", self._server("valkey"))
        if done % self.plan.servers_each == 2 * self.plan.servers_each // 3:
            self._sigkill("postgres", self._server("postgres"))
        if done % self.plan.parents_each == self.plan.parents_each - 1:
            self._sigkill("parent", psutil.Process(crawl.pid))

    def _sigkill(self, kind: str, process: psutil.Process | None) -> None:
        with suppress(psutil.NoSuchProcess):
            if process is not None:
                process.kill()
                self.report.killed[kind] += 1

    def _server(self, name: str) -> psutil.Process | None:
        """The server that runs now: the supervisor starts another for each that is killed."""
        told = json.loads((self.own.folder / "services" / "endpoints.json").read_text(encoding="utf-8"))
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(told["pids"][name])
        return None

    @staticmethod
    def _spiders(crawl: subprocess.Popen[bytes]) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(crawl.pid).children()
        return []

    def _check(self) -> None:
        """The account, the rows, the archive."""
        verified = self._command("crawlers", "verify", SITE, "--json")
        told = json.loads(verified.stdout)[0] if verified.stdout else {"addresses": 0}
        self.report.addresses = told["addresses"]
        if verified.returncode:
            self.report.faults.append(verified.stderr.strip())
        held = stored(self.own, Pages(self.site.shape))
        wrong = ("missing", "unreachable_yet_stored", "with_other_documents", "pages_twice")
        self.report.faults += [f"{name}: {held[name]}" for name in wrong if held[name]]
        files = [str(path) for path in (Path(self.own.environment["TABIB_DATA_DIR"]) / "archive").rglob("*.warc.gz")]
        checked = self._command("warcio", "check", *files)
        if checked.returncode or not files:
            self.report.faults.append(f"the archive: {checked.stdout[-500:]}")

    def _command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | self.own.environment
        return subprocess.run([BIN / name, *arguments], env=environment, capture_output=True, text=True, check=False)


def chaos(plan: Plan) -> Report:
    """Carry out `plan` on servers and a site of its own."""
    with services() as own:
        own.fresh()
        with served(Shape(plan.records)) as site:
            return Chaos(plan, own, site).run()


def main(
    kills: Annotated[int, typer.Option(min=1, help="SIGKILLs of spider processes.")] = 1_000,
    records: Annotated[int, typer.Option(min=100, help="How many the site has.")] = 3_000,
    processes: Annotated[int, typer.Option(min=1, max=16, help="Spider processes at a time.")] = 4,
) -> None:
    """Do it and print what was found as JSON. Exit codes: 0 nothing lost, 1 something was."""
    report = chaos(Plan(kills, records, processes))
    sys.stdout.write(json.dumps(vars(report), indent=1) + "\n")
    raise typer.Exit(1 if report.faults else 0)


if __name__ == "__main__":
    typer.run(main)
