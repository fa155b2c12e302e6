"""One budget for the farm: no two requests nearer than it says, whoever asks, dies, fails or has the wrong time."""

import asyncio
import datetime as dt
import itertools
import os
import signal
import time
from collections.abc import Iterator
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from scrapy.http import Request
from scrapy.settings import Settings as ScrapySettings

from crawlers import outage
from crawlers.frontier import pace as module
from crawlers.frontier.pace import ALWAYS, NO_ANSWER, RETRY_AFTER_AT_MOST, Pace, http_date, retry_after
from crawlers.manners import Manners, Stopped
from storage import redis
from storage.errors import UsageError
from storage.settings import Settings
from tests.bench.pace import HOST as BENCH_HOST
from tests.bench.pace import kept, noted, workers
from tests.crawlers import polite
from tests.crawlers.polite import Answers

NOON = dt.datetime(2026, 11, 26, 12, 0, 0, tzinfo=dt.UTC)
FAR = 10**15
MINUTE = 60_000


@pytest.fixture
def pace(database: Settings) -> Iterator[Pace]:
    server = redis.client()
    yield Pace(server, polite.HOST)
    server.close()


def now_ms(server: Redis) -> int:
    seconds, micros = server.time()
    return int(seconds) * 1000 + int(micros) // 1000


def wait_out(pace: Pace) -> None:
    """As if the wait after a failure were over."""
    pace.server.hset(pace.key, "backoff_until_ms", now_ms(pace.server))


def release(pace: Pace) -> float:
    """Let a host go that was held back; the moment, by Redis' clock."""
    script = "redis.call('HDEL', KEYS[1], 'backoff_until_ms') return redis.call('TIME')"
    seconds, micros = pace.server.eval(script, 1, pace.key)
    return int(seconds) + int(micros) / 1e6


def calls(server: Redis, command: str) -> int:
    return int(server.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0))


def test_32_processes_keep_to_one_budget(database: Settings) -> None:
    found = kept(database.redis(), delay=0.005, count=32, requests=800)
    assert found.requests >= 800
    assert found.violations == 0
    assert found.shortest_gap_ms >= 5
    assert found.busiest_share < 0.5


def test_workers_that_are_killed_take_no_turn_with_them(pace: Pace, database: Settings) -> None:
    Pace(pace.server, BENCH_HOST).set_rules(delay=0.02)
    with workers(database.redis(), 8, requests=150) as running:
        polite.until(lambda: len(noted(database.redis())) > 30)
        for process in running[:6]:
            os.kill(process.pid or 0, signal.SIGKILL)
        killed = now_ms(pace.server) * 1000
    turns = noted(database.redis())
    assert len(turns) >= 150
    assert {worker for at, worker in turns if at > killed + 100_000} <= {6, 7}
    assert min(later - earlier for (earlier, _), (later, _) in itertools.pairwise(turns)) >= 20_000


def test_to_ask_takes_nothing(pace: Pace) -> None:
    pace.set_rules(delay=0.1)
    assert pace.grant() == 0
    waits = [pace.grant() for _ in range(5)]
    assert all(0 < wait <= 0.101 for wait in waits)
    time.sleep(waits[-1])
    assert pace.grant() == 0


def test_a_host_of_which_nothing_is_known_is_asked_once_a_second(pace: Pace) -> None:
    assert pace.grant() == 0
    assert 0.9 < pace.grant() <= 1.001


def test_without_a_delay_a_turn_costs_one_command(pace: Pace) -> None:
    pace.set_rules(delay=0)
    before = {command: calls(pace.server, command) for command in ("hmget", "hset")}
    assert [pace.grant() for _ in range(20)] == [0] * 20
    assert calls(pace.server, "hmget") - before["hmget"] == 20
    assert calls(pace.server, "hset") == before["hset"]


def test_a_new_rate_holds_from_the_next_request_on(pace: Pace) -> None:
    pace.set_rules(delay=600)
    assert pace.grant() == 0
    assert pace.grant() > 500
    pace.set_rules(delay=0.001)
    time.sleep(0.003)
    assert pace.grant() == 0
    pace.set_rules(delay=600)
    assert pace.grant() > 500


def test_a_clock_that_was_set_back_stops_nobody(pace: Pace) -> None:
    pace.set_rules(delay=0.05)
    pace.server.hset(pace.key, "last_ms", now_ms(pace.server) + 3_600_000)
    wait = pace.grant()
    assert 0 < wait <= 0.051
    time.sleep(wait)
    assert pace.grant() == 0


