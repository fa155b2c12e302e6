"""Small pages made to cost much: each took a reader from 20 seconds to minutes where its work grew with the square."""

import json

import pytest
from lxml import html

from crawlers import schema_org
from crawlers.reading import ParsedPage
from crawlers.sitemaps import robots_sitemaps
from crawlers.spiders import sites
from crawlers.text import text_of

pytestmark = pytest.mark.timeout(20)
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
