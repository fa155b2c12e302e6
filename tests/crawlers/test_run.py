"""Whole crawls as processes over real HTTP: everything stored once, whatever is killed, taken away or hostile."""

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import psycopg
import pytest
from sqlalchemy import select

from crawlers.frontier.queue import LeaseQueue
from crawlers.spiders import sites
from infra import replica
from infra.replica.documents import documents
from infra.replica.records import load
from storage import archive, db, redis
from storage.models import Page
from storage.settings import Settings
from tests.crawlers import farm

RECORDS = load()
WARCIO = str(farm.CRAWLERS.with_name("warcio"))


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The stand-in sites with the project's own sample."""
    with replica.serve(RECORDS) as url:
        yield url


def local(base: str) -> tuple[str, ...]:
    return ("--connect-to", f"*={base}", "--delay", "0", "--json")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A crawl in the background; nothing of it is left when the block ends."""
    process = subprocess.Popen(
        farm.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        family = [psutil.Process(process.pid), *workers(process)] if process.poll() is None else []
        for member in family:
            member.kill()
        process.communicate()


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_five_sites_are_stored_whole_and_a_second_round_changes_nothing(base: str, database: Settings) -> None:
    done = farm.run("all", *local(base), "--until-idle", "--processes", "2")
    assert done.returncode == 0, done.stderr
    assert farm.stored() == farm.served(documents(RECORDS))
    first = farm.summary(done)
    assert set(first) == set(sites())
    assert sum(row["documents"] for row in first.values()) == len(farm.stored())
    assert {row["failed"] + row["unreadable"] for row in first.values()} == {0}
    assert first["drhast"]["unanswered"] == sum(q.site == "drhast" and not q.answers for q in RECORDS.questions)
    assert set(farm.pages().values()) == {1}
    _the_archive_holds_every_page()
    again = farm.run("all", *local(base), "--until-idle")
    assert again.returncode == 0, again.stderr
    assert {row["documents"] for row in farm.summary(again).values()} == {0}
    assert farm.stored() == farm.served(documents(RECORDS))
    assert set(farm.pages().values()) == {1}
    forbidden = {name: site["forbidden"] for name, site in httpx.get(f"{base}/__replica__").json().items()}
    assert forbidden == dict.fromkeys(sites(), 0)


def _the_archive_holds_every_page() -> None:
    with db.session() as session:
        for url, sha256, status in session.execute(select(Page.url, Page.sha256, Page.status)).all():
            assert url.startswith("https://"), url
            assert status == 200
            assert hashlib.sha256(archive.body(session, sha256)).hexdigest() == sha256
    files = [str(path) for path in archive.folder().rglob("*.warc.gz")]
    assert len(files) >= len(sites())
    checked = subprocess.run([WARCIO, "check", *files], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_kill_9_loses_nothing(base: str, database: Settings) -> None:
    asked = ("drhast", *local(base), "--until-idle", "--processes", "2")
    for pages in (20, 80):
        with started(*asked, "--delay", "0.02") as process:  # slow enough to be killed in the middle
            _kill_a_worker_then_all(process, pages)
    done = farm.run(*asked)
    assert done.returncode == 0, done.stderr
    assert farm.stored() == farm.served(documents(RECORDS), "drhast")
    assert _queue("drhast").pending() == (0, 0)


def _kill_a_worker_then_all(process: subprocess.Popen[str], pages: int) -> None:
    """One worker, which is replaced, once `pages` are stored; the farm and what runs of it ten pages later."""
    until(lambda: len(farm.pages()) > pages)
    victims = workers(process)
    victims[0].kill()
    until(lambda: len(farm.pages()) > pages + 10)
    victims += workers(process)
    os.kill(process.pid, signal.SIGKILL)
    for victim in victims[1:]:
        victim.kill()
    _all_gone(victims)


def _all_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def _queue(site: str) -> LeaseQueue:
    return LeaseQueue(redis.client(), sites()[site]())


def test_ctrl_c_keeps_what_is_done_and_the_next_goes_on(base: str, database: Settings) -> None:
    with started("drhast", *local(base), "--until-idle") as process:
        until(lambda: len(farm.pages()) > 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert json.loads(out)[0]["pages"] > 20
    assert _queue("drhast").pending()[1] == 0
    done = farm.run("drhast", *local(base), "--until-idle")
    assert done.returncode == 0, done.stderr
    assert farm.stored() == farm.served(documents(RECORDS), "drhast")
    assert set(farm.pages().values()) == {1}


def test_a_worker_that_is_told_to_end_leaves_a_crawl_unfinished(base: str, database: Settings) -> None:
    with started("drhast", *local(base), "--until-idle", "--delay", "0.05") as process:
        until(lambda: len(farm.pages()) > 5)
        for worker in workers(process):
            worker.terminate()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "addresses are left: run it again" in err
    assert json.loads(out)[0]["listings"] >= 1
    assert json.loads(out)[0]["listed"] > 5


def test_it_waits_for_work_and_its_workers_end_with_it(base: str, database: Settings) -> None:
    with started("isovisit", *local(base)) as process:
        until(lambda: farm.stored() == farm.served(documents(RECORDS), "isovisit"))
        isovisit = _queue("isovisit")
        until(lambda: not any(isovisit.pending()))
        assert process.poll() is None
        before = len(farm.pages())
        isovisit.add(["https://isovisit.com/questions?page=77"])
        until(lambda: len(farm.pages()) > before)
        left = workers(process)
        os.kill(process.pid, signal.SIGKILL)
        _all_gone(left)
    assert len(left) == 1


def test_a_database_that_goes_away_is_waited_for(base: str, database: Settings) -> None:
    parts = urlsplit(database.database())
    name, server = parts.path[1:], urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
    with (
        psycopg.connect(server, autocommit=True) as administrator,
        started("drhast", *local(base), "--until-idle") as process,
    ):
        until(lambda: len(farm.pages()) > 20)
        db.engine().dispose()
        administrator.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert process.stderr is not None
        until(lambda: "waiting up to" in process.stderr.readline())
        administrator.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert farm.stored() == farm.served(documents(RECORDS), "drhast")


def test_hostile_sites_are_bounded_and_every_address_accounted_for(database: Settings) -> None:
    with farm.misbehaving() as base:
        done = farm.run("all", *local(base), "--until-idle")
        asked = list(farm.Misbehaving.asked)
    row = farm.summary(done)["isovisit"]
    assert {record for _, _, record, _ in farm.stored()} == {"1", "4", "9", "10", "11"}
    assert row["documents"] == 5
    assert (row["failed"], row["unreadable"], row["excluded"]) == (5, 1, 1)
    assert row["causes"] == {
        "HTTP 404": 1,
        "DownloadFailed": 1,
        "it leads to another host": 1,
        "max redirections reached": 1,
        "the body is not HTML": 1,
        "longer than 8,388,608 bytes": 1,
    }
    hosts = {name for site in sites().values() for name in site.hosts}
    assert {host for host, _, _ in asked} <= hosts
    assert {agent for _, _, agent in asked} == {"tabib/0.1.0 (+https://example.org/tabib)"}
    assert not any(path.startswith("/questions/12/") for _, path, _ in asked), "robots.txt forbids it"
    assert not any(word in done.stderr for word in ("پرسش", "پاسخ", "Traceback"))
    assert not any(_queue(name).pending() != (0, 0) for name in sites())
    _what_gave_too_little_is_told(done, {path for host, path, _ in asked if host == "drhast.com"})


def _what_gave_too_little_is_told(done: subprocess.CompletedProcess[str], asked_of_drhast: set[str]) -> None:
    rows = farm.summary(done)
    assert asked_of_drhast == {"/robots.txt"}, "a site whose robots.txt cannot be read is left alone"
    assert rows["drhast"]["causes"] == {"robots.txt cannot be fetched (HTTP 503)": 1}
    assert (rows["hidoctor"]["pages"], rows["hidoctor"]["failed"]) == (0, 0)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert "hidoctor: not one page was fetched" in told
    assert "isovisit: 1 of 8 pages could not be read" in told


@pytest.mark.parametrize("variable", ["TABIB_DATABASE_URL", "TABIB_REDIS_URL"])
def test_a_service_that_is_down_at_the_start_is_told(
    variable: str, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "postgresql://nobody@127.0.0.1:1/none" if "DATABASE" in variable else "redis://127.0.0.1:1/0"
    monkeypatch.setenv(variable, address)
    done = farm.run("drhast", "--until-idle")
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert variable in done.stderr
