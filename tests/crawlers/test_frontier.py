"""The leased queue on a real Valkey: every address in exactly one place, whatever dies."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from scrapy.http import Request

from crawlers.frontier import queue as queue_module
from crawlers.frontier.dupefilter import RecordFilter
from crawlers.frontier.entries import AGAIN, ASKED, Link, decode, encode, link
from crawlers.frontier.pace import Pace
from crawlers.frontier.queue import Finished, LeaseQueue
from crawlers.frontier.workers import machine_of, this_machine, this_worker, worker_alive
from crawlers.spiders import sites
from storage import redis
from storage.settings import Settings

LISTING = "https://drhast.com/q/page-1"
RECORDS = [f"https://drhast.com/q/{n}/x" for n in range(1, 6)]


DRHAST = sites()["drhast"]


@pytest.fixture
def queue(database: Settings) -> Iterator[LeaseQueue]:
    server = redis.client()
    Pace(server, DRHAST.hosts[0]).set_rules(delay=0)
    yield LeaseQueue(server, DRHAST())
    server.close()


def take(queue: LeaseQueue, worker: str = "") -> Request:
    [request] = queue.take(worker or this_worker(), 1).requests
    return request


def links(*urls: str) -> list[Link]:
    return [link(DRHAST(), url) for url in urls]


def finish(queue: LeaseQueue, request: Request, *found: str, **counts: int) -> bool:
    [done] = queue.finish([Finished(lease(request), "r", links(*found), counts)])
    return done


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
    request = take(queue)
    request.meta["retry_times"] = 1
    queue.retry(request)
    assert [json.loads(entry) for entry in queue.server.lrange(queue.key, 0, -1)] == [{"url": "/q/1/x", "tries": 1}]


@given(st.sampled_from(sorted(sites())), st.text(max_size=60), st.text(max_size=20))
@example("isovisit", "/sitemap.xml", "")
@example("hidoctor", "blog/x;", "")
def test_an_entry_is_its_address(name: str, path: str, query: str) -> None:
    site = sites()[name]
    url = site.canonical(f"https://{site.hosts[0]}/{path}?{query}")
    assert url is None or decode(site(), encode(site(), url).encode()).meta[ASKED] == url


def test_an_entry_makes_its_request_conditional(queue: LeaseQueue) -> None:
    queue.server.hset(queue.control, "built", 1)
    queue.offer([Link("1", b"f", encode(DRHAST(), RECORDS[0], etag='"x"', modified="Thu, 01 Jan 2026 00:00:00 GMT"))])
    request = take(queue)
    assert request.headers.get("If-None-Match") == b'"x"'
    queue.retry(request)
    assert take(queue).headers == request.headers


@pytest.mark.parametrize("entry", ["", "no json", "[]", '{"address": "x"}', '{"url": 7}', b"\x80\x04pickle"])
def test_an_entry_that_is_none_is_dropped_and_told(
    queue: LeaseQueue, entry: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    queue.add(RECORDS[:1])
    queue.server.rpush(queue.key, entry)
    assert queue.pop() is None
    assert "an entry of the queue of drhast cannot be read" in caplog.text
    assert take(queue).url == RECORDS[0]
    assert queue.server.hlen(queue.taken) == queue.server.zcard(queue.leases) == 1


def test_an_address_of_another_site_stays_what_it_is(queue: LeaseQueue) -> None:
    queue.server.lpush(queue.key, '{"url": "https://example.com/q/1"}')
    queue.server.hset(queue.control, "built", 1)
    assert take(queue).url == "https://example.com/q/1"


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
    assert finish(queue, request, *RECORDS, pages=1, documents=2)
    assert queue.pending() == (4, 0)
    tally = queue.tally("r")
    assert tally.pop("at") > 0
    assert tally == {"pages": 1, "documents": 2}


def test_a_lease_ends_once(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    request = take(queue)
    assert finish(queue, request, pages=1)
    assert not finish(queue, request, *RECORDS, pages=1)
    assert queue.tally("r")["pages"] == 1
    assert queue.pending() == (0, 0)


def test_many_leases_end_in_one_go_also_after_the_server_forgot_the_script(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:3])
    first, second, third = queue.take("w", 3).requests
    queue.requeue([lease(second)])
    queue.server.script_flush()
    ends = [Finished(lease(request), "r", links(RECORDS[3])) for request in (first, second, third)]
    assert queue.finish(ends) == [True, False, True]
    assert queue.pending() == (2, 0)


def test_listings_are_fetched_before_records(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    finish(queue, take(queue), RECORDS[2], LISTING)
    assert [take(queue).url for _ in range(3)] == [LISTING, RECORDS[1], RECORDS[2]]


def test_what_is_to_be_fetched_again_waits_though_seen(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    again = Link(AGAIN, DRHAST.fingerprint(RECORDS[0]), encode(DRHAST(), RECORDS[0]))
    queue.finish([Finished(lease(take(queue)), "r", [again])])
    assert take(queue).url == RECORDS[0]


def test_sifting_tells_held_leases_and_new_links(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    one, two = queue.take("w", 2).requests
    queue.requeue([lease(one)])
    held, new = queue.sift([lease(one), lease(two)], links(*RECORDS, LISTING))
    assert held == {lease(two)}
    assert new == {item.fingerprint for item in links(*RECORDS[2:], LISTING)}
    assert queue.sift([lease(two)], links(*RECORDS)) == ({lease(two)}, new - {DRHAST.fingerprint(LISTING)})


def test_a_lease_that_ran_out_is_taken_by_another_and_its_holder_refused(
    queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add(RECORDS[:2])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    slow = take(queue)
    monkeypatch.undo()
    again = take(queue)
    assert again.url == slow.url
    assert int(lease(again)) > int(lease(slow))
    assert queue.renew("w", [lease(slow), lease(again)]) == ("open", {lease(slow)})
    assert not finish(queue, slow, pages=1)
    assert finish(queue, again, pages=1)
    assert queue.tally("r")["pages"] == 1


def test_a_server_that_lost_its_last_second_gives_no_number_twice(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    first = take(queue)
    queue.server.delete(queue.fence)
    assert int(lease(take(queue))) > int(lease(first))


def test_a_renewed_lease_is_not_taken(queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.add(RECORDS[:1])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    request = take(queue)
    monkeypatch.undo()
    assert queue.renew("w", [lease(request)]) == ("open", set())
    assert queue.pop() is None


def test_after_an_outage_living_workers_have_time_to_renew(queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.add(RECORDS[:1])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    request = take(queue)
    monkeypatch.undo()
    queue.server.hincrby(queue.control, "alive", -queue_module.SILENCE_SECONDS * 1000 - 1)
    assert queue.pop() is None, "nobody could renew while Redis was away"
    assert queue.renew("w", [lease(request)]) == ("open", set())
    queue.server.hset(queue.control, "grace", 0)
    assert queue.pop() is None


def test_the_dead_of_an_outage_are_taken_over_after_the_time_to_renew(
    queue: LeaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add(RECORDS[:1])
    monkeypatch.setattr(queue_module, "LEASE_SECONDS", 0)
    take(queue)
    monkeypatch.undo()
    monkeypatch.setattr(queue_module, "RENEWAL_SECONDS", 0)
    queue.server.hincrby(queue.control, "alive", -queue_module.SILENCE_SECONDS * 1000 - 1)
    assert take(queue).url == RECORDS[0]


def test_what_a_restarted_server_may_have_lost_is_sent_again(queue: LeaseQueue) -> None:
    queue.add([LISTING])
    queue.renew("w", [])
    finish(queue, take(queue), *RECORDS)
    assert queue.sift([], links(*RECORDS))[1] == set()
    queue.server.delete(queue.key, queue.seen, queue.listed)
    assert queue.sift([], links(*RECORDS))[1] == set(), "it remembers, until it hears of a restart"
    queue._server_run = "the run before"
    queue.renew("w", [])
    assert len(queue.sift([], links(*RECORDS))[1]) == len(RECORDS)


def test_a_wiped_frontier_gives_nothing_until_it_is_built(queue: LeaseQueue) -> None:
    queue.add(RECORDS)
    queue.server.flushall()
    queue.server.lpush(queue.key, encode(DRHAST(), RECORDS[0]))
    taken = queue.take("w", 1)
    assert (taken.requests, taken.state) == ([], "unbuilt")


def test_a_paused_site_gives_nothing_until_it_is_resumed(queue: LeaseQueue) -> None:
    queue.add(RECORDS)
    queue.pause(True)
    assert queue.take("w", 1).state == "paused"
    queue.pause(False)
    assert take(queue).url == RECORDS[0]


def test_a_stop_is_for_the_workers_that_run_and_for_none_that_comes_later(queue: LeaseQueue) -> None:
    queue.add(RECORDS)
    queue.renew("w", [])
    assert queue.stop() == 1
    assert queue.take("w", 1).state == "stopped"
    assert queue.renew("w", []) == ("stopped", set())
    queue.started += 2000
    assert queue.take("w", 1).state == "open"


def test_the_pace_of_the_host_is_kept_in_taking(queue: LeaseQueue) -> None:
    queue.add(RECORDS)
    Pace(queue.server, DRHAST.hosts[0]).set_rules(delay=30)
    taken = queue.take("w", 8)
    assert [request.url for request in taken.requests] == RECORDS[:1]
    assert 29 < taken.wait <= 30.01
    assert not queue.take("another", 8).requests
    assert queue.pending() == (4, 1)


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
    queue.retry(asked.replace(url="https://drhast.com/maintenance"))
    assert take(queue).url == RECORDS[0]


def test_given_back_addresses_are_next(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:3])
    first, second = take(queue), take(queue)
    assert queue.requeue([lease(second), lease(first), "12345"]) == 2
    assert take(queue).url == RECORDS[0]


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
        while requests := own.take("w", 3).requests:
            taken.extend(request.url for request in requests)
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
        if not any(self.queue.pending()):
            self.queue.offer(links(*RECORDS[: self.added]))
            self.finished.clear()

    def take(self) -> None:
        if (request := self.queue.pop()) is not None:
            self.held.append(request)

    def run_out(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue_module, "LEASE_SECONDS", 0)
            self.take()

    def finish(self) -> None:
        request = self.held.pop(0) if self.held else None
        if request and finish(self.queue, request):
            self.finished.add(request.url)

    def retry(self) -> None:
        if self.held:
            self.queue.retry(self.held.pop(0))

    def give_back(self) -> None:
        if self.held:
            self.queue.requeue([lease(self.held.pop(0))])

    def places(self) -> list[str]:
        leased = [taken.partition(b"\n")[2] for taken in self.queue.server.hvals(self.queue.taken)]
        return [decode(DRHAST(), e).url for e in [*self.queue.server.lrange(self.queue.key, 0, -1), *leased]]


EVENTS = [Model.add, Model.begin, Model.take, Model.run_out, Model.finish, Model.retry, Model.give_back]


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
@hypothesis(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_events_an_address_is_in_one_place(queue: LeaseQueue, events: list[Callable[[Model], None]]) -> None:
    model = Model(queue)
    for event in events:
        event(model)
    assert sorted([*model.places(), *model.finished]) == sorted(RECORDS[: model.added])
    assert queue.server.zcard(queue.leases) == queue.server.hlen(queue.taken)
