"""One transaction of visits: what the ledger, the archive and the frontier say after it."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from crawlers.frontier.queue import LeaseQueue
from crawlers.reading import PageReading
from crawlers.revisits import DAY, RECORD_FIRST, next_interval
from crawlers.visits import Failed
from storage import addresses, archive, db, quarantine, verdicts
from storage.models import Address, AddressLinks, Capture, Document, Page
from storage.settings import Settings
from tests.crawlers.visiting import (
    DRHAST,
    LISTING,
    RECORDS,
    commit,
    fetched,
    frontier,
    pair,
    requests,
    take,
    unmodified,
)


@pytest.fixture
def queue(database: Settings) -> LeaseQueue:
    return frontier()


def row(url: str) -> Address:
    with db.session() as session:
        return session.scalars(select(Address).where(Address.url == url)).one()


def count(table: type) -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def read(*links: str, answer: str | None = None, url: str = RECORDS[0]) -> PageReading:
    return PageReading((pair(url, answer),) if answer else (), links)


def visit(queue: LeaseQueue, reading: PageReading, body: bytes = b"<html>x</html>") -> str:
    request = take(queue)
    assert commit(queue, fetched(request, reading, body)) == [True]
    return request.url


def again(queue: LeaseQueue, url: str) -> None:
    """Let an address wait once more."""
    with db.session() as session:
        addresses.revisit(session, [DRHAST.fingerprint(url)])
    queue.server.delete(queue.seen, queue.listed)
    queue.add([url])


def test_a_page_its_documents_links_and_state_are_stored_together(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, read(*RECORDS[1:3], answer="پاسخ"), b"<html>1</html>")
    stored = row(RECORDS[0])
    assert (stored.state, stored.attempts, stored.etag) == ("stored", 1, '"1"')
    assert stored.page_id is not None
    assert stored.visit_at is not None
    assert stored.visited_at is not None
    assert stored.visit_at - stored.visited_at == dt.timedelta(seconds=RECORD_FIRST)
    assert {row(url).state for url in RECORDS[1:3]} == {"discovered"}
    assert queue.pending() == (2, 0)
    with db.session() as session:
        page = session.scalars(select(Page)).one()
        assert archive.body(session, page.sha256) == b"<html>1</html>"
        targets = session.scalars(select(AddressLinks.targets)).one()
    assert targets == b"".join(DRHAST.fingerprint(url)[:8] for url in RECORDS[1:3])


def test_a_writer_whose_lease_has_passed_on_is_refused(queue: LeaseQueue) -> None:
    early, late = requests([RECORDS[0]], 100)[0], requests([RECORDS[0]], 200)[0]
    commit(queue, fetched(late, read(answer="تازه"), b"<html>new</html>"))
    assert commit(queue, fetched(early, read(answer="کهنه"), b"<html>old</html>")) == []
    with db.session() as session:
        assert session.scalars(select(Document.answer)).all() == ["تازه"]
    assert (row(RECORDS[0]).fence, count(Page), count(Capture)) == (200, 1, 1)


def test_the_same_visit_written_twice_changes_nothing(queue: LeaseQueue) -> None:
    [request] = requests([RECORDS[0]], 100)
    for _ in range(2):
        commit(queue, fetched(request, read(RECORDS[1], answer="پاسخ")))
    assert (count(Page), count(Document), count(Address)) == (1, 1, 2)


def test_an_unchanged_page_is_a_revisit_and_waits_twice_as_long(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, read(answer="پاسخ"))
    again(queue, RECORDS[0])
    visit(queue, read(answer="پاسخ"))
    again(queue, RECORDS[0])
    assert commit(queue, unmodified(take(queue))) == [True]
    assert (row(RECORDS[0]).state, row(RECORDS[0]).interval) == ("unchanged", 4 * RECORD_FIRST)
    assert row(RECORDS[0]).etag == '"1"', "a 304 need not repeat it"
    with db.session() as session:
        assert session.scalars(select(Capture.kind).order_by(Capture.id)).all() == ["response", "revisit", "revisit"]
    assert count(Page) == 1


def test_other_bytes_that_say_the_same_are_kept_and_are_no_change(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, read(answer="پاسخ"), b"<html>seen by 7</html>")
    again(queue, RECORDS[0])
    visit(queue, read(answer="پاسخ"), b"<html>seen by 8</html>")
    assert row(RECORDS[0]).state == "unchanged"
    assert count(Page) == 2


def test_a_changed_record_is_asked_for_sooner(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, read(answer="پاسخ"))
    again(queue, RECORDS[0])
    visit(queue, read(answer="پاسخی دیگر"), b"<html>y</html>")
    assert (row(RECORDS[0]).state, row(RECORDS[0]).interval) == ("stored", RECORD_FIRST // 2)


def test_intervals_stay_within_their_bounds() -> None:
    shortest = longest = next_interval(True, False, None)
    for _ in range(20):
        shortest, longest = next_interval(True, True, shortest), next_interval(True, False, longest)
    assert (shortest, longest) == (DAY, 180 * DAY)


def test_what_failed_or_was_not_answered_is_due_at_once(queue: LeaseQueue) -> None:
    one, two, three = requests(RECORDS[:3], 100)
    failed = Failed(DRHAST.asked(one), "HTTP 500")
    excluded = Failed(DRHAST.asked(three), rule="meta robots: noindex")
    commit(queue, failed, fetched(two, PageReading(unanswered=True)), excluded)
    with db.session() as session:
        addresses.due(session, "drhast")
        waiting = [w.url for batch in addresses.waiting(session, "drhast") for w in batch]
        assert addresses.causes(session, "drhast")["excluded"] == {"meta robots: noindex": 1}
    assert sorted(waiting) == RECORDS[:2]
    assert row(RECORDS[2]).state == "excluded"


def test_a_known_listing_that_names_nothing_new_does_not_lead_on(queue: LeaseQueue) -> None:
    second = LISTING.replace("page-1", "page-2")
    queue.add([LISTING])
    visit(queue, read(*RECORDS[:2], second))
    assert take(queue).url == second, "at its first visit it does"
    queue.clear()
    queue.add([LISTING, *RECORDS[:2]])
    visit(queue, read(*RECORDS[:2], second), b"<html>2</html>")
    assert row(LISTING).state == "unchanged"
    assert queue.pending()[0] == 2
    queue.clear()
    queue.add([LISTING, *RECORDS[:2]])
    visit(queue, read(*RECORDS[:3], second), b"<html>3</html>")
    assert row(LISTING).state == "stored"
    assert take(queue).url == second


def test_a_listing_leads_on_where_another_named_its_news_first(queue: LeaseQueue) -> None:
    second = LISTING.replace("page-1", "page-2")
    queue.add([LISTING])
    visit(queue, read(*RECORDS[:1], second))
    queue.clear()
    queue.add([RECORDS[0]])
    visit(queue, read(RECORDS[1]))  # a record's page names what the listing has not shown yet
    queue.clear()
    queue.add([LISTING, *RECORDS[:2]])
    visit(queue, read(*RECORDS[:2], second), b"<html>2</html>")
    assert take(queue).url == second


def test_what_a_listing_does_not_lead_on_to_does_not_wait(queue: LeaseQueue) -> None:
    queue.add([LISTING])
    visit(queue, read(*RECORDS[:1]))
    queue.clear()
    queue.add([LISTING, RECORDS[0]])
    visit(queue, read(RECORDS[0], LISTING.replace("page-1", "page-9")), b"<html>2</html>")
    assert count(Address) == 2


def test_what_was_unanswered_is_looked_at_again_also_after_a_304(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, PageReading(unanswered=True))
    again(queue, RECORDS[0])
    commit(queue, unmodified(take(queue)))
    stored = row(RECORDS[0])
    assert stored.visit_at == stored.visited_at


def test_a_page_that_asks_to_be_left_out_takes_what_is_stored_of_it_along(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:1])
    visit(queue, read(answer="پاسخ"))
    with db.session() as session:
        assert verdicts.unjudged(session, "0" * 64) == 1
    again(queue, RECORDS[0])
    commit(queue, Failed(DRHAST.asked(take(queue)), rule="meta robots: noindex"))
    with db.session() as session:
        assert verdicts.unjudged(session, "0" * 64) == 0
        assert quarantine.pages(session, "drhast") == set(), "no mended reader frees it"


def test_reading_again_looks_at_a_record_s_newest_page_only(queue: LeaseQueue) -> None:
    queue.add([RECORDS[0]])
    visit(queue, read(answer="کهنه"), b"<html>old</html>")
    again(queue, RECORDS[0])
    visit(queue, read(answer="تازه"), b"<html>new</html>")
    with db.session() as session:
        [(page_id, sha256, place)] = archive.places(session, "drhast")
        assert archive.read(place, sha256).body == b"<html>new</html>"
    assert row(RECORDS[0]).page_id == page_id


def test_a_record_that_a_sitemap_says_changed_waits_again(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    for url in RECORDS[:2]:
        visit(queue, read(answer="پاسخ", url=url))
    queue.add([LISTING])
    now = dt.datetime.now(dt.UTC)
    lastmod = {RECORDS[0]: now + dt.timedelta(days=1), RECORDS[1]: now - dt.timedelta(days=1)}
    visit(queue, PageReading(links=tuple(RECORDS[:2]), lastmod=lastmod))
    request = take(queue)
    assert (request.url, request.headers.get("If-None-Match")) == (RECORDS[0], b'"1"')
    assert queue.pending() == (0, 1)
    assert [row(url).state for url in RECORDS[:2]] == ["discovered", "stored"]


def test_while_a_reader_is_broken_pages_are_archived_and_its_documents_left_out(queue: LeaseQueue) -> None:
    queue.add(RECORDS[:2])
    visit(queue, read(answer="پاسخ"))
    with db.session() as session:
        assert quarantine.begin(session, "drhast", "no answers", [DRHAST.fingerprint(RECORDS[0])])
        assert not quarantine.begin(session, "drhast", "no answers", [])
    visit(queue, read(answer="درهم", url=RECORDS[1]), b"<html>2</html>")
    assert (count(Page), count(Document)) == (2, 1)
    with db.session() as session:
        assert quarantine.all_of(session)["drhast"].pages == 2
        quarantine.lift(session, "drhast")
        assert not quarantine.holds(session, "drhast")
        assert len(quarantine.pages(session, "drhast")) == 2, "they are freed as they are read again"


def test_records_of_two_sites_with_one_number_are_two_addresses() -> None:
    from crawlers.spiders import sites

    record = {"drhast": RECORDS[0], "isovisit": "https://isovisit.com/questions/1/x"}
    assert len({sites()[name].fingerprint(url) for name, url in record.items()}) == 2
