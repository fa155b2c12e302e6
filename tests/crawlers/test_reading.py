"""Bytes to text: charsets, what is seen and what is not, and bodies that are no page."""

import gzip
import html as html_escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawlers.reader_questions import answer_label
from crawlers.reading import MAX_BYTES, ParsedPage, Unreadable, decode, inflated
from crawlers.spiders import sites
from crawlers.text import line_of, text_of

URL = "https://doctor-yab.ir/faq/1/x"


def seen(markup: str) -> str:
    return text_of(html.document_fromstring(f"<div>{markup}</div>"))


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("یک<br>دو<br/>سه", "یک\nدو\nسه"),
        ("<p>یک</p>\n\n<p>دو</p>", "یک\nدو"),
        ("یک<br><br>دو", "یک\n\nدو"),
        ("یک<br><br><br><br>دو", "یک\n\nدو"),
        ("<p>یک<br></p><p>دو</p>", "یک\nدو"),
        ("یک\n  دو\tسه", "یک دو سه"),
        ("<b>می‌</b>شود", "می‌شود"),
        ("a<!-- نه -->b", "ab"),
        ("<script>x</script>یک<style>y</style>", "یک"),
        ("۱۰<sup>۶</sup>", "۱۰⁶"),
        ("10<sup>-6</sup> H<sub>2</sub>O 1<sup>st</sup>", "10⁻⁶ H₂O 1st"),
        ("<pre>یک\n دو</pre>", "یک\nدو"),
        ('<p style="white-space: pre-line">یک\nدو</p>', "یک\nدو"),
        ("<table><tr><td>یک</td><td>دو</td></tr><tr><td>سه</td></tr></table>", "یک دو\nسه"),
        ("یک&nbsp;دو\u2009سه", "یک\u00a0دو\u2009سه"),
        ("&#29;یک&#1;", "یک"),
        ("<p hidden>نه</p><p style='display: NONE'>نه</p>یک", "یک"),
        ('<div class="post-ads">نه</div><div class="shadow">یک</div>', "یک"),
        ('<div id="related-posts">نه</div>یک', "یک"),
        ("<p>همچنین بخوانید: <a href='/1'>مطلب دیگر</a></p>این متن خود مقاله است", "این متن خود مقاله است"),
        ("<p>بیشتر بخوانید تا بدانید که چرا این کار برای شما خوب است و <a href='/1'>اینجا</a> را ببینید.</p>",
         "بیشتر بخوانید تا بدانید که چرا این کار برای شما خوب است و اینجا را ببینید."),
        ("آیا <a href='/1'>سرماخوردگی</a> است؟", "آیا سرماخوردگی است؟"),
    ],
)  # fmt: skip
def test_what_a_person_sees(markup: str, wanted: str) -> None:
    assert seen(markup) == wanted


# What an HTML page can hold at all: no control characters, no surrogates, no noncharacters.
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufdd0\ufffe\uffff")
LINES = st.lists(st.text(LETTERS, max_size=40), max_size=6)


@given(LINES)
def test_any_text_comes_back_after_whitespace_folding(lines: list[str]) -> None:
    body = "<br>".join(html_escape.escape(line) for line in lines)
    page = ParsedPage(
        f"<html><body><div id=x>{body}</div></body></html>".encode(), URL, {"content-type": "text/html; charset=utf-8"}
    )
    fold = " ".join("\n".join(lines).split())
    assert " ".join((page.text("#x") or "").split()) == fold


@pytest.mark.parametrize(
    "line",
    [
        "a < b > c & d &amp; e",
        "نقل‌قول \"یک\" 'دو'",
        "🤒👩‍⚕️ ❤️",
        "\u200fراست\u200e چپ\u202b\u202c",
        "می\u200cشود \u00ad\ufeff\u200b",
        "سوال:",
        "پاسخ:",
    ],
)
def test_texts_that_trip_parsers(line: str) -> None:
    body = f"<html><body><h1>x</h1><div class=faq-text itemprop=text>{html_escape.escape(line)}</div></body></html>"
    page = ParsedPage(body.encode(), URL, {})
    assert page.text(".faq-text") == line


@pytest.mark.parametrize(
    ("body", "content_type", "wanted"),
    [
        ("یک".encode(), "text/html; charset=utf-8", "یک"),
        ("يك".encode("cp1256"), "text/html; charset=windows-1256", "يك"),
        (b"<meta charset=windows-1256>" + "يك".encode("cp1256"), None, "<meta charset=windows-1256>يك"),
        ("يك".encode("cp1256"), None, "يك"),
        ("یک".encode(), "text/html; charset=iso-8859-1x", "یک"),
        (b"<meta charset=utf-8>" + "یک".encode(), "text/html; charset=utf-8", "<meta charset=utf-8>یک"),
        ("یک".encode("utf-16"), "text/html", "یک"),
        (b"\xef\xbb\xbf" + "یک".encode(), "text/html; charset=windows-1256", "یک"),
        ("\x00ی\x08ک\ufdd0".encode(), "text/html; charset=utf-8", "یک"),
    ],
)
def test_charsets(body: bytes, content_type: str | None, wanted: str) -> None:
    assert decode(body, {"content-type": content_type} if content_type else {}) == (wanted, False)


