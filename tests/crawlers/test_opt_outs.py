"""A page that asks to be left out is, whoever asks it and however; none is for what others were asked."""

import datetime as dt
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawlers.opt_outs import TAKEDOWN, OptOut, Takedowns, opt_out
from crawlers.spiders import sites
from storage.errors import UsageError

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
NINIBAN = sites()["niniban"]
RECORD = "https://niniban.com/%D8%A8%D8%AE%D8%B4-%D8%B3%D9%84%D8%A7%D9%85%D8%AA-20/243871-x"


def by_headers(*values: str) -> OptOut:
    return opt_out(values, None, NOW)


def by_page(*metas: str) -> OptOut:
    head = "".join(f"<meta {meta}>" for meta in metas)
    return opt_out((), html.document_fromstring(f"<html><head>{head}</head><body><p>x</p></body></html>"), NOW)


@pytest.mark.parametrize(
    ("values", "rule", "follow"),
    [
        ((), None, True),
        (("noindex",), "noindex", True),
        (("NoIndex",), "noindex", True),
        (("noindex, nofollow",), "noindex", False),
        (("none",), "none", False),
        (("nofollow",), None, False),
        (("noarchive",), "noarchive", True),
        (("noai, noimageai",), "noai", True),
        (("index, follow",), None, True),
        (("all",), None, True),
        (("nosnippet, noimageindex, notranslate",), None, True),
        (("max-snippet:20, noindex",), "noindex", True),
        (("max-image-preview: large, noindex",), "noindex", True),
        (("max-video-preview:-1,noindex",), "noindex", True),
        (("tabib: noindex",), "noindex", True),
        (("Tabib:noindex",), "noindex", True),
        (("*: noindex",), "noindex", True),
        (("googlebot: noindex",), None, True),
        (("googlebot: noindex, nofollow",), None, True),
        (("googlebot: noindex, tabib: nofollow, noarchive",), "noarchive", False),
        (("nofollow, googlebot: noindex",), None, False),
        (("googlebot: noindex", "noarchive"), "noarchive", True),
        (("googlebot: nofollow", "otherbot: noindex, nofollow"), None, True),
        (("tabibi: noindex",), None, True),
        (("noindexing",), None, True),
        (("",), None, True),
        ((",,: ,",), None, True),
        ((" noindex\r\n",), "noindex", True),
    ],
)
def test_headers(values: tuple[str, ...], rule: str | None, follow: bool) -> None:
    assert by_headers(*values) == OptOut(f"X-Robots-Tag: {rule}" if rule else None, follow)


@pytest.mark.parametrize(
    ("metas", "rule", "follow"),
    [
        (('name="robots" content="noindex"',), "noindex", True),
        (('name="ROBOTS" content="NOINDEX, NOFOLLOW"',), "noindex", False),
        (('name=" robots " content="noindex nofollow"',), "noindex", False),
        (('name="tabib" content="none"',), "none", False),
        (('name="robots" content="noarchive"',), "noarchive", True),
        (('name="googlebot" content="noindex"',), None, True),
        (('name="description" content="noindex"',), None, True),
        (('property="robots" content="noindex"',), None, True),
        (('name="robots"',), None, True),
        (('name="robots" content="index"', 'name="robots" content="noindex"'), "noindex", True),
        (('name="robots" content="index, follow, max-image-preview:large, max-snippet:-1"',), None, True),
    ],
)
def test_meta_elements(metas: tuple[str, ...], rule: str | None, follow: bool) -> None:
    assert by_page(*metas) == OptOut(f"meta robots: {rule}" if rule else None, follow)


