"""One spelling for each address."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.spiders import sites
from crawlers.urls import MAX_LENGTH, canonical, shown

HOSTS = ("niniban.com", "www.niniban.com")
PATHS = st.text(max_size=60) | st.text("/.%2Fف ~?&=#abc", max_size=60)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://niniban.com", "https://niniban.com/"),
        ("http://www.niniban.com:80/fa/news/1#comments", "https://niniban.com/fa/news/1"),
        ("https://NINIBAN.com./a/./b/../c", "https://niniban.com/a/c"),
        ("https://niniban.com/%d8%a8%41%2f", "https://niniban.com/%D8%A8A%2F"),
        ("https://niniban.com/ب?page=2", "https://niniban.com/%D8%A8?page=2"),
        ("https://niniban.com/x?utm_source=a&page=2&gclid=1&fbclid=2", "https://niniban.com/x?page=2"),
        ("https://niniban.com/100%", "https://niniban.com/100%25"),
        ("\n https://niniban.com/a\tb ", "https://niniban.com/ab"),
        ("/fa/news/2", "https://niniban.com/fa/news/2"),
        ("?page=3", "https://niniban.com/list?page=3"),
    ],
)
def test_spelling(url: str, wanted: str) -> None:
    assert canonical(url, HOSTS, "https://niniban.com/list") == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://niniban.com.example.com/",
        "https://niniban.com@example.com/",
        "https://user@niniban.com/",
        "https://niniban.com:8443/",
        "https://niniban.com:port/",
        "ftp://niniban.com/",
        "javascript:alert(1)",
        "mailto:a@niniban.com",
        "https://[::1/",
        "https://niniban.com/" + "a" * MAX_LENGTH,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    assert canonical(url, HOSTS) is None


@given(PATHS)
@example("%25%34%31")
@example("/a/%2E%2E/b")
@example("//")
def test_applying_it_twice_changes_nothing(path: str) -> None:
    once = canonical(f"https://niniban.com/{path}", HOSTS)
    assert once is None or canonical(once, HOSTS) == once


@given(PATHS)
def test_a_canonical_address_is_plain_ascii_of_the_first_host(path: str) -> None:
    url = canonical(f"http://www.niniban.com/{path}", HOSTS)
    if url is not None:
        parts = urlsplit(url)
        assert url.isascii()
        assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "niniban.com", "")
        assert not {".", ".."} & set(parts.path.split("/"))


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert isinstance(canonical(text, HOSTS, "https://niniban.com/"), str | None)


@pytest.mark.parametrize(
    ("site", "url", "record"),
    [
        ("niniban", "https://niniban.com/fa/news/189778/x", "189778"),
        ("niniban", "https://niniban.com/%D8%A8%D8%AE%D8%B4-%D8%B3-20/189778-x", "189778"),
        ("niniban", "https://niniban.com/%D8%A8%D8%AE%D8%B4-%D8%B3-20?page=2", None),
        ("hidoctor", "https://www.hidoctor.ir/357156_x.html/", "357156"),
        ("hidoctor", "https://www.hidoctor.ir/357156_x.html", "357156"),
        ("hidoctor", "https://www.hidoctor.ir/page/12/", None),
        ("drhast", "https://drhast.com/q/12/x", "12"),
        ("drhast", "https://drhast.com/q/slug-12", "12"),
        ("drhast", "https://drhast.com/q/12-slug-3", "12"),
        ("drhast", "https://drhast.com/q/page-12", None),
        ("drhast", "https://drhast.com/q/ask", None),
        ("doctor-yab", "https://doctor-yab.ir/faq/77/x", "77"),
        ("doctor-yab", "https://doctor-yab.ir/faq/only-a-slug", "only-a-slug"),
        ("doctor-yab", "https://doctor-yab.ir/faq/?page=2", None),
        ("isovisit", "https://isovisit.com/question/5", "5"),
        ("isovisit", "https://isovisit.com/questions/", None),
    ],
)
def test_records_are_told_from_listings(site: str, url: str, record: str | None) -> None:
    assert sites()[site].record_of(url) == record


def test_both_forms_of_a_record_have_one_fingerprint() -> None:
    fingerprint = sites()["niniban"].fingerprint
    old, new = "https://niniban.com/fa/news/189778/x", "https://niniban.com/%D8%A8%D8%AE%D8%B4-%D8%B3-20/189778-y"
    assert fingerprint(old) == fingerprint(new)
    assert len(fingerprint(old)) == 16
    assert fingerprint("https://niniban.com/a?page=1") != fingerprint("https://niniban.com/a?page=2")


def test_a_log_shows_numbers_of_addresses_but_no_words() -> None:
    line = "failed https://niniban.com/%D8%A8%D8%AE%D8%B4-20/243871-%D8%AA%D8%A8 (HTTP 500) <GET https://a.ir/q/12/JAK2-%D8%AA>"
    assert shown(line) == "failed https://niniban.com/…/243871… (HTTP 500) <GET https://a.ir/q/12/…>"
