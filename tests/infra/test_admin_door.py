"""The admin's door and its failures: guesses, floods, proxies, dead services, taken ports."""

import base64
import html
import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import itsdangerous
import pytest

from infra.admin import attempts
from infra.admin.app import application, server
from infra.admin.security import session_key
from storage.errors import UsageError
from storage.settings import Settings, settings
from tests.infra.admin import PASSWORD, serving
from tests.infra.house import House
from tests.infra.test_admin import log_in, site, token

__all__ = ["site"]

GUESS = "guess guess guess"
STRANGER, HOME = "203.0.113.1", "198.51.100.7"


def attempt(site: str, name: str = "maryam", password: str = GUESS, address: str = STRANGER) -> int:
    """The status of one log-in."""
    with httpx.Client(timeout=60, base_url=site, headers={"x-forwarded-for": address}) as client:
        form = {"name": name, "password": password, "csrf": token(client.get("/login"))}
        return client.post("/login", data=form).status_code


def test_too_many_failures_shut_the_door_to_that_address_only(site: str) -> None:
    assert [attempt(site) for _ in range(11)] == [403] * 10 + [429]
    assert attempt(site, password=PASSWORD) == 429
    assert attempt(site, password=PASSWORD, address=HOME) == 303


def test_guesses_made_at_once_are_counted(site: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: attempt(site), range(16)))
    assert sorted(answers) == [403] * 10 + [429] * 6


def test_a_success_forgets_the_failures(database: Settings) -> None:
    for _ in range(2):
        assert all(attempts.admitted("maryam", STRANGER) for _ in range(10))
        attempts.succeeded("maryam", STRANGER)
    assert attempts.admitted("maryam", STRANGER)


@pytest.mark.parametrize("addresses", [[STRANGER], ["2001:db8::1", "2001:db8::2"]])
def test_an_address_cannot_try_name_after_name(database: Settings, addresses: list[str]) -> None:
    tries = [attempts.admitted(f"name{n}", addresses[n % len(addresses)]) for n in range(61)]
    assert tries == [True] * 60 + [False]
    assert attempts.admitted("name0", HOME)


def test_a_subscriber_of_ipv6_has_one_counter_for_all_networks(database: Settings) -> None:
    tries = [attempts.admitted("maryam", f"2001:db8:1:{n:x}::1") for n in range(51)]
    assert tries == [True] * 50 + [False]
    assert attempts.admitted("maryam", "2001:db8:2::1")


def test_guesses_from_everywhere_end_and_leave_the_owner_where_they_work(database: Settings) -> None:
    assert attempts.admitted("maryam", HOME)
    attempts.succeeded("maryam", HOME)
    tries = [attempts.admitted("maryam", f"192.0.{n // 250}.{n % 250}") for n in range(300)]
    assert tries == [True] * 299 + [False]
    assert attempts.admitted("maryam", HOME)
    assert attempts.admitted("reza", STRANGER)


def test_what_is_asked_for_is_not_logged(site: str, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("uvicorn.access")
    log.addHandler(caplog.handler)
    try:
        with httpx.Client(timeout=60, base_url=site) as client:
            client.get("/manage/documents", params={"q": "09121234567 mina"})
            client.get("/login/organisation/callback", params={"code": "opensesame", "state": "s3cret"})
    finally:
        log.removeHandler(caplog.handler)
    told = [record.getMessage() for record in caplog.records if record.name == log.name]
    assert [line.split()[3] for line in told] == ["/manage/documents", "/login/organisation/callback"]


def test_only_a_named_proxy_is_believed(database: Settings) -> None:
    with serving() as site:
        assert [attempt(site, address=f"203.0.113.{n}") for n in range(11)] == [403] * 10 + [429]
    with pytest.raises(UsageError, match="--proxy"):
        server(application(), ("*",))


@pytest.fixture
def dead_database(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A logged-in client of an admin whose database has gone."""
    with closing(log_in(site)) as client, socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
        closed.close()
        with monkeypatch.context() as environment:
            environment.setenv("TABIB_DATABASE_URL", f"postgresql+psycopg://nobody@127.0.0.1:{port}/none")
            settings.cache_clear()
            yield client
        settings.cache_clear()


def test_a_dead_database_is_a_page_and_a_line(dead_database: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = dead_database.get("/")
    assert answer.status_code == 503
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "در دسترس نیست" in html.unescape(answer.text)
    [record] = caplog.records
    assert record.getMessage().startswith("GET /: PostgreSQL failed")
    assert "\n" not in record.getMessage()
    assert record.exc_info is None


def test_a_fault_of_our_own_carries_the_headers(site: str) -> None:
    now = int(time.time())
    forged = base64.b64encode(json.dumps({"user": "no number", "at": now, "seen": now}).encode())
    signed = itsdangerous.TimestampSigner(session_key()).sign(forged).decode()
    with httpx.Client(timeout=60, base_url=site, cookies={"tabib": signed}) as client:
        answer = client.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "number" not in answer.text


def test_a_taken_port_is_told_in_one_line(database: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = House(database.home).infra("admin", "--port", str(port), status=1)
    assert told == f"infra: port {port} of 127.0.0.1 is taken: choose another with --port, or 0 for a free one\n"


def test_a_free_port_is_told(database: Settings) -> None:
    process = House(database.home).begin("admin", "--port", "0")
    try:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert address
        assert httpx.get(f"{address[0]}login").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_accounts_are_kept_from_the_command_line(site: str, database: Settings) -> None:
    house = House(database.home)
    assert "shut out" in house.infra("user", "deactivate", "maryam")
    assert attempt(site, password=PASSWORD) == 403
    assert "may log in" in house.infra("user", "activate", "maryam")
    assert attempt(site, password=PASSWORD) == 303
    assert "Did you mean maryam?" in house.infra("user", "activate", "mariam", status=2)
    assert "Did you mean maryam?" in house.infra("user", "password", "mariam", status=2)
    process = house.begin("user", "password", "maryam", "--password-stdin", stdin=-1)
    process.communicate("another horse battery\n", timeout=60)
    assert process.returncode == 0
    assert attempt(site, password=PASSWORD) == 403
    assert attempt(site, password="another horse battery") == 303
