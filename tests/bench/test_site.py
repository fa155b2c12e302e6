"""The benchmarks' own site and what they count: a wrong one would make every figure wrong."""

from collections.abc import Iterator

import httpx
import pytest

from crawlers.spiders import sites
from tests.bench.contest import CONTESTANTS, Crawls, measure
from tests.bench.pages import FIRST, Pages, Shape
from tests.bench.services import Services, services
from tests.bench.site import Served, served

DRHAST = sites()["drhast"]
HTML = {"content-type": "text/html; charset=utf-8"}
SHAPE = Shape(records=300, listed=150, islands=5)


def get(site: Served, path: str, **headers: str) -> httpx.Response:
    return httpx.get(site.url + path, headers={"Host": "drhast.com"} | headers)


def test_every_record_is_read_whole() -> None:
    pages = Pages(SHAPE)
    for n in range(SHAPE.records):
        url = pages.links[n].split(b'"')[1].decode()
        reading = DRHAST.read(pages.record(n), url, HTML)
        assert not reading.problems
        assert len(reading.documents) == pages.documents(n)
        assert {DRHAST.record_of(link) for link in reading.links} == {str(FIRST + m) for m in pages.related(n)}


def test_all_but_the_islands_can_be_reached() -> None:
    pages = Pages(SHAPE)
    listed: set[str | None] = set()
    for number in (1, 2):
        body = pages.listing(number)
        assert body is not None
        links = DRHAST.read(body, f"https://drhast.com/q/page-{number}", HTML).links
        assert f"https://drhast.com/q/page-{number + 1}" in links
        listed |= {DRHAST.record_of(link) for link in links}
    assert pages.listing(3) is None
    assert listed - {None} == {str(FIRST + n) for n in range(SHAPE.listed)}
    assert pages.reachable() == set(range(SHAPE.records - SHAPE.islands))


def test_the_server_serves_counts_and_answers_conditions() -> None:
    with served(SHAPE) as site:
        page = get(site, f"/q/{FIRST + 7}/x")
        assert (page.status_code, page.content) == (200, Pages(SHAPE).record(7))
        again = get(site, f"/q/{FIRST + 7}/x", **{"If-None-Match": page.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert get(site, f"/q/{FIRST + SHAPE.records}/x").status_code == 404
        assert get(site, "/q/page-9").status_code == 404
        assert get(site, "/q/page-1", Host="niniban.com").status_code == 421
        assert get(site, "/robots.txt").text == "User-agent: *\nDisallow: /panel/\n"
        counts = site.counts()
    assert (counts["records"][7], sum(counts["records"])) == (2, 2)
    assert counts["others"] == {"/q/page-9": 1, "/robots.txt": 1}
    assert counts["statuses"] == {"200": 2, "304": 1, "404": 2, "421": 1}


def test_the_server_fails_when_asked_to() -> None:
    with served(Shape(records=10, busy_share=1.0)) as site:
        assert get(site, f"/q/{FIRST}/x").status_code == 503
    with served(Shape(records=10, reset_share=1.0)) as site, pytest.raises(httpx.TransportError):
        get(site, f"/q/{FIRST}/x")


@pytest.fixture(scope="module")
def own() -> Iterator[Services]:
    with services() as running:
        yield running


def test_costs_that_no_other_load_changes(own: Services) -> None:
    """Three round trips to Redis a page and batched writes are promised; time is left to `tests.bench.crawl`."""
    small, whole = Shape(records=40), Shape(records=240)
    bare, stock, ours = (measure(contestant, small, own) for contestant in CONTESTANTS[:3])
    assert ours.pages == 40 + 1 + 1  # a listing page, robots.txt
    assert bare.pages == stock.pages == ours.pages + 1  # Scrapy's filter does not note where a spider starts
    assert bare.round_trips < 5 < 40 * 40 < stock.round_trips
    crawls = Crawls(measure(CONTESTANTS[2], whole, own), ours)
    assert crawls.a_page("round_trips") <= 3
    assert crawls.a_page("transactions") <= 0.5
