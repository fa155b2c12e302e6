"""Forum records whose markup differs from the usual: no text is cut in silence, no box of links becomes an answer."""

import pytest

from crawlers.reading import PageReading
from crawlers.spiders import sites

FURTHER = "text stands outside what is read"


def read(site: str, body: str) -> PageReading:
    path = {"doctor-yab": "/faq/1/x", "drhast": "/q/1/x", "isovisit": "/questions/1/x"}[site]
    return sites()[site].read(f"<h1>عنوان</h1>{body}".encode(), f"https://{sites()[site].hosts[0]}{path}")


def doctor_yab(answer: str) -> PageReading:
    name = '<b class="name-dr">دکتر نمونه</b> <span class="dr-t">متخصص اطفال</span>'
    return read(
        "doctor-yab", f'<div class="faq-text" itemprop="text">تب</div><ul class="ans"><li>{name}{answer}</li></ul>'
    )


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("<p itemprop=text>یک<ul><li>دو</li></ul>سه</p>", "یک\nدو\nسه"),
        ("<p itemprop=text>یک</p><p itemprop=text>دو</p>", "یک\nدو"),
        ("<p itemprop=text>یک<div class='share'>هم‌رسانی</div></p>", "یک"),
        ("<p itemprop=text>یک</p><button>مفید بود</button>", "یک"),
    ],
)
def test_an_answer_is_read_to_its_end(answer: str, wanted: str) -> None:
    reading = doctor_yab(answer)
    assert [d.answer for d in reading.documents] == [wanted]
    assert reading.documents[0].doctor == "دکتر نمونه"
    assert reading.problems == ()


@pytest.mark.parametrize("tag", ["h2", "p", "div"])
def test_a_question_with_paragraphs_inside_is_read_to_its_end(tag: str) -> None:
    question = f'<{tag} class="main-question__body" itemprop="text">یک<p>دو</p>سه</{tag}>'
    answer = '<div class="main-question__answer"><div class="main-question__answer-body">بله</div></div>'
    reading = read("drhast", f"<div itemprop=mainEntity>{question}{answer}</div>")
    assert [(d.question, d.answer) for d in reading.documents] == [("یک\nدو\nسه", "بله")]


def test_what_is_neither_read_nor_known_is_told() -> None:
    reading = doctor_yab('<p itemprop=text>یک</p><p class="more">و باید توجه کنید که ادامه هم دارد.</p>')
    assert reading.problems == (FURTHER,)


def test_a_note_that_nobody_answered_is_no_part_of_the_question() -> None:
    question = '<h2 class="main-question__body" itemprop=text>یک</h2>'
    reading = read("drhast", f'<div itemprop=mainEntity>{question}<p class="note">هنوز پاسخی نیست</p></div>')
    assert reading.unanswered
    assert reading.problems == ()


def test_a_name_ends_what_is_read() -> None:
    reading = read(
        "drhast",
        '<div itemprop=mainEntity><h2 class="main-question__body" itemprop=text>یک</h2>'
        '<div class="main-question__answer"><p class="main-question__answer-body">بله</p>'
        '<span class="doctor-ui-name">دکتر نمونه</span></div></div>',
    )
    assert [(d.question, d.answer, d.doctor) for d in reading.documents] == [("یک", "بله", "دکتر نمونه")]


@pytest.mark.parametrize(
    "box",
    [
        '<div class="card related-questions"><div class="card-body"><a href="/questions/2/x">شوره سر</a></div></div>',
        '<div class="related"><div class="card"><div class="card-body">شوره سر</div></div></div>',
        '<div class="card" hidden><div class="card-body">شوره سر</div></div>',
    ],
)
def test_a_box_of_related_questions_is_no_answer(box: str) -> None:
    cards = "".join(f'<div class="card"><div class="card-body"><p>{text}</p></div></div>' for text in ("تب", "استراحت"))
    reading = read("isovisit", f'<section class="section-show-question">{cards}{box}</section>')
    assert [(d.question, d.answer) for d in reading.documents] == [("تب", "استراحت")]
    assert reading.problems == ()


def test_markup_in_linked_data_is_read_as_text() -> None:
    data = """{"@type": "QAPage", "mainEntity": {"@type": "Question", "name": "x", "text": "<p>تب <br>دارم</p>",
        "acceptedAnswer": {"@type": "Answer", "text": "<p>یک<br>دو</p>اگر a < b"}}}"""
    reading = read("drhast", f'<script type="application/ld+json">{data}</script>')
    assert [(d.question, d.answer) for d in reading.documents] == [("تب\nدارم", "یک\nدو\nاگر a < b")]
