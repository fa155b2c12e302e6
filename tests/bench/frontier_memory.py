"""How much of Redis the frontier takes for a URL of drhast's form: all waiting, then all done.

    python tests/bench/frontier_memory.py --urls 1000000

The queue is filled and drained through `LeaseQueue`, as a crawl does it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from crawlers.frontier.pace import Pace
from crawlers.frontier.queue import Finished, LeaseQueue
from crawlers.spiders import sites
from infra.replica.texts import slug
from tests.bench.pages import FIRST, sample
from tests.bench.services import Services, services

AT_ONCE = 1_000
BYTES_AT_MOST = 200


def urls(count: int) -> Iterator[str]:
    """Addresses of records: each with the opening of a real question as its slug, at most 70 letters."""
    slugs = [quote(slug(q.question)) for q in sample()]
    for number, words in zip(range(FIRST, FIRST + count), cycle(slugs), strict=False):
        yield f"https://drhast.com/q/{number}/{words}"


def fill(queue: LeaseQueue, count: int) -> int:
    """Let `count` addresses wait; returns how many do."""
    waiting = urls(count)
    return sum(iter(lambda: queue.add(list(islice(waiting, AT_ONCE))), 0))


def drain(queue: LeaseQueue) -> int:
    """Take and finish all of them; returns how many there were."""
    done = 0
    while taken := queue.take("bench", AT_ONCE).requests:
        done += sum(queue.finish([Finished(request.meta["lease"], "bench") for request in taken]))
    return done


def measured(own: Services, count: int) -> dict[str, float]:
    """Bytes a URL with all waiting and with none, and seconds."""
    queue = LeaseQueue(own.redis, sites()["drhast"]())
    Pace(own.redis, sites()["drhast"].hosts[0]).set_rules(delay=0)
    queue.server.hset(queue.control, "built", 1)

    def used() -> int:
        return int(own.redis.info("memory")["used_memory"])

    empty, started = used(), time.monotonic()
    waiting = fill(queue, count)
    full, filled = used(), time.monotonic()
    if (done := drain(queue)) != count or waiting != count:
        raise RuntimeError(f"of {count:,} URLs {waiting:,} waited and {done:,} were done")
    drained, ended = used(), time.monotonic()
    return {
        "urls": count,
        "bytes_a_url_waiting": round((full - empty) / count, 1),
        "bytes_a_url_done": round((drained - empty) / count, 1),
        "seconds_to_fill": round(filled - started, 1),
        "seconds_to_drain": round(ended - filled, 1),
    }


def main(
    count: Annotated[int, typer.Option("--urls", min=1_000, max=10_000_000, help="How many.")] = 1_000_000,
) -> None:
    """Fill, drain, print JSON. Exit codes: 0 at most 200 bytes a URL, 1 more."""
    with services() as own:
        own.fresh()
        found = measured(own, count)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    raise typer.Exit(1 if found["bytes_a_url_waiting"] > BYTES_AT_MOST else 0)


if __name__ == "__main__":
    typer.run(main)
