"""Bytes to text: what a page says of its charset is often missing or wrong, and no letter may come out as another."""

import codecs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawlers.charsets import decode
from crawlers.spiders import sites

# With the Arabic ي, as windows-1256 has no other.
PERSIAN = "سلام دکتر، «تب» دارم؛ چند روز پيش آمپول زدم و گلودردم بهتر نشد. آيا بايد آزمايش بدهم؟ مي‌شود؟"
ARABIC = "هذا نص قديم في صفحة عربية عن الطب والدواء"
HTML = "text/html"


def page(text: str, charset: str = "") -> str:
    return f'<html><head><meta charset="{charset}"></head><p>{text}</p>' if charset else f"<html><p>{text}</p>"


@pytest.mark.parametrize(
    ("text", "encoding", "header", "meta"),
    [
        (PERSIAN, "utf-8", "", ""),
        (PERSIAN, "utf-8", "utf-8", "utf-8"),
        (PERSIAN, "utf-8", "iso-8859-1", ""),
        (PERSIAN, "utf-8", "windows-1256", "windows-1256"),
        (PERSIAN, "utf-8", "", "no-such-charset"),
        ("دم", "utf-8", "iso-8859-1", ""),
        (PERSIAN, "cp1256", "", ""),
        (PERSIAN, "cp1256", "", "windows-1256"),
        (PERSIAN, "cp1256", "windows-1256", "utf-8"),
        (PERSIAN, "cp1256", "utf-8", "windows-1256"),
        (PERSIAN, "cp1256", "iso-8859-1", ""),
        (PERSIAN, "utf-16", "", ""),
        (PERSIAN, "utf-16", "utf-8", "utf-8"),
        (PERSIAN, "utf-8-sig", "windows-1256", ""),
        (ARABIC, "iso8859-6", "", "iso-8859-6"),
        ("déjà vu © 2020", "cp1252", "iso-8859-1", ""),
    ],
)
def test_the_text_is_the_authors(text: str, encoding: str, header: str, meta: str) -> None:
    body = page(text, meta).encode(encoding)
    found, lost = decode(body, {"content-type": f"{HTML}; charset={header}" if header else HTML})
    assert (found, lost) == (page(text, meta), False)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (page(PERSIAN, "utf-8").encode("cp1256"), ""),
        (page(PERSIAN).encode("cp1256"), "utf-8"),
        (page(PERSIAN, "unicode-escape").encode("cp1256"), ""),
        (page(PERSIAN).encode().replace("د".encode(), "د".encode()[:1], 3), ""),
        (page(PERSIAN).encode().replace("د".encode(), "د".encode()[:1], 3), "windows-1256"),
        (page(PERSIAN).encode() + b"\xff\xfe", ""),
        (page(PERSIAN, "windows-1256").encode()[:-5], ""),
        (page(ARABIC).encode("iso8859-6"), ""),
        (page(ARABIC).encode("iso8859-6"), "iso-8859-1"),
        (page("Привет, это русская страница").encode("cp1251"), ""),
        (codecs.BOM_UTF8 + page(PERSIAN).encode("cp1256"), ""),
        (codecs.BOM_UTF16_LE + page(PERSIAN).encode("utf-16-le")[:-1], ""),
    ],
)
def test_what_does_not_fit_is_said_to_be_damaged(body: bytes, header: str) -> None:
    found, lost = decode(body, {"content-type": f"{HTML}; charset={header}" if header else HTML})
    assert lost
    assert "\ufffd" in found


CHARSETS = st.sampled_from(["", "utf-8", "windows-1256", "iso-8859-1", "iso-8859-6", "utf-16", "punycode", "no-such"])
WORDS = st.text("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهآئؤيء‌،؛؟", min_size=3).map(lambda word: f"دارو {word}")
SOURCES = st.sampled_from(["utf-8", "cp1256", "utf-16", "utf-8-sig"])


@given(st.lists(WORDS, min_size=3), SOURCES, CHARSETS, CHARSETS)
def test_whatever_is_declared_a_persian_text_is_right_or_damaged(
    words: list[str], source: str, header: str, meta: str
) -> None:
    assume((header, meta).count("iso-8859-6") == 0 or source != "cp1256")  # it is taken at its word
    text = page(" ".join(words), meta)
    found, lost = decode(text.encode(source), {"content-type": f"{HTML}; charset={header}"})
    assert lost or found == text


@given(st.binary(max_size=200), CHARSETS)
def test_any_bytes_are_decoded(body: bytes, header: str) -> None:
    found, _ = decode(body, {"content-type": f"{HTML}; charset={header}"})
    assert not set(found) & {"\x00", "\ud800", "\ufffe"}


def test_a_page_is_read_or_refused_by_what_its_bytes_are() -> None:
    site, url = sites()["doctor-yab"], "https://doctor-yab.ir/faq/1/x"
    text = f"<h1>x</h1><div class=faq-text itemprop=text>تب</div><ul class=ans><li><p itemprop=text>{PERSIAN}</p></ul>"
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        [read] = site.read(text.encode(encoding), url).documents
        assert read.answer == PERSIAN
    for body in (
        text.encode("utf-16-le"),
        b"%PDF-1.7 <x:xmpmeta>" + bytes(range(256)) * 20,
        text.encode()[:9] + b"\0" * 99,
    ):
        assert site.read(body, url).problems == ("the body is not HTML",)
