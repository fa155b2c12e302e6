"""Sitemaps and the sites found by them: what leads further, what is no record, and when a page changed last."""

import datetime as dt
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.sitemaps import last_modified, sitemap_addresses
from crawlers.spiders import sites

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*locations: str) -> bytes:
    return f"<urlset {NAMESPACE}>{''.join(f'<url><loc>{loc}</loc></url>' for loc in locations)}</urlset>".encode()


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2024-05-10T07:30:00+03:30", "2024-05-10T04:00:00+00:00"),
        (" 2024-05-10T07:30:00.25Z\n", "2024-05-10T07:30:00.250000+00:00"),
        ("2024-05-10T07:30Z", "2024-05-10T07:30:00+00:00"),
        ("2024-05-10 07:30:00", "2024-05-10T07:30:00+00:00"),
        ("2024-05-10", "2024-05-10T23:59:59+00:00"),
        ("2024-05", None),
        ("2024", None),
        ("1403/02/21", None),
        ("0001-01-01T00:00:00+03:30", None),
        ("2024-13-45", None),
        ("", None),
        (None, None),
    ],
)
def test_lastmod_is_the_latest_moment_it_may_mean(told: str | None, meant: str | None) -> None:
    found = last_modified(told)
    assert (found.isoformat() if found else None) == meant


@given(st.text() | st.datetimes(timezones=st.timezones()).map(dt.datetime.isoformat))
def test_any_lastmod_is_a_moment_in_utc_or_none(told: str) -> None:
    found = last_modified(told)
    assert found is None or found.utcoffset() == dt.timedelta(0)


def test_each_address_has_its_own_lastmod() -> None:
    body = (
        f"<urlset {NAMESPACE}><url><loc>https://x/1</loc><lastmod>2024-05-10</lastmod></url><url><loc>https://x/2"
        "</loc></url><url><lastmod>2024-05-11</lastmod></url><!-- x --><url><loc/></url></urlset>"
    ).encode()
    nested, pages = sitemap_addresses(body)
    assert nested == []
    assert [(url, bool(at)) for url, at in pages] == [("https://x/1", True), ("https://x/2", False), ("", False)]


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("post-sitemap.xml", "post-sitemap2.xml"),
        ("post-sitemap1.xml", "post-sitemap2.xml"),
        ("post-sitemap41.xml", "post-sitemap42.xml"),
        ("post-sitemap999.xml", "post-sitemap1000.xml"),
        ("post-sitemap1000.xml", None),  # as many as Site.pages_at_most
        ("sitemap_index.xml", None),
    ],
)
def test_behind_a_counted_sitemap_the_next_is_tried(name: str, following: str | None) -> None:
    article, beginning = "https://salammag.com/x/", "https://salammag.com/"
    links = sites()["salammag"].read(urlset(article), beginning + name).links
    assert links == (article, *([beginning + following] if following else []))
    assert sites()["salammag"].read(urlset(beginning), beginning + name).links == ()


def test_a_site_whose_sitemaps_are_not_counted_gets_no_next() -> None:
    article = "https://nabz.site/x/"
    assert sites()["nabz"].read(urlset(article), "https://nabz.site/post-sitemap1.xml").links == (article,)


def test_no_link_of_a_page_is_followed_where_sitemaps_alone_are_believed() -> None:
    page = b'<h1>x</h1><div class="content">x <a href="/y/">y</a></div>'
    reading = sites()["nabz"].read(page, "https://nabz.site/x/")
    assert (len(reading.documents), reading.links) == (1, ())


@pytest.mark.parametrize("body", [b"<html><body>x</body></html>", b"", b"<urlsets>", gzip.compress(b"<rss/>", mtime=0)])
@pytest.mark.parametrize("name", ["post-sitemap.xml", "post-sitemap.xml.gz"])
def test_a_sitemap_that_is_none_is_told(body: bytes, name: str) -> None:
    reading = sites()["nabz"].read(body, f"https://nabz.site/{name}")
    assert (reading.links, reading.problems) == ((), ("it is no sitemap",))


RECORDS = {
    "https://darmankade.com/blog/گل-مژه/": "گل-مژه",
    "https://darmankade.com/blog/diseases/gout": "diseases/gout",
    "https://darmankade.com/blog/healthy-food/": "healthy-food",
    "https://doctoreto.com/blog/x/": "x",
    "https://hamrah-teb.com/blog/314/x": "314",
    "https://hamrah-teb.com/blog/314": "314",
    "https://hamrah-teb.com/blog/5-x": "5-x",
    "https://seebmagazine.com/x/": "x",
    "https://paziresh24.com/blog/x/": "x",
    "https://extern.ir/health/a/b/": "a/b",
    "https://majalepezeshki.ir/article/7/x": "7",
    "https://majalepezeshki.ir/articles/x": "x",
    "https://salammag.com/page-boy/": "page-boy",
    "https://nabz.site/a/b": "a/b",
}
NO_RECORDS = (
    "https://darmankade.com/blog/",
    "https://darmankade.com/blog/health/",
    "https://darmankade.com/blog/medical-tests/page/9/",
    "https://darmankade.com/doctors/",
    "https://doctoreto.com/blog/all-posts/",
    "https://doctoreto.com/blog/all-posts/page/2/",
    "https://doctoreto.com/blog/category/skin/",
    "https://hamrah-teb.com/blogs?page=2",
    "https://seebmagazine.com/category/medical-articles/page/2/",
    "https://paziresh24.com/blog/post-sitemap3.xml",
    "https://paziresh24.com/dr/x/",
    "https://extern.ir/health/",
    "https://majalepezeshki.ir/post-sitemap.xml",
    "https://salammag.com/robots.txt",
    "https://salammag.com/",
    "https://nabz.site/sitemap_index.xml",
    "https://nabz.site/x/feed/",
)


@pytest.mark.parametrize("url", [*RECORDS, *NO_RECORDS])
def test_what_a_magazines_record_is_called(url: str) -> None:
    site = next(site for site in sites().values() if url.split("/")[2] in site.hosts)
    assert site.record_of(site.canonical(url) or "") == RECORDS.get(url)


def test_no_two_records_of_different_paths_are_one() -> None:
    pair = ("https://nabz.site/diabetes/symptoms/", "https://nabz.site/asthma/symptoms/")
    assert len({sites()["nabz"].fingerprint(url) for url in pair}) == 2


def test_an_article_without_a_number_may_begin_with_numbers() -> None:
    page = '<h1>x</h1><div class="content">12 30 5 و بیشتر</div>'.encode()
    [article] = sites()["nabz"].read(page, "https://nabz.site/x/").documents
    assert article.text == "12 30 5 و بیشتر"
