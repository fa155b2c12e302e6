"""Fifty annotators at once over a million records that wait: what a decision and the next records take, beside a peer.

    python tests/bench/review_load.py
    python tests/bench/review_load.py --documents 100000 --peer-python /tmp/peer/bin/python

Ours is served as `infra admin` serves it, over an embedded PostgreSQL filled by SQL with texts of the published pairs'
lengths (279 and 372 letters at the mean of drhast's). Each annotator logs in and works as the room's page does, first
at a decision a second, then as fast as answers come. The peer is Label Studio, of the version in peers/studio.py,
in the same PostgreSQL, under gunicorn: annotators ask for the next task and submit an annotation through its API. Its
own guide advises 100,000 tasks a project at most (https://labelstud.io/guide/tasks), so that is its queue.

Times are a client's, on loopback, in a process of its own on the same cores. Wanted: a decision's request at most
100 ms at the 95th percentile, the next claim 50 ms, no error, no record decided twice.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import numpy as np
import psutil
import psycopg
import typer
from argon2 import PasswordHasher
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from infra.admin.guide import guide
from tests.bench.annotators import PASSWORD, Annotator, InLabelStudio, InTheRoom, Measured
from tests.bench.services import Services, _seconds, services

DECISION_MS, CLAIM_MS = 100.0, 50.0
PEER = Path(__file__).parent / "peers" / "studio.py"
PEER_DOCUMENTS = 100_000
START_SECONDS = 120.0
COMING_SECONDS = 20.0  # fifty people do not begin in the same second
PASSAGE = (
    "سلام خانم دکتر من سی و دو سال دارم و چند هفته است که شب‌ها سردرد و سرگیجه می‌گیرم و قرص مسکن هم اثری ندارد؛ "
    "آزمایش خون و فشار خون هم نوشته‌اند که طبیعی است. پرسش من این است که آیا باید ام‌آرآی انجام دهم یا با تغییر خواب و "
    "خوراک بهتر می‌شود؟ پاسخ: بهتر است نخست یک متخصص مغز و اعصاب شما را معاینه کند و تا آن زمان آب کافی بنوشید. "
) * 8
FILL = """
SET synchronous_commit = off;
INSERT INTO sources (name, host) VALUES ('drhast', 'drhast.com');
INSERT INTO pages (source, url, status, sha256, headers, fetched_at, seen_at)
SELECT 'drhast', 'https://drhast.com/p/' || n, 200, md5(n::text), '{{}}', now(), now() FROM generate_series(1, 1000) n;
INSERT INTO recipes (sha256, name, measures_sha256, text) VALUES ('r', 'default', 'm', '');
INSERT INTO documents (id, source, kind, record, ordinal, url, page_id, question, answer, tags, categories,
                       content_sha256, state, priority, created_at, published_at)
SELECT gen_random_uuid(), 'drhast', 'qa', n::text, 0, 'https://drhast.com/q/' || n, 1 + n % 1000,
       substr(p, 1 + (random() * 300)::int, 90 + (power(random(), 2) * 560)::int),
       substr(p, 1 + (random() * 300)::int, 90 + (power(random(), 2) * 850)::int), '{{}}', '{{}}',
       md5(n::text), 'review', random(), now() - n * interval '1 second', '2024-01-01'
FROM generate_series(1, {documents}) n, (SELECT '{passage}'::text AS p) AS passage;
INSERT INTO measurements (document_id, measures_sha256, content_sha256, cleaned)
SELECT id, 'm', content_sha256, jsonb_build_object('question', question, 'answer', answer) FROM documents;
INSERT INTO verdicts (document_id, recipe, recipe_sha256, content_sha256, measurement_id, outcome, reason, measure)
SELECT document_id, 'default', 'r', content_sha256, id, 'review', 'personal-data', '{{}}' FROM measurements;
"""
TRAINED = "INSERT INTO trainings (user_id, guideline_version, passed_at) SELECT id, %s, now() FROM users"
DOUBLE = """
SELECT count(*) FROM (SELECT document_id FROM reviews WHERE purpose = 'decision' AND undone_at IS NULL
                      GROUP BY document_id HAVING count(*) > 1) AS twice