@pytest.mark.parametrize(
    ("date", "is_past"),
    [
        ("Wed, 25 Nov 2026 15:00:00 GMT", True),
        ("Fri, 27 Nov 2026 15:00:00 GMT", False),
        ("Wednesday, 25-Nov-26 15:00:00 UTC", True),
        ("25 Nov 2026 15:00:00 PST", True),
        ("25-Nov-2026 15:00:00 EST", True),
        ("2026-11-25", True),
        ("2026-11-26T13:00:00+03:30", True),
        ("2026-11-26T12:00:01Z", False),
        ("2026-11-27", False),
        ("soon", False),
        ("", False),
    ],
)
def test_a_page_is_left_out_when_its_time_is_over(date: str, is_past: bool) -> None:
    rule = "unavailable_after" if is_past else None
    assert by_headers(f"unavailable_after: {date}").rule == (f"X-Robots-Tag: {rule}" if rule else None)
    assert by_headers(f"otherbot: unavailable_after: {date}").rule is None
    assert by_headers(f"nofollow, unavailable_after: {date}, noarchive") == OptOut("X-Robots-Tag: noarchive", False)
    assert by_page(f'name="robots" content="unavailable_after: {date}"').rule == (
        f"meta robots: {rule}" if rule else None
    )


def test_header_and_page_count_together() -> None:
    root = html.document_fromstring('<meta name="robots" content="noindex"><p>x</p>')
    assert opt_out(["nofollow"], root, NOW) == OptOut("meta robots: noindex", follow=False)


@given(st.lists(st.text(max_size=300), max_size=5))
def test_no_header_breaks_it(values: list[str]) -> None:
    found = opt_out(values, None, NOW)
    assert found.rule is None or found.rule.startswith("X-Robots-Tag: ")


@pytest.mark.parametrize("value", ["a:" * 500_000, "," * 1_000_000, "unavailable_after:" * 100_000, " " * 1_000_000])
def test_endless_values_are_read_in_bounded_time(value: str) -> None:
    started = time.process_time()
    by_headers(*[value] * 1000)
    assert by_page(*[f'name="robots" content="{value}"']).rule is None
    assert time.process_time() - started < 20


def takedowns(*patterns: str) -> Takedowns:
    return Takedowns(patterns, NINIBAN.fingerprint)


def test_an_address_is_taken_down_and_no_other() -> None:
    listed = takedowns("https://niniban.com/a", "https://niniban.com/b/*", "https://niniban.com/b/c/*", RECORD)
    assert listed.rule("https://niniban.com/a") == TAKEDOWN
    assert listed.rule("https://niniban.com/a/") is None
    assert listed.rule("https://niniban.com/b/") == TAKEDOWN
    assert listed.rule("https://niniban.com/b/c/d?e=f") == TAKEDOWN
    assert listed.rule("https://niniban.com/bb") is None
    assert listed.rule("https://niniban.com/") is None
    assert takedowns().rule("https://niniban.com/a") is None


def test_a_record_is_taken_down_by_whatever_address() -> None:
    listed = takedowns(RECORD)
    assert listed.rule("https://niniban.com/fa/news/243871/other") == TAKEDOWN
    assert listed.rule("https://niniban.com/fa/news/243872/other") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "https://*",
        "https://niniban.com*",
        "https://niniban.com",
        "http://niniban.com/a",
        "niniban.com/a",
        "https://niniban.com/*/a",
        "https://niniban.com/a b",
        "https://niniban.com/" + "a" * 2000,
    ],
)
def test_a_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="as in https://"):
        takedowns(pattern)


PATHS = st.text("ab/%", max_size=6).map(lambda path: f"https://niniban.com/{path}")


@given(st.lists(PATHS.flatmap(lambda p: st.sampled_from([p, p + "*"])), max_size=12), st.lists(PATHS, max_size=12))
def test_it_finds_what_each_pattern_alone_would(patterns: list[str], urls: list[str]) -> None:
    listed = takedowns(*patterns)
    for url in urls:
        alone = any(url.startswith(p[:-1]) if p.endswith("*") else url == p for p in patterns)
        assert (listed.rule(url) == TAKEDOWN) == alone


class Counted(str):
    """An address that counts what it is compared with."""

    compared = 0

    def __lt__(self, other: str) -> bool:
        Counted.compared += 1
        return super().__lt__(other)


def test_ten_thousand_patterns_cost_a_page_little() -> None:
    ends = itertools.cycle(["", "*"])
    listed = takedowns(*(f"https://niniban.com/{n * 7919 % 10_007}/x{next(ends)}" for n in range(10_000)))
    urls = [Counted(f"https://niniban.com/{n}/y") for n in range(2_000)]
    assert not any(map(listed.rule, urls))
    assert 0 < Counted.compared <= 13 * len(urls), "5,000 beginnings are halved 13 times"
