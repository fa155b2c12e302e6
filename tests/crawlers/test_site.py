"""What every site shares: which requests go out, which pages are taken, where a listing ends."""

import pytest
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Request
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.connect_to import OwnHosts
from crawlers.spiders import sites
from crawlers.urls import MAX_LENGTH
from crawlers.visits import Asked, Failed, Unmodified

ISOVISIT = sites()["isovisit"]
RECORD = "https://isovisit.com/questions/1/x"
TOO_LONG = RECORD + "x" * MAX_LENGTH


@pytest.fixture
def own() -> OwnHosts:
    crawler = Crawler(ISOVISIT)
    crawler.spider = ISOVISIT()
    return OwnHosts(crawler)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://example.com/questions/1/x", "another host"),
        ("https://isovisit.com:8443/questions/1/x", "no address of the site"),
        ("https://user:word@isovisit.com/questions/1/x", "no address of the site"),
        (TOO_LONG, "no address of the site"),
    ],
)
def test_what_is_no_address_of_the_site_is_not_asked_for(own: OwnHosts, url: str, told: str) -> None:
    with pytest.raises(IgnoreRequest, match=told):
        own.process_request(Request(url))


@pytest.mark.parametrize("url", [RECORD, "https://www.isovisit.com/robots.txt", "http://isovisit.com/?utm_source=x"])
def test_the_site_s_own_addresses_are_asked_for(own: OwnHosts, url: str) -> None:
    own.process_request(Request(url))


def test_a_page_at_an_address_that_cannot_be_kept_is_a_failure() -> None:
    request = Request(TOO_LONG, meta={"lease": "1", "asked": RECORD})
    [item] = ISOVISIT().parse(HtmlResponse(TOO_LONG, request=request, body=b"<html></html>"))
    assert item == Failed(Asked("1", RECORD, True), "it leads to no address of the site")


@pytest.mark.parametrize("asked_whether", [True, False])
def test_a_304_is_an_answer_only_to_who_asked_whether_it_changed(asked_whether: bool) -> None:
    headers = {"If-None-Match": '"1"'} if asked_whether else {}
    request = Request(RECORD, headers=headers, meta={"lease": "1", "asked": RECORD})
    failure = Failure(HttpError(HtmlResponse(RECORD, status=304, request=request)))
    failure.request = request  # type: ignore[attr-defined]
    [item] = ISOVISIT().failed(failure)
    asked = Asked("1", RECORD, True)
    assert isinstance(item, Unmodified) if asked_whether else item == Failed(asked, "HTTP 304")


LISTINGS = {
    "hidoctor": ("https://www.hidoctor.ir/page/{}/", '<article><a href="/1_x.html/">x</a></article>'),
    "niniban": (sites()["niniban"].seeds()[0].replace("page=1", "page={}"), '<h3><a href="/fa/news/1/x">x</a></h3>'),
    "drhast": ("https://drhast.com/q/page-{}", '<a href="/q/1/x">x</a>'),
    "doctor-yab": ("https://doctor-yab.ir/faq/?page={}", '<a href="/faq/1/x">x</a>'),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_that_never_ends_is_left_and_told(name: str) -> None:
    site, (listing, record) = sites()[name], LISTINGS[name]
    last = site.pages_at_most
    for number, problems in ((1, 0), (last - 1, 0), (last, 1), (last * 10, 1)):
        following = f'<ul><li class="PagedList-skipToNext"><a href="{listing.format(number + 1)}">next</a></li></ul>'
        reading = site.read(f"<body>{record}{following}".encode(), listing.format(number))
        assert len(reading.links) == 2 - problems
        assert site.record_of(reading.links[0])
        assert list(reading.problems) == [f"a listing has more than {last:,} pages"] * problems
