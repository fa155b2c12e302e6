"""Pages made to cost much: each took a reader from 20 seconds to hours where its work grew with the square."""

import gzip
import json

import psutil
import pytest
from lxml import html

from crawlers import schema_org
from crawlers.reading import MAX_BYTES, MAX_ELEMENTS, MAX_NAMES, TOO_MUCH, ParsedPage, Unreadable, inflated
from crawlers.sitemaps import is_whole, robots_sitemaps, sitemap_addresses
from crawlers.spiders import sites
from crawlers.text import text_of

pytestmark = pytest.mark.timeout(120)
DEPTH = 1_900
"""Elements inside one another: libxml2 builds no deeper tree of HTML."""
ARTICLE = "https://www.hidoctor.ir/1_x.html/"
QUESTION = "https://niniban.com/fa/news/1"


def test_spaces_between_empty_elements() -> None:
    assert text_of(html.document_fromstring("<div>متن" + "<i> </i>" * 200_000 + "پایان</div>")) == "متن پایان"


def test_a_long_row_of_category_links_beside_long_linked_data() -> None:
    data = json.dumps({"@graph": [{"@type": "Thing", "name": "x"}] * 15_000 + [{"@type": "Article"}]})
    links = "".join(f'<a rel="category">بخش {n}</a>' for n in range(3_000))
    body = (
        f'<meta property="og:title" content="عنوان"><script type="application/ld+json">{data}</script>'
        f'<div class="post-content">متن</div>{links}'
    )
    [article] = sites()["hidoctor"].read(body.encode(), ARTICLE).documents
    assert len(article.categories) == 3_000


def test_a_box_of_related_links_at_every_depth() -> None:
    link = '<a href="/1">مطلب دیگر</a>'
    inside = f"{'<div>' * DEPTH}بیشتر بخوانید{link * 5_000}{'متن ' * 30_000}"
    page = ParsedPage(f"<body><p>متن</p>{inside}".encode(), ARTICLE, {})
    assert (page.text("body") or "").startswith("متن\nبیشتر")


def test_empty_lines_in_robots() -> None:
    body = b"\n" * 200_000 + b"x\n Sitemap: https://x/s.xml"
    assert robots_sitemaps(body, {}) == ["https://x/s.xml"]


def test_linked_data_of_many_things() -> None:
    data = json.dumps([0] * 520_000 + [{"@type": "Article", "headline": "عنوان"}], separators=(",", ":"))
    page = ParsedPage(f'<p>x</p><script type="application/ld+json">{data}</script>'.encode(), ARTICLE, {})
    assert schema_org.article(page)["headline"] == "عنوان"


def test_labels_in_great_number_and_at_every_depth() -> None:
    asked = "<b>سوال مخاطب نی‌نی‌بان</b>تب دارم."
    many = f'<h1>x</h1><div id="echo_detail">{asked}{"<b>پاسخ</b>" * 20_000}بله</div>'
    assert sites()["niniban"].read(many.encode(), QUESTION).problems == ("no answer text",)
    deep = f'<h1>x</h1><div id="echo_detail">{asked}{"<b>" * DEPTH}بله</div>'
    assert sites()["niniban"].read(deep.encode(), QUESTION).unanswered


def test_empty_elements_of_a_kind_at_every_depth() -> None:
    body = "<h1>x</h1>" + '<div class="post-content">' * DEPTH
    assert sites()["hidoctor"].read(body.encode(), ARTICLE).problems == ("no text",)


def test_answers_far_down() -> None:
    answers = "<li><p itemprop=text>بله</p></li>" * 3_000
    body = f"<h1>x</h1><div class=faq-text itemprop=text>تب</div><ul class=ans>{'<div>' * DEPTH}{answers}"
    assert len(sites()["doctor-yab"].read(body.encode(), "https://doctor-yab.ir/faq/1/x").documents) == 3_000


@pytest.mark.parametrize(
    "body",
    [
        b"<p " + b" ".join(b"a%d" % n for n in range(700_000)) + b">",
        b"<p " + b" ".join(b"a%d='>'" % n for n in range(400_000)) + b">",
        b'<p a=b=">' + b"<p " * 100_000 + b"/".join(b"a%d" % n for n in range(400_000)) + b">",
        b"<p>" * (MAX_BYTES // 3 - 10),
        b"".join(b"<x%d>" % n for n in range(MAX_NAMES)) + b" " * 30_000,
    ],
    ids=["bare", "quoted", "hidden in others", "elements", "names"],
)
def test_more_elements_or_attributes_than_any_page_has(body: bytes) -> None:
    with pytest.raises(Unreadable, match=TOO_MUCH):
        ParsedPage(b"<html>" + body, ARTICLE, {})


def test_a_page_as_long_as_one_may_be_is_read() -> None:
    words, row = "متن " * 400_000, "<td class='a b' id=x>یک</td>" * 5
    page = ParsedPage(f"<html><p>{words}<table>{f'<tr>{row}</tr>' * (MAX_ELEMENTS // 6 - 10)}".encode(), ARTICLE, {})
    assert len(page.all("td")) == (MAX_ELEMENTS // 6 - 10) * 5
    assert len(page.text("p") or "") == len(words) - 1


def test_refused_pages_leave_nothing_behind() -> None:
    sizes = []
    for n in range(4):
        with pytest.raises(Unreadable):
            ParsedPage(b"<p " + b" ".join(b"a%d_%d" % (n, m) for m in range(500_000)) + b">", ARTICLE, {})
        sizes.append(psutil.Process().memory_info().rss >> 20)
    assert sizes[-1] - sizes[1] < 60, "lxml would keep 40 MB of names a page"


def test_an_entry_of_many_addresses() -> None:
    body = b"<urlset><url>" + b"<loc/>" * 1_000_000 + b"</url></urlset>"
    assert len(sitemap_addresses(body)[1]) == 1_000_000


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"<urlset><url><loc>x</loc></url></urlset>\n<!-- 0.2 s -->", True),
        (b"<s:sitemapindex><s:sitemap/></s:sitemapindex >", True),
        (b'<urlset xmlns="x"/>', True),
        (gzip.compress(b"<urlset></urlset>", mtime=0), True),
        (b"<urlset><url><loc>x</loc></url><url>", False),
        (b"<urlset><url><loc>x</loc></url></urls", False),
    ],
)
def test_a_sitemap_that_was_cut_short_is_told(body: bytes, whole: bool) -> None:
    assert is_whole(body) == whole


def test_a_gzip_file_of_many_members() -> None:
    assert inflated(gzip.compress(b"ab") + gzip.compress(b"c") + b"\0\0") == b"abc"
    with pytest.raises(Unreadable, match="longer than"):
        inflated(gzip.compress(b"\0" * (MAX_BYTES // 2)) * 3)
    with pytest.raises(Unreadable, match="members"):
        inflated(gzip.compress(b"") * 400_000)
    with pytest.raises(Unreadable, match="cut short"):
        inflated(gzip.compress(b"ab") + gzip.compress(b"c")[:-3])
