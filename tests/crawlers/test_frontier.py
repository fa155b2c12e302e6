"""The leased queue on a real Valkey: every address in exactly one place, whatever dies."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from scrapy.http import Request

from crawlers.frontier import queue as queue_module
from crawlers.frontier.dupefilter import RecordFilter
from crawlers.frontier.queue import Finished, LeaseQueue
from crawlers.frontier.workers import machine_of, this_machine, this_worker, worker_alive
from crawlers.spiders import sites
from storage import redis
from storage.settings import Settings

LISTING = "https://drhast.com/q/page-1"
RECORDS = [f"https://drhast.com/q/{n}/x" for n in range(1, 6)]


@pytest.fixture
def queue(database: Settings) -> Iterator[LeaseQueue]:
    server = redis.client()
    yield LeaseQueue(server, sites()["drhast"]())
    server.close()


def take(queue: LeaseQueue, worker: str = "") -> Request:
    request = queue.pop(worker=worker or this_worker())
    assert request is not None
    return request


def lease(request: Request) -> str:
    return str(request.meta["lease"])


def test_addresses_come_back_in_the_order_they_came(queue: LeaseQueue) -> None:
    assert queue.add(RECORDS) == 5
    assert [take(queue).url for _ in RECORDS] == RECORDS
    assert queue.pop() is None


def test_an_address_is_enqueued_once(queue: LeaseQueue) -> None:
    assert queue.add([RECORDS[0], RECORDS[0], "https://drhast.com/q/1/another-slug"]) == 1
    assert queue.add(RECORDS) == 4
    assert len(queue) == 5


def test_entries_are_json_without_pickle(queue: LeaseQueue) -> None:
    queue.push(Request(RECORDS[0]))
    queue.retry(take(queue))
    assert [json.loads(entry) for entry in queue.server.lrange(queue.key, 0, -1)] == [{"url": RECORDS[0], "tries": 0}]


def test_a_fingerprint_takes_sixteen_raw_bytes(queue: LeaseQueue) -> None:
    queue.add([*RECORDS, LISTING])
    seen = queue.server.smembers(queue.seen) | queue.server.smembers(queue.listed)
    assert {len(fingerprint) for fingerprint in seen} == {16}
    assert len(seen) == 6


def test_the_filter_knows_records_and_listings(queue: LeaseQueue) -> None:
    seen = RecordFilter(queue.server, queue.spider)
    assert not seen.request_seen(Request(RECORDS[0]))
    queue.add([RECORDS[0], LISTING])
    assert seen.request_seen(Request("https://drhast.com/q/1/another-slug"))
    assert seen.request_seen(Request(LISTING))
    assert not seen.request_seen(Request(RECORDS[1]))


def test_a_taken_address_is_leased_until_finished(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    request = take(queue)
    assert queue.pending() == (0, 1)
    assert queue.finish(Finished(lease(request), "r", RECORDS, {"pages": 1, "documents": 2}))
    assert queue.pending() == (4, 0)
    tally = queue.tally("r")
    assert tally.pop("at") > 0
    assert tally == {"pages": 1, "documents": 2}


def test_a_lease_ends_once(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    request = take(queue)
    assert queue.finish(Finished(lease(request), "r", counts={"pages": 1}))
    assert not queue.finish(Finished(lease(request), "r", RECORDS, {"pages": 1}))
    assert queue.tally("r")["pages"] == 1
    assert queue.pending() == (0, 0)


def test_a_lease_that_ran_out_is_taken_by_another_and_its_holder_refused(
    queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add(RECORDS[:2])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    slow = take(queue)
    monkeypatch.undo()
    again = take(queue)
    assert (again.url, lease(again)) == (slow.url, str(int(lease(slow)) + 1))
    assert queue.renew([lease(slow), lease(again)]) == {lease(slow)}
    assert not queue.finish(Finished(lease(slow), "r", counts={"pages": 1}))
    assert queue.finish(Finished(lease(again), "r", counts={"pages": 1}))
    assert queue.tally("r")["pages"] == 1


def test_a_renewed_lease_is_not_taken(queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.add(RECORDS[:1])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    request = take(queue)
    monkeypatch.undo()
    assert queue.renew([lease(request)]) == set()
    assert queue.pop() is None


def test_what_a_restarted_server_may_have_lost_is_sent_again(queue: LeaseQueue) -> None:
    queue.add([LISTING])
    queue.renew([])
    queue.finish(Finished(lease(take(queue)), "r", RECORDS))
    queue.server.delete(queue.key, queue.seen, queue.listed)
    queue.add([LISTING])
    queue._server_run = "the run before"
    queue.renew([])
    queue.finish(Finished(lease(take(queue)), "r", RECORDS))
    assert len(queue) == len(RECORDS)


def test_a_retry_waits_behind_the_others_with_its_tries(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    request = take(queue)
    request.meta["retry_times"] = 2
    assert queue.retry(request) == 1
    assert [take(queue).url, (last := take(queue)).url] == [RECORDS[1], RECORDS[0]]
    assert last.meta["retry_times"] == 2


def test_a_record_whose_redirect_leads_to_a_failure_is_asked_for_itself_again(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    asked = take(queue)
    followed = asked.replace(url="https://drhast.com/maintenance")
    followed.meta["redirect_urls"] = [asked.url]
    queue.retry(followed)
    assert take(queue).url == RECORDS[0]


def test_given_back_addresses_are_next(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:3])
    first, second = take(queue), take(queue)
    assert queue.requeue([lease(second), lease(first), "12345"]) == 2
    assert take(queue).url == RECORDS[0]


def test_a_round_begins_only_where_none_is_under_way(queue: LeaseQueue) -> None:
    assert queue.begin([LISTING])
    assert not queue.begin([LISTING])
    request = take(queue)
    assert not queue.begin([LISTING])
    queue.finish(Finished(lease(request), "r", RECORDS[:1]))
    record = take(queue)
    queue.finish(Finished(lease(record), "r", [LISTING, *RECORDS[:1]]))
    assert queue.pending() == (0, 0)
    assert queue.begin([LISTING])
    assert take(queue).url == LISTING
    assert queue.add(RECORDS[:1]) == 0


def test_what_gave_no_document_is_looked_at_again_next_round(queue: LeaseQueue) -> None:
    queue.begin([LISTING])
    queue.finish(Finished(lease(take(queue)), "r", RECORDS[:2], again=LISTING))
    queue.finish(Finished(lease(take(queue)), "r", again=RECORDS[0]))
    queue.finish(Finished(lease(take(queue)), "r"))
    assert queue.add(RECORDS[:2]) == 0
    assert queue.begin([LISTING])
    assert sorted(take(queue).url for _ in range(2)) == sorted([LISTING, RECORDS[0]])
    assert queue.pop() is None


def test_what_a_dead_worker_held_comes_back_at_once_and_a_live_ones_does_not(queue: LeaseQueue) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        name = f"{this_machine()}/{child.pid}/{Path(f'/proc/{child.pid}').stat().st_ctime:.0f}"
        child.kill()
    queue.add(RECORDS[:3])
    take(queue, name)
    take(queue, this_worker())
    take(queue, "another-machine/1/0")
    assert queue.reclaim() == 1
    assert take(queue).url == RECORDS[0]


def test_a_workers_name_tells_its_machine_and_life() -> None:
    assert machine_of(this_worker()) == this_machine()
    assert worker_alive(this_worker())
    machine, pid, started = this_worker().split("/")
    assert not worker_alive(f"{machine}/{pid}/{float(started) - 60}")
    assert not worker_alive(f"{machine}/not-a-number/1")


def test_many_takers_never_get_the_same_address(queue: LeaseQueue) -> None:
    urls = [f"https://drhast.com/q/{n}/x" for n in range(400)]
    queue.add(urls)
    taken: list[str] = []

    def work() -> None:
        own = LeaseQueue(redis.client(), sites()["drhast"]())
        while (request := own.pop(worker="w")) is not None:
            taken.append(request.url)
        own.server.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(urls)


class Model:
    """What a queue must hold after each event."""

    def __init__(self, queue: LeaseQueue) -> None:
        queue.clear()
        self.queue, self.added, self.finished, self.held = queue, 0, set[str](), list[Request]()

    def add(self) -> None:
        self.queue.add(RECORDS[self.added : self.added + 1])
        self.added = min(self.added + 1, len(RECORDS))

    def begin(self) -> None:
        self.queue.begin([])

    def take(self) -> None:
        if (request := self.queue.pop()) is not None:
            self.held.append(request)

    def run_out(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue_module, "LEASE_SECONDS", 0)
            self.take()

    def finish(self) -> None:
        request = self.held.pop(0) if self.held else None
        if request and self.queue.finish(Finished(lease(request), "r")):
            self.finished.add(request.url)

    def retry(self) -> None:
        if self.held:
            self.queue.retry(self.held.pop(0))

    def give_back(self) -> None:
        if self.held:
            self.queue.requeue([lease(self.held.pop(0))])

    def places(self) -> list[str]:
        leased = [taken.partition(b"\n")[2] for taken in self.queue.server.hvals(self.queue.taken)]
        return [json.loads(entry)["url"] for entry in [*self.queue.server.lrange(self.queue.key, 0, -1), *leased]]


EVENTS = [Model.add, Model.begin, Model.take, Model.run_out, Model.finish, Model.retry, Model.give_back]


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
@hypothesis(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_events_an_address_is_in_one_place(queue: LeaseQueue, events: list[Callable[[Model], None]]) -> None:
    model = Model(queue)
    for event in events:
        event(model)
    assert sorted([*model.places(), *model.finished]) == sorted(RECORDS[: model.added])
    assert queue.server.zcard(queue.leases) == queue.server.hlen(queue.taken)
