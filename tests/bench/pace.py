"""Do many workers together keep to one host's budget? Real processes, one Valkey, Redis' own clock.

    python -m tests.bench.pace --processes 32 --requests 100000 --delay 0.001

Each grant is noted by the script that gives it, in microseconds of the time that it was given at; two of them nearer
than the delay are a violation. What the workers' own clocks say plays no part.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from redis import Redis

from crawlers.frontier import pace
from crawlers.frontier.pace import Pace
from tests.bench.services import services

HOST, NOTED, ASKED, GO = "budget.test", "bench:noted", "bench:asked", "bench:go"
ANSWER = "return wait"
NOTE = f"""if wait == 0 then
    local time = redis.call('TIME')
    redis.call('RPUSH', '{NOTED}', string.format('%s %.0f', ARGV[1], time[1] * 1000000 + time[2]))
end
redis.call('INCR', '{ASKED}')
{ANSWER}"""
SHORTEST_SLEEP = 0.005
"""Workers that ask again at once would take the processor from one another: here all of them are on one machine."""
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Kept:
    """How the budget was kept; gaps in milliseconds between one grant and the next."""

    processes: int
    requests: int
    delay_ms: float
    seconds: float
    violations: int
    shortest_gap_ms: float
    mean_gap_ms: float
    asked_per_grant: float
    busiest_share: float
    """The part of the requests that the luckiest worker had; an even one is 1 / processes."""


class Noted(Pace):
    """`Pace`, whose own script also writes down when it granted, and to whom."""

    def __init__(self, server: Redis, worker: int) -> None:
        super().__init__(server, HOST)
        source = pace._source("grant")
        self._grant, self.worker = server.register_script(source.rstrip().removesuffix(ANSWER) + NOTE), worker

    def grant(self) -> float:
        return int(self._grant(keys=[self.key], args=[self.worker])) / 1000


def work(url: str, worker: int, requests: int) -> None:
    """Ask for turns until the farm had `requests` of them."""
    server = Redis.from_url(url)
    budget = Noted(server, worker)
    server.blpop([GO], 60)
    while True:
        wait = budget.grant()
        if wait:
            time.sleep(max(wait, SHORTEST_SLEEP))
        elif int(server.llen(NOTED)) >= requests:
            return


@contextmanager
def workers(url: str, count: int, requests: int) -> Iterator[list[multiprocessing.process.BaseProcess]]:
    """So many processes, all let go at once."""
    running = [FORK.Process(target=work, args=(url, n, requests), daemon=True) for n in range(count)]
    for process in running:
        process.start()
    with Redis.from_url(url) as server:
        server.rpush(GO, *range(count))
    try:
        yield list(running)
    finally:
        for process in running:
            process.join(3600)
            process.kill()


def noted(url: str) -> list[tuple[int, int]]:
    """When each turn was granted, in µs, and to whom, in order."""
    with Redis.from_url(url) as server:
        entries = [entry.split() for entry in server.lrange(NOTED, 0, -1)]
    return sorted((int(at), int(worker)) for worker, at in entries)


def kept(url: str, delay: float, count: int, requests: int) -> Kept:
    """Let `count` processes share the budget until they had `requests` turns."""
    with Redis.from_url(url) as server:
        Pace(server, HOST).set_rules(delay=delay)
    with workers(url, count, requests):
        pass
    with Redis.from_url(url) as server:
        asked = int(server.get(ASKED) or 0)
    turns = noted(url)
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(turns)]
    had = [sum(worker == n for _, worker in turns) for n in range(count)]
    return Kept(
        count,
        len(turns),
        delay * 1000,
        round((turns[-1][0] - turns[0][0]) / 1e6, 1),
        sum(gap < delay * 1e6 for gap in gaps),
        min(gaps) / 1000,
        round(sum(gaps) / len(gaps) / 1000, 3),
        round(asked / len(turns), 1),
        round(max(had) / len(turns), 3),
    )


def main(
    processes: Annotated[int, typer.Option(min=1, max=256, help="Workers.")] = 32,
    requests: Annotated[int, typer.Option(min=2, max=10_000_000, help="Turns, all workers together.")] = 100_000,
    delay: Annotated[float, typer.Option(min=0.001, help="Seconds between two requests.")] = 0.001,
) -> None:
    """Share a budget, print JSON. Exit codes: 0 no violation, 1 one or more."""
    with services() as own:
        own.fresh()
        found = kept(own.own.redis(), delay, processes, requests)
    sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
    raise typer.Exit(1 if found.violations else 0)


if __name__ == "__main__":
    typer.run(main)