"""
OF_ONE = """
SELECT count(*) FROM (SELECT document_id FROM reviews WHERE undone_at IS NULL
                      GROUP BY document_id, user_id HAVING count(*) > 1) AS twice
"""


@dataclass(frozen=True)
class Load:
    """How many work, for how long at a decision a second once all are there, and for how long as fast as they can."""

    annotators: int
    steady: float
    flat_out: float

    def names(self) -> list[str]:
        """What they are called."""
        return [f"annotator-{number}" for number in range(self.annotators)]

    def phases(self) -> Iterator[tuple[str, float, float]]:
        """A phase's name, its seconds, and the seconds between decisions."""
        yield "coming in", COMING_SECONDS, 1.0
        yield "a decision a second", self.steady, 1.0
        yield "as fast as they can", self.flat_out, 0.0


People = Callable[[Measured], list[Annotator]]
Figures = dict[str, Any]


def main(
    documents: Annotated[int, typer.Option(help="Records that wait in ours.")] = 1_000_000,
    annotators: int = 50,
    steady: Annotated[float, typer.Option(help="Seconds at a decision a second.")] = 60.0,
    flat_out: Annotated[float, typer.Option(help="Seconds as fast as they can.")] = 20.0,
    peer_python: Annotated[Path | None, typer.Option(help="An environment's python with Label Studio in it.")] = None,
    peer_documents: Annotated[int, typer.Option(help="Tasks that wait in the peer.")] = PEER_DOCUMENTS,
) -> None:
    """Print a table a phase. Exit codes: 0 every bar is kept, 1 not."""
    load = Load(annotators, steady, flat_out)
    with services() as own:
        own.fresh()
        ours = _ours(own, load, documents)
        theirs = _theirs(own, load, peer_python, peer_documents) if peer_python else {}
    for phase, figures in ours.items():
        _print(phase, figures, theirs.get(phase, {}))
    told = ours["a decision a second"]
    kept = told["decision p95 ms"] <= DECISION_MS and told["claim p95 ms"] <= CLAIM_MS
    whole = not any(figures["errors"] or figures["decided twice"] for figures in ours.values())
    raise typer.Exit(0 if kept and whole else 1)


