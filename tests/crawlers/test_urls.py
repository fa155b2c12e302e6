"""One spelling for each address, and never one for two."""

import time
from collections.abc import Callable
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request

from crawlers.spiders import sites
from crawlers.urls import MAX_LENGTH, canonical, shown

HOSTS = ("niniban.com", "www.niniban.com", "xn--mgbgz2eg.ir")
PATHS = (
    st.text(max_size=60) | st.text("/.%2Fف ~?&=#;abc", max_size=60) | st.text("%0123456789ABCDEFabcdef/?=", max_size=60)
)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://niniban.com", "https://niniban.com/"),
        ("http://www.niniban.com:80/fa/news/1#comments", "https://niniban.com/fa/news/1"),
        ("https://NINIBAN.com./a/./b/../c", "https://niniban.com/a/c"),
        ("https://niniban.com/a/%2e%2E/b/.", "https://niniban.com/b/"),
        ("https://ｎiniban.com/a#!/b", "https://niniban.com/a"),
        ("https://سلامت.ir/a", "https://niniban.com/a"),
        ("https://niniban.com/%d8%a8%41%2f", "https://niniban.com/%D8%A8A%2F"),
        ("https://niniban.com/ب?page=2", "https://niniban.com/%D8%A8?page=2"),
        ("https://niniban.com/x?utm_source=a&page=2&gclid=1&fbclid=2", "https://niniban.com/x?page=2"),
        ("https://niniban.com/x?&&%75tm_term=1&UTM_id&_gl=1&a&&b=", "https://niniban.com/x?a&b="),
        ("https://niniban.com/x;jsessionid=A1!2?PHPSESSID=3", "https://niniban.com/x"),
        ("https://niniban.com/x;v=1;JSESSIONID=A1/y;v=2", "https://niniban.com/x;v=1/y;v=2"),
        ("https://niniban.com/100%", "https://niniban.com/100%25"),
        ("\n https://niniban.com/a\tb ", "https://niniban.com/ab"),
        ("https://niniban.com/a b?c d", "https://niniban.com/a%20b?c%20d"),
        ("https://niniban.com//evil.example//x", "https://niniban.com//evil.example//x"),
    ],
)
def test_spelling(url: str, wanted: str) -> None:
    assert canonical(url, HOSTS) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://niniban.com.example.com/",
        "https://niniban.com@example.com/",
        "https://niniban.com\\@example.com/",
        "https://user@niniban.com/",
        "https://niniban.com:8443/",
        "http://niniban.com:443/",
        "https://niniban.com:port/",
        "https://niniban.com../",
        "ftp://niniban.com/",
        "javascript:alert(1)",
        "mailto:a@niniban.com",
        "/fa/news/2",
        "//niniban.com/fa/news/2",
        "https://[::1/",
        "https://niniban.com/\ud800",
        f"https://{'س' * 300}.ir/",
        "https://niniban.com/" + "a" * MAX_LENGTH,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    assert canonical(url, HOSTS) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a/b", "/a%2Fb"),
        ("/a?b", "/a%3Fb"),
        ("/a;b", "/a%3Bb"),
        ("/a", "/a/"),
        ("/a", "/A"),
        ("/a/b", "/a//b"),
        ("/ab", "/a b"),
        ("/%D8%A2", "/%D8%A7%D9%93"),
        ("/ی", "/ي"),
        ("/می‌شود", "/میشود"),
        ("/?a=1&b=2", "/?b=2&a=1"),
        ("/?a=1", "/?a=1&a=1"),
        ("/?a=1%262", "/?a=1&2"),
        ("/?a+b", "/?a%20b"),
        ("/?a", "/?a="),
        ("/?ref=1", "/?ref=2"),
        ("/?sid=1", "/"),
        ("/?utmost=1", "/"),
        ("/x;sessionid=1", "/x"),
    ],
)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert canonical(f"https://niniban.com{one}", HOSTS) != canonical(f"https://niniban.com{other}", HOSTS)


SEGMENTS = st.lists(st.binary(max_size=6).filter(lambda segment: segment not in (b".", b"..")), max_size=4)
NAMES = st.binary(min_size=1, max_size=6).map(lambda name: b"p" + name)  # no name of a mark begins so
PARAMETERS = st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=6)), max_size=3)
ORIGINS = ("https://niniban.com", "http://niniban.com", "HTTPS://www.niniban.com:443", "http://WWW.NiNiBaN.com.:80")
MARKS = ("utm_source=x", "_ga=1", "FBCLID=1", "phpsessid=9", "")


def spelled(path: list[bytes], query: list[tuple[bytes, bytes | None]], escape: Callable[[bytes], str]) -> str:
    """A path and its parameters as text; `escape` writes one part and must escape what ends it."""
    parameters = [escape(name) if value is None else f"{escape(name)}={escape(value)}" for name, value in query]
    return "/" + "/".join(map(escape, path)) + ("?" + "&".join(parameters) if parameters else "")


def plainly(part: bytes) -> str:
    return quote_from_bytes(part, safe="~")


@given(SEGMENTS, PARAMETERS, st.data())
def test_every_spelling_of_a_page_is_one(
    path: list[bytes], query: list[tuple[bytes, bytes | None]], data: st.DataObject
) -> None:
    def any_way(part: bytes) -> str:
        """Escapes in either case, also of what needs none."""
        ways = [(plainly(bytes([b])), f"%{b:02x}", f"%{b:02X}") for b in part]
        return "".join(data.draw(st.sampled_from(way)) for way in ways)

    wanted = "https://niniban.com" + spelled(path, query, plainly)
    address = spelled(path, query, any_way)
    for mark in data.draw(st.lists(st.sampled_from(MARKS), max_size=2)):
        address += ("&" if "?" in address else "?") + mark
    fragment = data.draw(st.sampled_from(["", "#", "#!/other", "#ب"]))
    assert canonical(data.draw(st.sampled_from(ORIGINS)) + address + fragment, HOSTS) == wanted


@given(SEGMENTS, PARAMETERS)
def test_a_page_can_be_read_off_its_address(path: list[bytes], query: list[tuple[bytes, bytes | None]]) -> None:
    """So no two pages have one."""
    parts = urlsplit(canonical("https://niniban.com" + spelled(path, query, plainly), HOSTS) or "")
    assert [unquote_to_bytes(segment) for segment in parts.path[1:].split("/")] == (path or [b""])
    found = [parameter.partition("=") for parameter in parts.query.split("&") if parameter]
    read = [(unquote_to_bytes(name), unquote_to_bytes(value) if equals else None) for name, equals, value in found]
    assert read == query


@given(PATHS)
@example("%25%34%31")
@example("/a/%2E%2E/b")
@example("//")
@example("?%75tm_source=1")
@example("a;%6Asessionid=1")
@example("a/..;jsessionid=1/b")
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
        assert Request(url).url == url, "what is asked for is what was meant"


@given(st.text(max_size=200) | st.text("htps:/niba.com[]@%#?١", max_size=60).map("https://".__add__))
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert isinstance(canonical(text, HOSTS), str | None)


@pytest.mark.parametrize(
    "evil", ["%", "%4", "%41", "/..", "/./", "&", "?utm_a-", ";jsessionid=", "é", "[", "@", ":", "\U0010ffff"]
)
def test_a_hostile_address_costs_no_more_than_its_length(evil: str) -> None:
    started = time.process_time()
    for many in (4_000, 1_000_000):
        canonical(f"https://niniban.com/{evil * many}"[:many], HOSTS)
        canonical(f"https://{evil * many}"[:many], HOSTS)
    assert time.process_time() - started < 5


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
