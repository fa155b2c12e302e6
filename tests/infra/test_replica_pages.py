"""Every document of the list stands on its page, where the published structure of the site says it does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jdatetime
import pytest
from parsel import Selector

from infra.replica.documents import documents
from infra.replica.hijri import MONTHS, PERSIAN_DIGITS
from infra.replica.records import load
from infra.replica.site import Served
from infra.replica.texts import fold
from tests.infra.replica_visitor import RECORDS, Visitor, text, visiting

LATIN = {ord(chr(code)): chr(latin) for latin, code in PERSIAN_DIGITS.items()}
SERVED = list(documents(load(RECORDS)))
ARTICLES = [d for d in SERVED if d["kind"] == "article"]
BODIES = {
    "darmankade": "div.entry-content",
    "doctoreto": "div.start-content",
    "hamrah-teb": "div.article-content",
    "seebmagazine": "div#cont_p",
    "paziresh24": "div.entry-content",
    "extern": "div[itemprop=articleBody]",
    "majalepezeshki": "div.content",
    "salammag": "div.content",
    "nabz": "div.content",
}


def of(site: str) -> list[Served]:
    return [d for d in SERVED if d["source"] == site and d["kind"] == "qa"]


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with visiting(load(RECORDS)) as made:
        yield made


def name(document: Served) -> str:
    return f"{document['source']}-{document['record']}-{document['ordinal']}"


def words(found: list[str]) -> list[str]:
    return [fold(part) for part in found]


def one(page: Selector, css: str) -> str | None:
    """The text of the only element that `css` finds, None where there is none."""
    found = page.css(css)
    assert len(found) <= 1, css
    return text(found[0]) if found else None


def iso(slashes: str) -> str:
    year, month, day = map(int, slashes.split("/"))
    return str(jdatetime.date(year, month, day).togregorian().isoformat())


def test_the_fixture_has_every_kind() -> None:
    assert {d["source"] for d in SERVED} == {"hidoctor", "niniban", "drhast", "doctor-yab", "isovisit", *BODIES}
    assert (len(ARTICLES), len(SERVED) - len(ARTICLES)) == (17 + 3 * len(BODIES), 12)


@pytest.mark.parametrize("document", ARTICLES, ids=name)
def test_an_article_is_its_title_and_blocks_and_nothing_else(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    further = BODIES.get(document["source"], "")
    body = page.css(further or "div.post-content.typography.single-post-body.clearfix.progressive, div#echo_detail")
    assert one(page, "h1") == fold(document["title"])
    shown = text(body[0])
    if "/fa/news/" in document["url"]:
        number, views, letter, shown = shown.split(" ", 3)
        assert (number, views.isdigit(), len(letter)) == (document["record"], True, 1)
    assert shown == fold(document["text"] or "")
    assert len(body) == 1


@pytest.mark.parametrize("document", [d for d in ARTICLES if d["source"] == "hidoctor"], ids=name)
def test_a_hidoctor_article_has_its_date_and_tags(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    meta = page.css('meta[property="article:published_time"]::attr(content)').get()
    assert (meta[:10] if meta else None) == document["published_at"]
    assert words(page.css('a[rel="tag"]::text').getall()) == document["tags"]


@pytest.mark.parametrize("document", [d for d in ARTICLES if d["source"] in BODIES], ids=name)
def test_a_further_magazines_article_has_its_date_and_tags(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    meta = page.css('meta[property="article:published_time"]::attr(content)').get()
    told = json.loads(page.css('script[type="application/ld+json"]::text').get() or '{"@graph": [{}]}')
    dates = [meta, told["@graph"][-1].get("datePublished"), named_day(one(page, ".meta time"))]
    assert [date[:10] for date in dates if date] == ([document["published_at"]] if document["published_at"] else [])
    assert words(page.css('a[rel="tag"]::text').getall()) == document["tags"]


def named_day(told: str | None) -> str | None:
    """The day of ۲۹ اسفند ۱۴۰۱."""
    found = [part.translate(LATIN) for part in (told or "").split()]
    return iso(f"{found[2]}/{MONTHS.index(found[1]) + 1}/{found[0]}") if found else None


@pytest.mark.parametrize("document", [d for d in SERVED if d["source"] == "niniban"], ids=name)
def test_a_niniban_record_has_its_date_and_tags(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    date = one(page, "time.news_path_time")
    assert (iso(date) if date else None) == document["published_at"]
    assert words(page.css(".tags_container a::text").getall()) == document["tags"]


@pytest.mark.parametrize("document", of("niniban"), ids=name)
def test_a_niniban_question_stands_between_its_two_labels(visitor: Visitor, document: Served) -> None:
    body = visitor.page(document["url"]).css("div#echo_detail")[0]
    labels = words(body.css("strong::text").getall())
    before, question, answer = split(text(body), labels)
    assert labels[0] == "سوال مخاطب نی‌نی‌بان:"
    assert before == "" or "/fa/news/" in document["url"]
    assert question == fold(document["question"] or "")
    assert answer == fold(document["answer"] or "")
    for field in (document["doctor"], document["speciality"]):
        assert field is None or field in labels[1]
    assert labels[1].startswith("پاسخ")


def split(shown: str, labels: list[str]) -> tuple[str, str, str]:
    assert len(labels) == 2
    before, _, rest = shown.partition(labels[0])
    question, _, answer = rest.partition(labels[1])
    return before.strip(), question.strip(), answer.strip()


@pytest.mark.parametrize("document", of("drhast"), ids=name)
def test_a_drhast_answer_stands_in_the_microdata(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    entity = page.css("[itemprop=mainEntity]")[0]
    assert one(entity, "h1[itemprop=name]") == fold(document["title"])
    assert one(entity, "h2.main-question__body[itemprop=text]") == fold(document["question"] or "")
    assert entity.css("time[itemprop=dateCreated]::attr(datetime)").get() == document["published_at"]
    answers = entity.css(".main-question__answer")
    assert len(answers) == sum(d["record"] == document["record"] for d in of("drhast"))
    answer = answers[document["ordinal"]]
    assert one(answer, ".main-question__answer-body [itemprop=text]") == fold(document["answer"] or "")
    assert one(answer, ".doctor-ui-name") == document["doctor"]


@pytest.mark.parametrize("document", of("doctor-yab"), ids=name)
def test_a_doctor_yab_answer_stands_in_the_list_of_answers(visitor: Visitor, document: Served) -> None:
    page = visitor.page(document["url"])
    assert one(page, "h1") == fold(document["title"])
    assert one(page, "div.faq-text[itemprop=text]") == fold(document["question"] or "")
    answers = page.css("ul.ans li")
    assert len(answers) == sum(d["record"] == document["record"] for d in of("doctor-yab"))
    answer = answers[document["ordinal"]]
    assert one(answer, "p[itemprop=text].alert-warning2") == fold(document["answer"] or "")
    assert one(answer, "b.name-dr") == document["doctor"]
    assert one(answer, "span.dr-t") == document["speciality"]


@pytest.mark.parametrize("document", of("isovisit"), ids=name)
def test_an_isovisit_answer_stands_in_the_second_block(visitor: Visitor, document: Served) -> None:
    section = visitor.page(document["url"]).css("section.section-show-question")[0]
    asked, answered = section.css(".card")
    assert one(asked, ".card-body > p") == fold(document["question"] or "")
    assert one(answered, ".card-body") == fold(document["answer"] or "")
    assert one(answered, ".card-text .fs-16") == document["doctor"]
    date = one(answered, ".card-text.fs-14 span")
    assert (iso(date) if date else None) == document["published_at"]
    assert words(section.css(".tags a span::text").getall()) == document["tags"]


def test_isovisit_names_who_asked_and_the_category(visitor: Visitor) -> None:
    page = visitor.page(next(d["url"] for d in of("isovisit") if d["record"] == "900001"))
    assert one(page, ".card-text .m-0.ms-2") == "سارا"
    assert page.css("ol.breadcrumb li a::text").getall()[-1] == "مغز و اعصاب"


@pytest.mark.parametrize(("site", "record"), [("drhast", "700002"), ("doctor-yab", "800002"), ("isovisit", "900002")])
def test_an_unanswered_question_has_no_answer(visitor: Visitor, site: str, record: str) -> None:
    paths = {"drhast": "drhast.com/q", "doctor-yab": "doctor-yab.ir/faq", "isovisit": "isovisit.com/questions"}
    moved = visitor.get(f"https://{paths[site]}/{record}")
    page = visitor.page(f"https://{paths[site].partition('/')[0]}{moved.headers['location']}")
    assert page.css("h1::text").get()
    assert not page.css(".main-question__answer, ul.ans, .section-show-question .card + .card")


@pytest.mark.parametrize("document", SERVED, ids=name)
def test_no_text_of_a_record_becomes_markup(visitor: Visitor, document: Served) -> None:
    html = visitor.get(document["url"]).text
    assert "<script>alert" not in html
    assert "<script>x()" not in html
    assert "<b>سردرد" not in html
    assert 'dir="rtl"' in html
