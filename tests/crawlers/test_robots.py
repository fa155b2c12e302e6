"""No request before the rules are read, and none against them, however many wait at once; read once for the farm."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from scrapy import Spider
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.test import get_crawler

from crawlers.frontier.pace import Pace
from crawlers.robots import KEPT_SECONDS, MAX_BYTES, Robots, bounded, delay_of, ours
from storage import redis
from storage.settings import Settings
from tests.crawlers import polite
from tests.crawlers.polite import HOST, Answers

CRAWLERS = Path(sys.executable).parent / "crawlers"
SLOW_SECONDS = 0.3  # long enough for all 33 first addresses of niniban to wait for the file together


@contextmanager
def host(status: int, rules: bytes) -> Iterator[tuple[str, list[str]]]:
    """A site whose robots.txt comes late; gives its address and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            robots = self.path == "/robots.txt"
            if robots:
                time.sleep(SLOW_SECONDS)
            body = rules if robots else b"<html><body></body></html>"
            self.send_response(status if robots else 200)
            self.send_header("Content-Type", "text/plain" if robots else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def crawl(address: str) -> "subprocess.CompletedProcess[str]":
    command = [CRAWLERS, "crawl", "niniban", "--connect-to", f"*={address}", "--delay", "0", "--until-idle"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("status", "rules"),
    [(200, b"User-agent: *\nDisallow: /\n"), (503, b"busy")],
    ids=["forbidden", "failing"],
)
def test_nothing_is_fetched_against_the_rules_or_without_them(database: Settings, status: int, rules: bytes) -> None:
    with host(status, rules) as (address, asked):
        crawl(address)
    assert set(asked) == {"/robots.txt"}


@pytest.mark.parametrize("status", [200, 404])
def test_what_is_not_forbidden_is_fetched(database: Settings, status: int) -> None:
    with host(status, b"User-agent: *\nDisallow: /account\n") as (address, asked):
        crawl(address)
    assert len(set(asked)) == 1 + 33


@pytest.fixture
def server(database: Settings) -> Iterator[Redis]:
    client = redis.client()
    Pace(client, HOST).set_rules(delay=0, longest_backoff=0.5)
    yield client
    client.close()


@pytest.fixture
def middleware(server: Redis) -> Robots:
    crawler = get_crawler(Spider, {"ROBOTSTXT_OBEY": True})
    crawler.spider = Spider("polite", hosts=(HOST, f"www.{HOST}"))
    crawler._apply_settings()
    return Robots.from_crawler(crawler)


def parsed(body: bytes) -> ProtegoRobotParser:
    return ProtegoRobotParser(ours(bounded(body)).encode(), None)


def allows(body: bytes, path: str) -> bool:
    return parsed(body).allowed(f"https://{HOST}{path}", "tabib")


def test_one_of_eight_workers_reads_it_and_all_keep_to_it(server: Redis) -> None:
    answers = Answers(b"User-agent: *\nDisallow: /private\nCrawl-delay: 0.1\n")
    with polite.host(answers, SLOW_SECONDS) as address:
        crawls = [polite.start(address, [f"/{n}/1", f"/{n}/2", f"/private/{n}"]) for n in range(8)]
        ends = [polite.end(process) for process in crawls]
        kept = server.hgetall(f"robots:{HOST}@{address}")
        seconds = server.ttl(f"robots:{HOST}@{address}")
    assert ends == [{f"/{n}/1": 200, f"/{n}/2": 200, f"/private/{n}": "IgnoreRequest"} for n in range(8)]
    assert answers.paths()[0] == "/robots.txt"
    assert answers.paths().count("/robots.txt") == 1
    assert not [path for path in answers.paths() if "private" in path]
    first, *others = answers.times()
    assert others[0] >= first + SLOW_SECONDS
    assert all(at >= first + SLOW_SECONDS + n * 0.1 for n, at in enumerate(others))
    assert Pace(server, HOST).state().rule == "robots.txt"
    assert (kept[b"body"], kept[b"status"]) == (answers.robots, b"200")
    assert KEPT_SECONDS - 60 < seconds <= KEPT_SECONDS


def test_while_it_fails_nothing_else_is_asked_and_no_try_is_used_up(server: Redis) -> None:
    answers = Answers(b"User-agent: *\nDisallow: /no\n", robots_txt=[(503, {}), (429, {}), (500, {}), (200, {})])
    with polite.host(answers) as address:
        ends = polite.crawl(address, ["/yes", "/no"], RETRY_TIMES=1, CRAWL_HOST_PATIENCE=60)
    assert ends == {"/yes": 200, "/no": "IgnoreRequest"}
    assert answers.paths() == ["/robots.txt"] * 4 + ["/yes"]
    first, second, third, fourth, _ = answers.times()
    assert second - first >= 0.25
    assert third - second >= 0.5
    assert fourth - third >= 0.5


def test_without_patience_it_fails_as_any_request(server: Redis) -> None:
    with polite.host(answers := Answers(robots_txt=[(503, {})])) as address:
        assert polite.crawl(address, ["/a"], RETRY_TIMES=1) == {"/a": "RobotsUnreadError"}
    assert answers.paths() == ["/robots.txt"] * 2


def test_the_copy_of_the_farm_is_taken_up_and_missed_when_it_is_gone(server: Redis, middleware: Robots) -> None:
    assert middleware._at_hand(HOST) is None
    middleware._share(HOST, 200, b"User-agent: tabib\nDisallow: /a\nRequest-rate: 1/30s\n")
    rules = middleware._at_hand(HOST)
    assert rules is not None
    assert not rules.parser.allowed(f"https://{HOST}/a", "tabib")
    assert Pace(server, HOST).state().delay == 30
    other = Robots.from_crawler(middleware.crawler)
    assert other._at_hand(HOST) is not None
    server.hset(f"robots:{HOST}", mapping={"body": b"", "fetched": 1})
    rules.look = 0
    again = middleware._at_hand(HOST)
    assert again is not None
    assert again.parser.allowed(f"https://{HOST}/a", "tabib")
    assert Pace(server, HOST).state().delay == 0
    middleware._share(HOST, 200, b"User-agent: *\nCrawl-delay: 7\n")
    middleware._share(f"www.{HOST}", 404, b"")
    assert Pace(server, HOST).state().delay == 7
    again = middleware._at_hand(HOST)
    assert again is not None
    server.delete(f"robots:{HOST}")
    assert middleware._at_hand(HOST) is again
    again.look = 0
    assert middleware._at_hand(HOST) is None


def test_without_redis_a_process_goes_by_what_it_has_for_a_day(server: Redis, middleware: Robots) -> None:
    rules = middleware._share(HOST, 404, b"")
    middleware.pace = Pace(Redis(port=1, retry=Retry(NoBackoff(), 0)), HOST)  # nothing listens there
    rules.look = 0
    assert middleware._at_hand(HOST) is rules
    assert middleware.redis.since is not None
    rules.until = 0
    assert middleware._at_hand(HOST) is None
    assert middleware._share(HOST, 200, b"").parser.allowed(f"https://{HOST}/a", "tabib")


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("tabib", True),
        ("Tabib", True),
        ("tabib/1.0", True),
        ("tabib # us", True),
        ("*", True),
        ("* # all", True),
        ("t", False),
        ("tab", False),
        ("tabibi", False),
        ("mytabib", False),
        ("*bot*", False),
        ("", False),
    ],
)
@pytest.mark.parametrize(
    "form", ["User-agent: {}", "user-agent:{}", "  USER-AGENT : {}", "User agent: {}", "Useragent {}"]
)
def test_a_group_is_ours_by_our_name_alone(form: str, name: str, is_ours: bool) -> None:
    text = f"User-agent: other\nDisallow: /other\n\n{form.format(name)}\nDisallow: /a\n"
    assert allows(text.encode(), "/a") is not is_ours
    assert allows(text.encode(), "/other")


