"""Rounds begin once, and a frontier that was wiped is made anew from the ledger."""

import threading

import pytest
from sqlalchemy import update

from crawlers import rounds
from crawlers.account import account
from crawlers.frontier.pace import Pace
from crawlers.frontier.queue import LeaseQueue
from crawlers.reading import PageReading
from crawlers.settings import SLOWNESS_FACTOR, Crawl
from storage import addresses, db, sources
from storage.addresses import Found
from storage.errors import TabibError
from storage.models import Address
from storage.settings import Settings
from tests.crawlers.visiting import DRHAST, LISTING, RECORDS, commit, fetched, frontier, pair, take


@pytest.fixture
def queue(database: Settings) -> LeaseQueue:
    return frontier()


def crawl_all(queue: LeaseQueue) -> list[str]:
    """Fetch what waits: the listing names the records, each has an answer."""
    seen = []
    while requests := queue.take("w", 1).requests:
        [request] = requests
        is_record = DRHAST.record_of(request.url)
        reading = PageReading((pair(request.url),)) if is_record else PageReading(links=tuple(RECORDS))
        commit(queue, fetched(request, reading, request.url.encode() + b"<html>"))
        seen.append(request.url)
    return seen


def test_a_round_begins_at_the_seeds_and_only_where_none_is_under_way(queue: LeaseQueue) -> None:
    assert rounds.begin(queue)
    assert not rounds.begin(queue)
    assert crawl_all(queue) == [LISTING, *RECORDS]
    assert account(queue).faults == []
    assert rounds.begin(queue)
    assert crawl_all(queue) == [LISTING], "records are not due yet"


def test_recheck_asks_for_everything_with_what_makes_it_cheap(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    crawl_all(queue)
    assert rounds.begin(queue, recheck=True)
    taken = queue.take("w", 20).requests
    assert sorted(request.url for request in taken) == sorted([LISTING, *RECORDS])
    assert {request.headers.get("If-None-Match") for request in taken} == {b'"1"'}


def test_what_a_death_left_between_ledger_and_frontier_is_offered_again(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    crawl_all(queue)
    with db.session() as session:
        lost = DRHAST.fingerprint("https://drhast.com/q/99/x")
        addresses.discover(session, "drhast", [Found(lost, "https://drhast.com/q/99/x", True)])
    assert rounds.stranded(queue) == 1
    assert any("wait" in fault for fault in account(queue).faults)
    assert rounds.begin(queue)
    assert "https://drhast.com/q/99/x" in crawl_all(queue)


def test_a_wiped_redis_is_made_anew_and_nothing_is_fetched_twice(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    first = take(queue)
    commit(queue, fetched(first, PageReading(links=tuple(RECORDS))))
    done = take(queue)
    commit(queue, fetched(done, PageReading((pair(done.url),))))
    take(queue)
    queue.server.flushall()
    assert not queue.built()
    assert rounds.rebuild(queue) == len(RECORDS) - 1
    Pace(queue.server, DRHAST.hosts[0]).set_rules(delay=0)
    assert queue.sift([], [])[1] == set()
    assert queue.add([done.url, first.url]) == 0, "both were seen in this round"
    assert sorted(crawl_all(queue)) == sorted(set(RECORDS) - {done.url})
    assert account(queue).faults == []


def test_a_round_builds_a_wiped_frontier_first(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    commit(queue, fetched(take(queue), PageReading(links=tuple(RECORDS))))
    queue.server.flushall()
    assert not rounds.begin(queue), "the round under way goes on"
    assert queue.pending() == (len(RECORDS), 0)


def test_two_machines_begin_one_round(queue: LeaseQueue) -> None:
    begun: list[bool] = []
    threads = [threading.Thread(target=lambda: begun.append(rounds.begin(frontier()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [False, False, False, True]
    assert queue.pending() == (1, 0)


def test_building_is_left_to_one_process(queue: LeaseQueue) -> None:
    with rounds._locked(queue.spider), pytest.raises(TabibError, match="is being built by another process"):
        rounds.rebuild(queue)


def test_another_round_is_due_only_when_nothing_waits_and_its_time_has_come(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    assert not rounds.due(queue)
    crawl_all(queue)
    assert not rounds.due(queue)
    queue.server.hincrby(queue.control, "begun", -rounds.ROUND_SECONDS)
    assert rounds.due(queue)


def test_what_the_operator_set_outranks_what_the_crawl_asks(queue: LeaseQueue) -> None:
    with db.session() as session:
        sources.ensure(session, "drhast", "drhast.com")
        sources.set_rules(session, "drhast", sources.Rules(paused=True, delay=7.5, hours=None))
    rounds.set_pace(queue, Crawl(("drhast",), "r", delay=1.0))
    pace = Pace(queue.server, "drhast.com")
    assert pace.state().delay == 7.5
    assert float(queue.server.hget(pace.key, "factor")) == SLOWNESS_FACTOR
    rounds.begin(queue)
    assert queue.take("w", 1).state == "paused"


def test_a_site_that_makes_up_records_for_ever_is_bounded_and_told(
    queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(queue.spider), "records_at_most", 5)
    rounds.begin(queue)
    assert len(crawl_all(queue)) == 1 + 5
    assert caplog.text.count("drhast names more than 5 records") == 1
    assert account(queue).faults == ["it names more than 5 records, which were not all taken"]


def test_the_account_names_what_cannot_be_explained(queue: LeaseQueue) -> None:
    rounds.begin(queue)
    crawl_all(queue)
    with db.session() as session:
        session.execute(update(Address).where(Address.url == RECORDS[0]).values(page_id=None))
    from storage import archive

    next(archive.folder().rglob("*.warc.gz")).unlink()
    told = " ".join(account(queue).faults)
    assert "1 addresses are stored without a page" in told
    assert "is missing or cut short" in told
    queue.server.lpush(queue.key, '{"url": "/q/1/x"}')
    assert "the frontier holds 1 addresses that the ledger has ended" in account(queue).faults
