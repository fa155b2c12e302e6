"""Leases are renewed from a thread, and the ledger learns who holds what for long."""

import time

import pytest

from crawlers.frontier import heartbeat as heartbeat_module
from crawlers.frontier import queue as queue_module
from crawlers.frontier.heartbeat import Heartbeat
from crawlers.frontier.queue import LeaseQueue
from storage import addresses, db, sources
from storage.addresses import Found
from storage.settings import Settings
from tests.crawlers.visiting import DRHAST, RECORDS, frontier, take


@pytest.fixture
def queue(database: Settings, monkeypatch: pytest.MonkeyPatch) -> LeaseQueue:
    monkeypatch.setattr(heartbeat_module, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 1)
    made = frontier()
    with db.session() as session:
        sources.ensure(session, "drhast", "drhast.com")
        addresses.discover(session, "drhast", [Found(DRHAST.fingerprint(url), url, True) for url in RECORDS[:1]])
    made.add(RECORDS[:1])
    return made


def hold(queue: LeaseQueue) -> Heartbeat:
    heart = Heartbeat(queue, "machine/1/2")
    heart.hold(take(queue).meta["lease"], DRHAST.fingerprint(RECORDS[0]))
    return heart


def state() -> str:
    with db.session() as session:
        [found] = [name for name, count in addresses.counts(session, "drhast").items() if count]
        return found


def test_a_process_that_reads_one_page_for_long_keeps_its_lease(queue: LeaseQueue) -> None:
    heart = hold(queue)
    heart.start()
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        sum(range(10_000))  # never gives the reactor a turn
    assert queue.take("another", 1).requests == []
    assert state() == "leased"
    assert queue.alive() == ["machine/1/2"]
    heart.stop()


def test_a_lease_that_passed_on_is_let_go(queue: LeaseQueue) -> None:
    heart = hold(queue)
    time.sleep(1.1)
    assert take(queue).url == RECORDS[0]
    heart.renew()
    assert heart.held == {}


def test_a_lease_whose_end_is_written_is_not_marked(queue: LeaseQueue) -> None:
    heart = hold(queue)
    [lease] = heart.held
    with db.session() as session:
        addresses.mark_leased(session, "w", [(DRHAST.fingerprint(RECORDS[0]), int(lease))])
    assert state() == "leased"
    with db.session() as session:
        addresses.revisit(session, [DRHAST.fingerprint(RECORDS[0])])
        addresses.mark_leased(session, "w", [(DRHAST.fingerprint(RECORDS[0]), 0)])
    assert state() == "discovered"


def test_a_beat_outlives_a_database_that_is_away(
    queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise RuntimeError("no beat")

    heart = hold(queue)
    monkeypatch.setattr(heart, "_note", away)
    heart.start()
    time.sleep(1.5)
    assert queue.take("another", 1).requests == []
    assert "leases could not be renewed (RuntimeError)" in caplog.text
    heart.stop()