def _ours(own: Services, load: Load, documents: int) -> dict[str, Figures]:
    began = time.monotonic()
    with psycopg.connect(own.environment["TABIB_DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as connection:
        for statement in FILL.format(documents=documents, passage=PASSAGE).split(";\n"):
            connection.execute(statement.encode())
        hashed = PasswordHasher().hash(PASSWORD)
        for name in load.names():
            connection.execute("INSERT INTO users (name, password_hash) VALUES (%s, %s)", [name, hashed])
        connection.execute(TRAINED, [guide().version])
        connection.execute("VACUUM ANALYZE")
    typer.echo(f"{documents:,} records in review, made in {time.monotonic() - began:.0f} s")
    port = _free_port()
    command = [str(Path(sys.executable).with_name("infra")), "admin", "--port", str(port)]
    with _served(command, own.environment | {"TABIB_LOG_LEVEL": "WARNING"}, port) as (base, server):
        people: People = lambda told: [InTheRoom(base, name, told) for name in load.names()]  # noqa: E731
        found = asyncio.run(_loaded(load, people, {"server": server, "PostgreSQL": own.pids["postgres"]}))
    twice = sum(int(str(own.query(query)[0][0])) for query in (DOUBLE, OF_ONE))
    for figures in found.values():
        figures["decided twice"] += twice
    return found


def _theirs(own: Services, load: Load, python: Path, documents: int) -> dict[str, Figures]:
    """Label Studio's figures. Raises CalledProcessError where it cannot be prepared."""
    port, given = _free_port(), conninfo_to_dict(own.own.database().replace("+psycopg", ""))
    own.administrator.execute("CREATE DATABASE peer")
    named = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    environment = {f"POSTGRE_{name}": str(given.get(key) or 5432) for name, key in named.items()}
    environment |= {"POSTGRE_NAME": "peer"}
    environment |= {"LABEL_STUDIO_BASE_DATA_DIR": str(own.folder / "peer")}
    began = time.monotonic()
    prepare = [str(python), str(PEER), "prepare", str(documents), PASSAGE, PASSWORD, *load.names()]
    subprocess.run(prepare, env=os.environ | environment, check=True)
    typer.echo(f"{documents:,} tasks in Label Studio, made in {time.monotonic() - began:.0f} s")
    with _served([str(python), str(PEER), "serve", str(port)], environment, port) as (base, server):
        people: People = lambda told: [InLabelStudio(base, name, told) for name in load.names()]  # noqa: E731
        return asyncio.run(_loaded(load, people, {"server": server, "PostgreSQL": own.pids["postgres"]}))


async def _loaded(load: Load, people: People, watched: Mapping[str, psutil.Process]) -> dict[str, Figures]:
    """Each phase's figures, with the processor seconds of those watched and of this process a second of the phase."""
    first = Measured()
    everyone = people(first)
    for one in everyone:
        await one.enter()
    found = {}
    for phase, seconds, pace in load.phases():
        measured = Measured()
        for one in everyone:
            one.measured = measured
        before, began = _spent(watched), time.perf_counter()
        late = COMING_SECONDS / len(everyone) if phase == "coming in" else 0.0
        await asyncio.gather(*(_from(one, n * late, began + seconds, pace) for n, one in enumerate(everyone)))
        took = time.perf_counter() - began
        spent = {name: round((after - before[name]) / took, 2) for name, after in _spent(watched).items()}
        found[phase] = _figures(measured, took) | {"cores": spent, "load": os.getloadavg()[0]}
    for one in everyone:
        await one.leave()
    return found


async def _from(one: Annotator, late: float, until: float, pace: float) -> None:
    await asyncio.sleep(late)
    await one.work(until, pace)


def _spent(watched: Mapping[str, psutil.Process]) -> dict[str, float]:
    own = {"clients": time.process_time(), "machine": sum(psutil.cpu_times()[:3])}
    return {name: _seconds(process) for name, process in watched.items()} | own


def _figures(measured: Measured, took: float) -> Figures:
    found: Figures = {}
    for name in ("decision", "claim"):
        times = np.array(measured.seconds[name] or [np.nan]) * 1000
        found |= {f"{name}s": len(measured.seconds[name])}
        found |= {f"{name} p{percent} ms": round(float(np.percentile(times, percent)), 1) for percent in (50, 95, 99)}
    owners: dict[str, set[str]] = {}
    for document, name in measured.decided:
        owners.setdefault(document, set()).add(name)
    found["records decided"] = len(measured.decided)
    found["decided a second"] = round(len(measured.decided) / took, 1)
    found["decided by two"] = sum(len(names) > 1 for names in owners.values())
    return found | {"decided twice": 0, "errors": dict(measured.errors)}


def _print(phase: str, ours: Figures, theirs: Figures) -> None:
    table = Table("", "ours", "Label Studio", "ratio", title=f"{phase}")
    for name, value in ours.items():
        other = theirs.get(name)
        both = isinstance(value, int | float) and isinstance(other, int | float) and value and " ms" in name
        table.add_row(name, _cell(value), _cell(other), f"{other / value:.1f}" if both else "")
    Console(width=120).print(table)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "0"
    return "" if value is None else f"{value:,}"


@contextmanager
def _served(command: list[str], environment: dict[str, str], port: int) -> Iterator[tuple[str, psutil.Process]]:
    """The address and process of a server that answers, ended with the block."""
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with suppress(httpx.HTTPError):
                httpx.get(base, timeout=5, trust_env=False)
                break
            time.sleep(0.2)
        yield base, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    typer.run(main)