@pytest.mark.parametrize(
    ("asked", "crawl_delay", "latency", "delay", "rule"),
    [
        ({"delay": 1}, None, 0.3, 1, "delay"),
        ({"delay": 1}, 2.5, 0.3, 2.5, "robots.txt"),
        ({"delay": 4}, 2.5, 0.3, 4, "delay"),
        ({"delay": 1, "factor": 5}, 0.5, 0.3, 1.5, "response time"),
        ({"delay": 1, "factor": 1}, None, 0.3, 1, "delay"),
        ({"delay": 1, "factor": 10}, None, 30, 60, "response time"),
        ({"delay": 1}, 86400, 0.3, 300, "robots.txt"),
        ({"delay": 0}, None, 0.3, 0, "delay"),
        ({"delay": 0.0001}, None, 0.3, 0.001, "delay"),
    ],
)
def test_the_longest_of_three_delays_is_in_force(
    pace: Pace, asked: dict[str, float], crawl_delay: float | None, latency: float, delay: float, rule: str
) -> None:
    pace.set_rules(**asked)
    pace.set_crawl_delay(99)
    pace.set_crawl_delay(crawl_delay)
    pace.observe(latency, 200)
    state = pace.state()
    assert (state.delay, state.rule, state.latency) == (delay, rule, latency)
    assert (state.backoff, state.failures, state.open) == (0, 0, True)


def test_response_times_are_smoothed_and_a_quick_refusal_makes_no_host_fast(pace: Pace) -> None:
    pace.observe(0.8, 200)
    pace.observe(1.6, 200)
    assert pace.state().latency == 0.9
    pace.observe(0.001, 503)
    pace.observe(0.001, 403)
    assert pace.state().latency == 0.9
    pace.observe(30, NO_ANSWER)
    assert pace.state().latency == 4.538


def test_backoff_doubles_to_its_longest_and_a_good_answer_ends_it(pace: Pace) -> None:
    pace.set_rules(delay=1, longest_backoff=20)
    waits = []
    for _ in range(7):
        pace.observe(0, 503)
        waits.append(round(pace.state().wait))
        wait_out(pace)
    assert waits == [1, 2, 4, 8, 16, 20, 20]
    assert pace.state().failures == 7
    assert pace.observe(0, 200) == 0
    assert pace.state().failures == 0
    assert pace.observe(0, 503) > 0
    assert round(pace.state().backoff) == 1


def test_backoff_begins_at_a_quarter_second_and_ends_at_ten_minutes(pace: Pace) -> None:
    pace.set_rules(delay=0)
    pace.observe(0, 500)
    assert 0.2 < pace.grant() <= 0.25
    pace.server.hset(pace.key, "failures", 200)
    wait_out(pace)
    pace.observe(0, 500)
    assert 599 < pace.grant() <= 600


@pytest.mark.parametrize("status", [200, 301, 304, 404, 410])
def test_what_a_well_host_answers_ends_a_failure(pace: Pace, status: int) -> None:
    pace.observe(0, 502)
    wait_out(pace)
    pace.observe(0, status)
    assert pace.state().failures == 0


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_a_refusal_neither_begins_nor_ends_one(pace: Pace, status: int) -> None:
    pace.observe(0, status)
    assert pace.state().failures == 0
    pace.observe(0, 504)
    wait_out(pace)
    pace.observe(0, status)
    assert pace.state().failures == 1


def test_requests_under_way_that_fail_together_are_one_failure(pace: Pace) -> None:
    pace.set_rules(delay=1)
    for _ in range(16):
        pace.observe(0.5, 503)
    assert (pace.state().failures, round(pace.state().backoff)) == (1, 1)
    pace.observe(0.5, 200)  # sent before the wait began
    assert pace.state().failures == 1
    wait_out(pace)
    pace.observe(5, 504)  # so was this, though its answer comes after the wait
    assert pace.state().failures == 1
    pace.observe(0.2, 200, ago=3)
    assert pace.state().failures == 1
    pace.observe(0, 200)
    assert pace.state().failures == 0


def test_it_is_told_for_how_long_a_host_fails(pace: Pace) -> None:
    assert pace.observe(0, 200) == 0
    assert pace.observe(0, 503) == 0.001
    time.sleep(0.2)
    assert 0.2 <= pace.observe(0, 200, ago=5) < 5
    assert pace.state().failing >= 0.2
    wait_out(pace)
    assert pace.observe(0, 200) == 0
    assert pace.state().failing == 0


@pytest.mark.parametrize(("status", "waited"), [(503, 30), (429, 30), (502, 1), (301, 0), (200, 0)])
def test_retry_after_counts_where_the_host_asks_to_wait(pace: Pace, status: int, waited: int) -> None:
    pace.set_rules(delay=1)
    pace.observe(0, status, retry_after=30)
    assert round(pace.state().wait) == waited


