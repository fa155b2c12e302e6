"""A visit that was on its way while its record was forgotten brings nothing back, and its lease ends."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from crawlers.account import account
from crawlers.frontier.queue import LeaseQueue
from crawlers.reading import PageReading
from storage import db
from storage.forgetting import erasing, forget
from storage.forgetting.finding import wanted
from storage.models import Address, Capture, Document, Page
from storage.settings import Settings
from tests.crawlers.visiting import RECORDS, commit, fetched, frontier, pair, take


@pytest.fixture
def queue(database: Settings) -> LeaseQueue:
    return frontier()


def reading(url: str) -> PageReading:
    return PageReading((pair(url), replace(pair(url, "پاسخ دوم"), ordinal=1)), ())


def count(table: type) -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def forgotten(what: str, single: bool = False) -> None:
    forget.carry_out(forget.plan(wanted(what, single)), "mail")
    assert erasing.finish().damaged == []


def test_a_visit_on_its_way_brings_nothing_back(queue: LeaseQueue) -> None:
    queue.add([RECORDS[0]])
    commit(queue, fetched(take(queue), reading(RECORDS[0])))
    queue.server.delete(queue.seen)
    queue.add([RECORDS[0]])
    on_its_way = fetched(take(queue), reading(RECORDS[0]), b"<html>y</html>")
    forgotten(RECORDS[0])
    assert commit(queue, on_its_way) == [True], "its lease is ended"
    assert (count(Document), count(Page), count(Capture)) == (0, 0, 0)
    with db.session() as session:
        row = session.scalars(select(Address)).one()
        assert (row.state, row.cause, row.page_id) == ("excluded", "takedown", None)


def test_a_page_without_bytes_is_no_fault_of_the_archive(queue: LeaseQueue) -> None:
    queue.add([RECORDS[0]])
    commit(queue, fetched(take(queue), reading(RECORDS[0])))
    with db.session() as session:
        first = session.scalars(select(Document.id).where(Document.ordinal == 0)).one()
    forgotten(str(first), single=True)
    assert (count(Document), count(Page), count(Capture)) == (1, 1, 0)
    assert account(queue).faults == ["no address is known: it was never crawled"]