def test_our_own_group_stands_before_that_for_all() -> None:
    text = b"User-agent: *\nDisallow: /\nCrawl-delay: 9\n\nUser-agent: other\nUser-agent: tabib\nAllow: /\n"
    assert allows(text, "/a")
    assert delay_of(parsed(text)) is None


@pytest.mark.parametrize(
    ("lines", "delay"),
    [
        ("Crawl-delay: 2.5", 2.5),
        ("Request-rate: 1/5", 5),
        ("Request-rate: 10/1m 0800-1200", 6),
        ("Crawl-delay: 3\nRequest-rate: 2/1", 3),
        ("Crawl-delay: -3", None),
        ("Crawl-delay: nan", None),
        ("Crawl-delay: soon\nRequest-rate: 0/5", None),
        ("Disallow: /", None),
    ],
)
def test_how_long_it_asks_to_wait(lines: str, delay: float | None) -> None:
    assert delay_of(parsed(f"User-agent: *\n{lines}\n".encode())) == delay


def test_a_file_that_is_cut_is_cut_between_two_rules() -> None:
    line = b"Disallow: /abcdefgh\n"
    text = b"User-agent: *\n" + line * (MAX_BYTES // len(line) + 2)
    assert MAX_BYTES - len(line) <= len(bounded(text)) < MAX_BYTES
    assert bounded(text).endswith(line.strip())
    assert allows(text, "/abc")
    assert not allows(text, "/abcdefghi")


@pytest.mark.parametrize(
    "text",
    [
        b"".join(b"User-agent: a%d\n" % n for n in range(18_000)) + b"Allow: /a$\n" * 22_000,
        b"".join(b"User-agent: a%d\nDisallow: /%d\n" % (n, n) for n in range(16_000)),
        b"User-agent: *\n" + b"Disallow: /*a*b$\n" * 28_000,
        b"User-agent: *\nDisallow: /" + b"*a" * 250_000,
        b"User-agent: *\n" + (b"Disallow: /" + b"*a" * 1_900 + b"\n") * 130,
        bytes(range(256)) * 2_000,
        "User-agent: *\nDisallow: /".encode("utf-16") * 5_000,
    ],
    ids=["names", "groups", "stars", "one line", "long lines", "binary", "utf-16"],
)
def test_a_hostile_file_is_read_in_bounded_time(text: bytes) -> None:
    started = time.process_time()
    parser = parsed(text)
    for n in range(10):
        parser.allowed(f"https://{HOST}/q/{n}/{'a' * 200}", "tabib")
    assert time.process_time() - started < 20