def test_retry_after_shortens_no_wait_and_lasts_a_day_at_most(pace: Pace) -> None:
    pace.set_rules(delay=8)
    pace.observe(0, 503)
    pace.observe(1, 503, retry_after=2)
    assert round(pace.state().wait) == 8
    pace.observe(1, 503, retry_after=10**9)
    assert round(pace.state().wait) == RETRY_AFTER_AT_MOST


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("99999999999999999999999999", RETRY_AFTER_AT_MOST),
        ("Thu, 26 Nov 2026 12:01:30 GMT", 90),
        ("Thursday, 26-Nov-26 12:01:30 GMT", 90),
        ("Thu Nov 26 12:01:30 2026", 90),
        ("Thu, 26 Nov 2026 11:59:00 GMT", 0),
        ("Fri, 26 Nov 2066 12:00:00 GMT", RETRY_AFTER_AT_MOST),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        ("Thu, 99 Nov 2026 12:00:00 GMT", 0),
        ("١٢", 0),
    ],
)
def test_retry_after_is_read_in_every_form(value: str, seconds: float) -> None:
    assert retry_after(value, NOON) == seconds


@given(st.one_of(st.text(max_size=200), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,9} \w{3} [0-9-]{1,9} [0-9:]{1,9} \S*")))
def test_retry_after_survives_anything(value: str) -> None:
    assert 0 <= retry_after(value, NOON) <= RETRY_AFTER_AT_MOST


@given(st.integers(0, 200 * 365 * 24 * 3600))
def test_http_dates_are_read_back(seconds: int) -> None:
    date = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert http_date(format_datetime(date, usegmt=True)) == date


@pytest.mark.parametrize(
    ("opens", "closes", "minute", "minutes_left"),
    [
        (60, 120, 59, 1),
        (60, 120, 60, 0),
        (60, 120, 119, 0),
        (60, 120, 120, 1380),
        (1320, 300, 1319, 1),
        (1320, 300, 1320, 0),
        (1320, 300, 1439, 0),
        (1320, 300, 0, 0),
        (1320, 300, 299, 0),
        (1320, 300, 300, 1020),
        (600, 1440, 0, 600),
        (600, 1440, 1439, 0),
        (0, 1, 1, 1439),
    ],
)
def test_hours_of_the_day(pace: Pace, opens: int, closes: int, minute: int, minutes_left: int) -> None:
    pace.set_rules(hours=(opens, closes))
    prelude = (module.LUA / "prelude" / "pace.lua").read_text()
    midnight = int(NOON.timestamp()) // 86400 * 86_400_000
    asked = f"{prelude}\nreturn {{pace_closed(KEYS[1], tonumber(ARGV[1])), pace_wait(KEYS[1], tonumber(ARGV[1]))}}"
    closed, wait = pace.server.eval(asked, 1, pace.key, midnight + minute * MINUTE)
    assert closed == wait == minutes_left * MINUTE


def test_outside_its_hours_a_host_is_not_asked_until_they_are_lifted(pace: Pace) -> None:
    minute = now_ms(pace.server) // MINUTE % 1440
    pace.set_rules(delay=0, hours=((minute + 60) % 1440, (minute + 120) % 1440))
    assert 3500 < pace.grant() <= 3600
    assert not pace.state().open
    pace.set_rules(hours=ALWAYS)
    assert pace.grant() == 0
    assert pace.state().open


@pytest.mark.parametrize(
    "rules",
    [
        {"delay": -1},
        {"delay": float("nan")},
        {"delay": float("inf")},
        {"delay": 3601},
        {"factor": -0.1},
        {"factor": 1000},
        {"longest_backoff": -1},
        {"hours": (60, 60)},
        {"hours": (0, 0)},
        {"hours": (-1, 5)},
        {"hours": (5, 1441)},
        {"hours": (1440, 5)},
    ],
)
def test_rules_without_sense_are_refused(pace: Pace, rules: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"not (between|two different)"):
        pace.set_rules(**rules)
    assert not pace.server.exists(pace.key)


def test_rules_not_named_stay(pace: Pace) -> None:
    pace.set_rules(delay=2, factor=0.5, hours=(60, 120))
    before = pace.server.hgetall(pace.key)
    pace.set_rules()
    pace.set_rules(delay=3)
    assert pace.server.hgetall(pace.key) == before | {b"delay_ms": b"3000"}


def test_redirects_robots_and_pages_of_all_processes_keep_to_one_budget(pace: Pace) -> None:
    pace.set_rules(delay=0.1)
    pace.server.hset(pace.key, "backoff_until_ms", FAR)
    moved = {f"from{n}": [(302, {"Location": f"/to{n}"})] for n in range(3)}
    answers = Answers(**moved)
    with polite.host(answers) as address:
        crawls = [polite.start(address, [f"/from{n}", *(f"/{n}/{k}" for k in range(8))]) for n in range(3)]
        polite.wait_ready(pace.server, 3)
        time.sleep(0.5)
        early, released = answers.paths(), release(pace)
        ends = [polite.end(process) for process in crawls]
    assert early == []
    assert [set(end.values()) for end in ends] == [{200}] * 3
    times = answers.times()
    assert len(times) == 1 + 3 * (8 + 2)
    assert all(at >= released + n * 0.1 for n, at in enumerate(times))


def test_a_leased_request_has_its_turn_and_its_redirect_asks_for_another(pace: Pace) -> None:
    pace.set_rules(delay=1)
    answers = Answers(leased=[(302, {"Location": "/after"})])
    with polite.host(answers) as address:
        assert polite.crawl(address, ["/first"]) == {"/first": 200, "/leased": 200}
    first, leased, after = (answers.times(path)[0] for path in ("/first", "/leased", "/after"))
    assert leased - first < 0.9
    assert after - first > 0.95


def test_retry_after_a_date_by_a_clock_that_is_years_behind(pace: Pace) -> None:
    pace.set_rules(delay=0)
    dates = {"Date": "Mon, 01 Jan 2001 00:00:00 GMT", "Retry-After": "Mon, 01 Jan 2001 00:00:02 GMT"}
    answers = Answers(busy=[(503, dates), (200, {})])
    with polite.host(answers) as address:
        polite.allow_all(pace.server, address)
        assert polite.crawl(address, ["/busy"]) == {"/busy": 200}
    first, second = answers.times("/busy")
    assert 2 <= second - first < 4
    assert pace.state().failures == 0


def test_a_failing_host_uses_up_no_tries_while_there_is_patience(pace: Pace) -> None:
    pace.set_rules(delay=0, longest_backoff=0.3)
    answers = Answers(busy=[(503, {})] * 4 + [(200, {})], broken=[(500, {})])
    with polite.host(answers) as address:
        polite.allow_all(pace.server, address)
        assert polite.crawl(address, ["/busy"], RETRY_TIMES=1) == {"/busy": 503}
        ends = polite.crawl(address, ["/busy", "/broken"], RETRY_TIMES=1, CRAWL_HOST_PATIENCE=60)
    assert ends == {"/busy": 200, "/broken": 500}
    assert answers.paths().count("/busy") == 5
    assert answers.paths().count("/broken") == 2


def test_a_host_that_is_down_is_backed_off_from(pace: Pace) -> None:
    pace.set_rules(delay=0)
    with polite.host(Answers()) as address:
        polite.allow_all(pace.server, address)
    assert polite.crawl(address, ["/"], RETRY_ENABLED=False) == {"/": "DownloadConnectionRefusedError"}
    assert pace.state().failures == 1


def test_a_spider_that_waits_for_its_turn_is_stopped_at_once_and_its_request_is_no_failure(pace: Pace) -> None:
    pace.server.hset(pace.key, "backoff_until_ms", FAR)
    with polite.host(answers := Answers()) as address:
        polite.allow_all(pace.server, address)
        process = polite.start(address, ["/waits", "/waits/too"])
        polite.wait_ready(pace.server, 1)
        time.sleep(0.5)
        asked = time.monotonic()
        process.terminate()
        assert polite.end(process) == {"/waits": "Stopped", "/waits/too": "Stopped"}
        assert time.monotonic() - asked < 5
    assert answers.paths() == []


def test_what_is_learnt_costs_a_page_no_round_trip(pace: Pace) -> None:
    pace.set_rules(delay=0)
    with polite.host(Answers()) as address:
        polite.allow_all(pace.server, address)
        before, started = calls(pace.server, "evalsha"), time.monotonic()
        assert set(polite.crawl(address, [f"/{n}" for n in range(60)]).values()) == {200}
        seconds = time.monotonic() - started
    assert 60 < calls(pace.server, "evalsha") - before <= 60 + 2 + seconds
    assert 0 < pace.state().latency < 5


def test_without_redis_nothing_is_sent(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SimpleNamespace(running=True, _slot=SimpleNamespace(closing=None))
    manners = Manners(SimpleNamespace(settings=ScrapySettings(), engine=engine))  # type: ignore[arg-type]
    manners.pace = Pace(Redis(port=1, retry=Retry(NoBackoff(), 0)), polite.HOST)  # nothing listens there
    monkeypatch.setattr(outage, "PATIENCE_SECONDS", 1.5)
    started, request = time.monotonic(), Request(f"https://{polite.HOST}/")
    with pytest.raises(Stopped):
        asyncio.run(manners.process_request(request))
    assert time.monotonic() - started > 1.5
    assert not request.meta
