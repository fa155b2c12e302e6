"""The farm over HTTP: what operators see of it, also without Redis, and that their orders reach ledger and frontier."""

import uuid

import pytest
from sqlalchemy import select

from crawlers.frontier.queue import LeaseQueue
from crawlers.spiders import sites
from storage import db, redis, sources
from storage.models import Address, AuditEvent, Source
from storage.settings import settings
from tests.infra.leads.conftest import Opened
from tests.infra.security.clients import post

SITE = "drhast"


@pytest.fixture
def failed(site: str) -> str:
    """An address of the site that failed, in the ledger and in a frontier that was built."""
    found = sites()[SITE]
    url = f"https://{found.hosts[0]}/question/1"
    with db.session() as session:
        sources.ensure(session, SITE, found.hosts[0])
        number = uuid.UUID(bytes=found().fingerprint(url))
        row = {"source": SITE, "url": url, "is_record": True, "state": "failed", "cause": "HTTP <b>500</b>"}
        session.add(Address(fingerprint=number, **row))
    queue().server.hset(queue().control, "built", 1)
    return url


def queue() -> LeaseQueue:
    return LeaseQueue(redis.client(), sites()[SITE]())


@pytest.mark.parametrize(("role", "status"), [("annotator", 403), ("lead", 403), ("operator", 200), ("admin", 200)])
def test_operators_alone_see_it(opened: Opened, role: str, status: int) -> None:
    assert opened(role).get("/farm").status_code == status
    assert post(opened(role), "/farm/pause", form={"site": "nowhere"}).status_code == (422 if status == 200 else 403)


def test_it_shows_sites_queues_and_why_addresses_failed(opened: Opened, failed: str) -> None:
    page = opened("operator").get("/farm").text
    assert SITE in page
    assert "HTTP &lt;b&gt;500&lt;/b&gt;" in page
    assert "evaluate" in page
    assert "هیچ کارگری پاسخ نداد" in page


def test_orders_reach_the_ledger_and_the_frontier(opened: Opened, failed: str) -> None:
    operator = opened("operator")
    assert post(operator, "/farm/pause", form={"site": SITE, "paused": "true"}).status_code == 303
    with db.session() as session:
        assert session.get_one(Source, SITE).paused
    assert queue().server.hget(queue().control, "paused") == b"1"
    assert "ادامه" in operator.get("/farm").text
    assert post(operator, "/farm/pause", form={"site": SITE, "paused": "false"}).status_code == 303
    assert queue().server.hget(queue().control, "paused") == b"0"
    done = post(operator, "/farm/again", form={"site": SITE})
    assert "count=1" in done.headers["location"]
    assert queue().pending() == (1, 0)
    assert [request.url for request in queue().take("w", 1).requests] == [failed]
    rules = {"site": SITE, "delay": "3", "hours": "01:00-02:00"}
    assert post(operator, "/farm/rules", form=rules).status_code == 303
    with db.session() as session:
        assert (session.get_one(Source, SITE).delay, session.get_one(Source, SITE).hours) == (3.0, "01:00-02:00")
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.actor == "operator")).all()
    assert {"site paused", "site resumed", "failed addresses asked again", "site rules set"} <= set(actions)


@pytest.mark.parametrize("form", [{"delay": "fast"}, {"delay": "0.01"}, {"hours": "noon"}])
def test_no_pace_that_no_crawl_keeps_to(opened: Opened, failed: str, form: dict[str, str]) -> None:
    assert post(opened("operator"), "/farm/rules", form={"site": SITE} | form).status_code == 422
    with db.session() as session:
        assert session.get_one(Source, SITE).delay is None


def test_one_site_at_a_time_is_told_what_to_do(opened: Opened, failed: str) -> None:
    assert post(opened("operator"), "/farm/pause", form={"site": "all", "paused": "true"}).status_code == 422


def test_without_redis_the_ledger_is_shown(opened: Opened, failed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    page = opened("operator").get("/farm")
    assert page.status_code == 200
    assert "پاسخ نمی‌دهد" in page.text
    assert SITE in page.text


def test_coverage_is_figured_when_asked(opened: Opened, failed: str) -> None:
    page = opened("operator").get("/farm/coverage", params={"site": SITE})
    assert page.status_code == 200
    assert "records exist beyond" in page.text
