"""How long `crawlers rebuild` takes for a wiped Redis, and what the frontier takes there afterwards.

    python tests/bench/rebuild.py --urls 1000000

The ledger is filled with addresses of drhast.com's form, half of which wait. At most 60 s a million are allowed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import psycopg
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from tests.bench.services import Services, services

SECONDS_A_MILLION = 60.0
FILL = """
INSERT INTO sources (name, host) VALUES ('drhast', 'drhast.com');
INSERT INTO addresses (fingerprint, source, url, is_record, state)
SELECT md5(n::text)::uuid, 'drhast', 'https://drhast.com/q/' || n || '/%D8%AF%D8%B1%D8%AF-%D9%85%D8%B9%D8%AF%D9%87',
       true, CASE WHEN n % 2 = 0 THEN 'discovered' ELSE 'stored' END
FROM generate_series(1, {urls}) AS n
"""


def rebuilt(own: Services, urls: int) -> dict[str, float]:
    """Fill the ledger, wipe Redis, rebuild: seconds, and bytes an address."""
    database = own.environment["TABIB_DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(database) as connection:
        connection.execute(FILL.format(urls=urls).encode())
    own.redis.flushall()
    before, began = int(own.redis.info("memory")["used_memory"]), time.monotonic()
    command = [Path(sys.executable).with_name("crawlers"), "rebuild", "drhast"]
    subprocess.run(command, env=os.environ | own.environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    taken = int(own.redis.info("memory")["used_memory"]) - before
    waiting, seen = int(own.redis.llen("crawl:drhast:queue")), int(own.redis.scard("crawl:drhast:seen"))
    return {"seconds": round(seconds, 1), "waiting": waiting, "seen": seen, "bytes_a_url": round(taken / urls, 1)}


def main(urls: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="Addresses.")] = 1_000_000) -> None:
    """Measure and print JSON. Exit codes: 0 the limit is kept and nothing is missing, 1 not."""
    with services() as own:
        own.fresh()
        found = rebuilt(own, urls)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    whole = (found["waiting"], found["seen"]) == (urls // 2, urls)
    raise typer.Exit(0 if whole and found["seconds"] <= SECONDS_A_MILLION * max(1.0, urls / 1e6) else 1)


if __name__ == "__main__":
    typer.run(main)
