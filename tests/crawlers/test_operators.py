"""What operators see of a crawl and tell it, as commands over a farm that is real."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.frontier.pace import Pace
from crawlers.spiders import sites
from infra import replica
from infra.replica.records import load
from storage import archive, db, redis, verdicts
from storage.models import Capture, Document, Page
from storage.settings import Settings
from tests.crawlers import farm
from tests.crawlers.test_run import local, started, until
from tests.crawlers.visiting import frontier

RECORDS = load()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with replica.serve(RECORDS) as url:
        yield url


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([farm.CRAWLERS, *arguments], capture_output=True, text=True, timeout=100, check=False)


def ok(*arguments: str) -> str:
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def crawled(base: str, site: str = "isovisit", *more: str) -> None:
    done = farm.run(site, *local(base), "--until-idle", *more)
    assert done.returncode == 0, done.stderr


def body_bytes() -> int:
    """The bytes of all bodies that were sent: a revisit of an unchanged page that a 304 told of has none."""
    with db.session() as session:
        rows = session.execute(select(Capture.file, Capture.offset, Capture.length, Capture.kind)).all()
    from storage.warc import Place
    from storage.warc_read import read

    return sum(len(read(archive.folder(), Place(*row[:3])).body) for row in rows if row.kind == "response")


def test_status_verify_and_coverage_of_a_crawl(base: str, database: Settings) -> None:
    crawled(base, "drhast")
    [told] = json.loads(ok("status", "drhast", "--json"))
    with db.session() as session:
        documents = len(session.scalars(select(Document.id)).all())
    assert (told["discovered"], told["leased"], told["failed"]) == (0, 0, 0)
    assert told["documents"] == documents > 200
    assert told["stored"] == len(farm.pages())
    assert told["rules"] == {"past the end of a listing": 1, "robots.txt": 1}
    assert "drhast" in ok("status")
    [account] = json.loads(ok("verify", "drhast", "--json"))
    assert account["faults"] == []
    assert account["addresses"] == sum(account["states"].values()) == told["stored"] + told["excluded"]
    [found] = json.loads(ok("coverage", "drhast", "--json"))
    records = sum(sites()["drhast"].record_of(url) is not None for url in farm.pages())
    assert found["found"] == records + 1, "and the one that robots.txt forbids"
    assert found["low"] == 0
    assert 0 <= found["missing"] <= found["high"] < records


def test_verify_fails_where_something_waits_or_nothing_was_crawled(base: str, database: Settings) -> None:
    done = command("verify", "drhast")
    assert (done.returncode, "it was never crawled" in done.stderr) == (1, True)
    crawled(base)
    frontier("isovisit").add(["https://isovisit.com/questions/77777/x"])
    done = command("verify", "isovisit")
    assert (done.returncode, "the frontier holds 1 addresses" in done.stderr) == (1, True)


def test_a_second_crawl_of_an_unchanged_site_moves_hardly_a_byte(base: str, database: Settings) -> None:
    crawled(base, "niniban")
    first = body_bytes()
    crawled(base, "niniban", "--recheck")
    [told] = json.loads(ok("status", "niniban", "--json"))
    assert told["unchanged"] == len(farm.pages()), "every page was asked for again"
    assert body_bytes() - first <= first / 10
    assert set(farm.pages().values()) == {1}


def test_a_wiped_redis_under_a_crawl_costs_nothing(base: str, database: Settings) -> None:
    with started("drhast", *local(base)[:-3], "--delay", "0.02", "--json", "--until-idle") as process:
        until(lambda: len(farm.pages()) > 40)
        redis.client().flushall()
        err = process.communicate(timeout=100)[1]
    assert process.returncode == 0, err
    assert "made anew from the ledger" in err
    assert json.loads(ok("verify", "drhast", "--json"))[0]["faults"] == []
    from infra.replica.documents import documents

    assert farm.stored() == farm.served(documents(RECORDS), "drhast")


def test_a_redis_that_refuses_to_write_for_a_while_holds_no_lease_for_ever(base: str, database: Settings) -> None:
    server = redis.client()
    with started("drhast", *local(base)[:-3], "--delay", "0.02", "--json", "--until-idle") as process:
        until(lambda: len(farm.pages()) > 30)
        try:
            server.config_set("min-replicas-to-write", 1)  # each write is refused, as after a failover
            time.sleep(2)
        finally:
            server.config_set("min-replicas-to-write", 0)
        err = process.communicate(timeout=120)[1]
    assert process.returncode == 0, err
    assert json.loads(ok("verify", "drhast", "--json"))[0]["faults"] == []


def test_rebuild_restores_what_waits(base: str, database: Settings) -> None:
    with started("drhast", *local(base)[:-3], "--delay", "0.05", "--json", "--until-idle") as process:
        until(lambda: len(farm.pages()) > 10)
        process.terminate()
        process.communicate(timeout=30)
    before = sum(frontier().pending())
    redis.client().flushall()
    assert f"{before:,} addresses wait" in ok("rebuild", "drhast")
    assert frontier().pending() == (before, 0)


def test_pause_resume_rate_and_stop_reach_a_running_farm(base: str, database: Settings) -> None:
    with started(
        "drhast", *local(base)[:-3], "--delay", "0.1", "--json", "--until-idle", "--processes", "2"
    ) as process:
        until(lambda: len(farm.pages()) > 10)
        assert "paused: drhast" in ok("pause", "drhast")
        time.sleep(1.5)
        paused = len(farm.pages())
        time.sleep(1.5)
        assert len(farm.pages()) == paused
        assert json.loads(ok("status", "drhast", "--json"))[0]["doing"] == "paused"
        ok("resume", "drhast")
        until(lambda: len(farm.pages()) > paused + 5)
        ok("rate", "drhast", "--delay", "5")
        assert Pace(redis.client(), "drhast.com").state().delay == 5
        began = time.monotonic()
        assert "2 workers told to end" in ok("stop", "drhast")
        out, err = process.communicate(timeout=15)
        assert time.monotonic() - began < 10
    assert process.returncode == 1
    assert "addresses are left: run it again to go on" in err
    assert frontier().pending()[1] == 0, "what was leased waits again"
    assert json.loads(out)[0]["pages"] < 200


def test_a_takedown_is_left_out(base: str, database: Settings) -> None:
    first, second = [q.record for q in RECORDS.questions if q.site == "isovisit" and q.answers][:2]
    ok("takedown", f"http://www.isovisit.com/questions/{first}/*", "--reason", "a letter")
    crawled(base)
    assert first not in {record for _, _, record, _ in farm.stored()}
    [told] = json.loads(ok("status", "isovisit", "--json"))
    assert told["rules"]["takedown"] == 1
    with db.session() as session:
        before = verdicts.unjudged(session, "0" * 64)
    ok("takedown", f"https://isovisit.com/questions/{second}", "--reason", "another")
    with db.session() as session:
        assert before - verdicts.unjudged(session, "0" * 64) >= 1, "what is stored is left out from now on"
    for wrong in ("https://example.com/x", "https://isovisit.com/*x*"):
        assert command("takedown", wrong, "--reason", "x").returncode == 2


def test_reparse_tells_nothing_where_readers_are_as_they_were_and_names_damage(base: str, database: Settings) -> None:
    crawled(base)
    told = ok("reparse", "isovisit", "--write")
    assert f"{len(farm.stored())} as stored, 0 new, 0 no longer given" in told
    path = max(archive.folder().rglob("*.warc.gz"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    with db.session() as session:
        place = session.scalars(
            select(Capture).where(Capture.kind == "response").order_by(Capture.offset.desc())
        ).first()
    assert place is not None
    data[place.offset + place.length // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    done = command("reparse", "isovisit")
    assert done.returncode == 6
    assert "1 records of the archive are damaged" in done.stderr
    assert place.file in done.stdout
    assert "pages read" in done.stdout


def test_record_saves_a_page_as_a_case_from_the_archive_or_the_site(
    base: str, database: Settings, tmp_path: Path
) -> None:
    crawled(base)
    url = next(url for url in farm.pages() if sites()["isovisit"].record_of(url))
    ok("record", url, "--to", str(tmp_path))
    case = next(tmp_path.glob("isovisit/*"))
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    reading = sites()["isovisit"].read((case / "page.html").read_bytes(), expected["url"], expected["headers"])
    assert [document["question"] for document in expected["documents"]] == [d.question for d in reading.documents]
    assert command("record", url, "--to", str(tmp_path)).returncode == 2, "it is not written over"
    article = next(a for a in RECORDS.articles if a.site == "hidoctor")
    fresh = f"https://www.hidoctor.ir/{article.record}_{article.slug}.html/"
    ok("record", fresh, "--to", str(tmp_path), "--connect-to", f"*={base}", "--case", "fresh")
    assert json.loads((tmp_path / "hidoctor/fresh/expected.json").read_text(encoding="utf-8"))["documents"]
    with db.session() as session:
        assert not session.scalars(select(Page).where(Page.source == "hidoctor")).all()


def test_an_address_of_another_site_in_the_queue_is_told_and_costs_nothing(base: str, database: Settings) -> None:
    queue = frontier("isovisit")
    queue.server.hset(queue.control, "built", 1)
    queue.server.lpush(queue.key, '{"url": "https://example.com/questions/1"}', "no entry")
    done = farm.run("isovisit", *local(base), "--until-idle")
    assert "an entry of the queue of isovisit cannot be read" in done.stderr
    assert farm.summary(done)["isovisit"]["causes"] == {"it leads to another host": 1}
    crawled(base)
    assert json.loads(ok("verify", "isovisit", "--json"))[0]["faults"] == []


@pytest.mark.parametrize(
    "arguments",
    [*((name, "drhost") for name in ("status", "verify", "rebuild", "coverage", "health", "reparse", "pause", "stop")),
     ("rate", "x", "--delay", "2"), ("rate", "drhast", "--delay", "0.1"), ("rate", "drhast", "--hours", "25-3"),
     ("record", "https://example.com/1")],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: tuple[str, ...], database: Settings) -> None:
    done = command(*arguments)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