def test_bytes_lost_in_decoding_make_a_document_unreadable() -> None:
    answer = "<ul class=ans><li><p itemprop=text>آب</p></li></ul>"
    body = f"<h1>x</h1><div class=faq-text itemprop=text>تب</div>{answer}".encode()
    site = sites()["doctor-yab"]
    whole = site.read(body, URL, {"content-type": "text/html; charset=utf-8"})
    torn = site.read(body.replace("آ".encode(), "آ".encode()[:1]), URL, {"content-type": "text/html; charset=utf-8"})
    assert [d.answer for d in whole.documents] == ["آب"]
    assert torn.documents == ()
    assert torn.problems == ("bytes of an unknown charset",)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"plain words", "the body is not HTML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "the body is not HTML"),
        (b"<p>" * (MAX_BYTES // 3 + 1), f"the body has {(MAX_BYTES // 3 + 1) * 3:,} bytes, more than {MAX_BYTES:,}"),
    ],
)
@pytest.mark.parametrize("site", sorted(sites()))
def test_no_page_at_all_is_told(site: str, body: bytes, problem: str) -> None:
    url = {"niniban": "https://niniban.com/fa/news/1", "hidoctor": "https://www.hidoctor.ir/1_x.html/"}
    reading = sites()[site].read(body, url.get(site, f"https://{sites()[site].hosts[0]}/faq/q/1"))
    assert reading.problems == (problem,)
    assert not reading.documents


@pytest.mark.parametrize("site", sorted(sites()))
@given(
    body=st.binary(max_size=300) | st.text(st.sampled_from('<>/"= divpstrong۱پاسخ&#;'), max_size=200).map(str.encode)
)
def test_no_body_breaks_a_reader(site: str, body: bytes) -> None:
    for seed in sites()[site].seeds()[:1]:
        assert sites()[site].read(b"<html>" + body, seed).documents == ()
    records = {
        "niniban": "/fa/news/1",
        "hidoctor": "/1_x.html/",
        "drhast": "/q/1",
        "doctor-yab": "/faq/1",
        "isovisit": "/questions/1",
        "extern": "/health/x",
        "majalepezeshki": "/article/x",
        "nabz": "/x",
        "salammag": "/x",
        "seebmagazine": "/x",
    }
    record = f"https://{sites()[site].hosts[0]}{records.get(site, '/blog/x')}"
    assert sites()[site].record_of(record)
    reading = sites()[site].read(b"<html>" + body, record)
    assert not any("reader failed" in problem for problem in reading.problems)


def test_thousands_of_nested_elements_are_read() -> None:
    body = b"<h1>x</h1><div class=faq-text itemprop=text>" + b"<div>" * 1500 + "تب".encode() + b"</div>" * 1500
    assert sites()["doctor-yab"].read(body, URL).unanswered


def test_ten_megabytes_of_nesting_end() -> None:
    body = b"<h1>x</h1>" + b"<b>" * (MAX_BYTES // 3 - 10)
    assert not sites()["doctor-yab"].read(body, URL).documents


def test_gzip_is_bounded() -> None:
    assert inflated(gzip.compress(b"abc")) == b"abc"
    assert inflated(b"<urlset>") == b"<urlset>"
    with pytest.raises(Unreadable, match="longer than"):
        inflated(gzip.compress(b"\0" * (MAX_BYTES + 1)))
    with pytest.raises(Unreadable, match="cut short"):
        inflated(gzip.compress(b"abc" * 100)[:-9])
    with pytest.raises(Unreadable, match="damaged"):
        inflated(b"\x1f\x8bxxxx")


@pytest.mark.parametrize(
    ("label", "doctor", "speciality"),
    [
        ("پاسخ:", None, None),
        ("پاسخ", None, None),
        ("پاسخ از دکتر نمونه", "دکتر نمونه", None),
        ("پاسخ دکتر نمونه، متخصص زنان، زایمان و نازایی:", "دکتر نمونه", "متخصص زنان، زایمان و نازایی"),
        ("پاسخ دکتر نمونه،متخصص عفونی :", "دکتر نمونه", "متخصص عفونی"),
        ("پاسخ: رویا نمونه - کارشناس مامایی", "رویا نمونه", "کارشناس مامایی"),
        ("پاسخ متخصص اطفال:", None, "متخصص اطفال"),
    ],
)
def test_answer_labels(label: str, doctor: str | None, speciality: str | None) -> None:
    assert answer_label(label) == (doctor, speciality)


@pytest.mark.parametrize(
    ("label", "answers"),
    [
        ("پاسخ بدن به عفونت:", 1),
        ("پاسخ به درمان", 1),
        ("پاسخ پزشکی به این بیماری:", 1),
        ("پاسخ", 2),
        ("پاسخ:", 2),
        ("پاسخ دوم:", 2),
        ("پاسخ ۲:", 2),
        ("پاسخ دکتر نمونه، متخصص زنان:", 2),
        ("پاسخ از خانم نمونه:", 2),
        ("پاسخ کارشناس مامایی:", 2),
        ("پاسخ: رویا نمونه - کارشناس مامایی:", 2),
    ],
)
def test_a_heading_inside_an_answer_begins_no_second_one(label: str, answers: int) -> None:
    body = f"<b>سوال مخاطب نی‌نی‌بان</b><p>تب</p><b>پاسخ دکتر نمونه:</b><p>یک</p><b>{label}</b><p>دو</p>"
    page = f"<h1>x</h1><div id=echo_detail>{body}</div>".encode()
    assert len(sites()["niniban"].read(page, "https://niniban.com/fa/news/1").documents) == answers


def test_a_line_is_one_line() -> None:
    assert line_of(html.fragment_fromstring("<h1>یک<br> دو\u00a0سه</h1>")) == "یک دو سه"
