"""What a page, its server or its owner asks us to leave out. Pure: no network, no clock of its own.

By `X-Robots-Tag` and `<meta name="robots">` (developers.google.com/search/docs/crawling-indexing/robots-meta-tag), and
by a list of addresses whose owners have written to us.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from crawlers.frontier.pace import http_date
from crawlers.urls import MAX_LENGTH
from storage.errors import UsageError

if TYPE_CHECKING:
    from lxml.etree import _Element

PRODUCT = "tabib"
"""The name that a rule is addressed to us by, and that our user agent begins with."""
EXCLUDING = ("noindex", "none", "noarchive", "noai")
"""`noarchive` says that no copy may be kept, and all that we do with a page begins with keeping it; `noai` that it may
not train a model, which is what the pages are for."""
NOT_FOLLOWED = frozenset({"nofollow", "none"})
EXPIRY = "unavailable_after"
TAKEDOWN = "takedown"
MAX_TEXT, MAX_TEXTS = 2000, 100
"""Characters of a header or of a meta element that are read, and of how many: real ones have a dozen words."""

_DIRECTIVES = re.compile(r",(?!\s*[0-9])")  # a comma before a number is part of a date
_ADDRESSED = re.compile(r"([a-z0-9_*-]+)\s*:\s*([a-z].*)", re.DOTALL)
_VALUED = frozenset({EXPIRY, "max-image-preview"})


@dataclass(frozen=True)
class OptOut:
    """`rule` excludes the page, None where it may be kept; `follow` is whether its links may be followed."""

    rule: str | None = None
    follow: bool = True


def opt_out(headers: Iterable[str], root: _Element | None, now: dt.datetime) -> OptOut:
    """What the values of a page's X-Robots-Tag headers and its own meta elements ask for, at the moment `now`.

    A header that is given several times should come as several values: joined by commas, one without a name reads as
    if it were addressed to the crawler named before it.
    """
    by_header = {found for value in list(headers)[:MAX_TEXTS] for found in _directives(value, now)}
    by_page = (
        {found for content in _contents(root) for found in _directives(content, now)} if root is not None else set()
    )
    told = (("X-Robots-Tag", by_header), ("meta robots", by_page))
    rules = (f"{where}: {rule}" for where, found in told for rule in (*EXCLUDING, EXPIRY) if rule in found)
    return OptOut(next(rules, None), follow=not NOT_FOLLOWED & (by_header | by_page))


class Takedowns:
    """The addresses that a site's owner, or somebody whom a record is about, wants left out.

    A pattern is a canonical address of the site, or the beginning of one followed by `*`. A record's address stands
    for the record: another form of it, with another title in it, is left out too.
    """

    def __init__(self, patterns: Iterable[str], fingerprint: Callable[[str], bytes]) -> None:
        """`fingerprint` is the site's. Raises UsageError for a pattern that could match nothing, or everything."""
        exact, beginnings = set(), []
        for pattern in patterns:
            _check(pattern)
            if pattern.endswith("*"):
                beginnings.append(pattern[:-1])
            else:
                exact.add(fingerprint(pattern))
        self.fingerprint, self.exact = fingerprint, exact
        self.beginnings = _outermost(sorted(beginnings))

    def rule(self, url: str) -> str | None:
        """TAKEDOWN where `url`, canonical, is on the list."""
        if self.exact and self.fingerprint(url) in self.exact:
            return TAKEDOWN
        # None of them begins with another, so `url` can begin only with the last that does not come after it.
        at = bisect_right(self.beginnings, url) - 1
        return TAKEDOWN if at >= 0 and url.startswith(self.beginnings[at]) else None


def _outermost(beginnings: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for beginning in beginnings:
        if not kept or not beginning.startswith(kept[-1]):
            kept.append(beginning)
    return kept


def _check(pattern: str) -> None:
    if len(pattern) > MAX_LENGTH or not re.fullmatch(r"https://[^/*\s]+/[^*\s]*\*?", pattern):
        raise UsageError(
            f"takedown {pattern[:100]!r} is no https address of a site, with at most one * and that at its end, "
            "as in https://niniban.com/fa/news/*"
        )


def _contents(root: _Element) -> Iterator[str]:
    """What the page's meta elements tell all crawlers, and us."""
    named = (meta for meta in root.iter("meta") if (meta.get("name") or "").strip().lower() in ("robots", PRODUCT))
    return (meta.get("content") or "" for meta in islice(named, MAX_TEXTS))


def _directives(text: str, now: dt.datetime) -> Iterator[str]:
    """The words of one value that are meant for all or for us; EXPIRY only if its date is past. A name holds until the
    next."""
    name = PRODUCT
    for part in _DIRECTIVES.split(text[:MAX_TEXT].lower()):
        directive = part.strip()
        addressed = _ADDRESSED.fullmatch(directive)
        if addressed and addressed[1] not in _VALUED:
            name, directive = addressed[1], addressed[2]
        if name not in (PRODUCT, "*"):
            continue
        if directive.startswith(EXPIRY):
            yield from [EXPIRY] if _past(directive.partition(":")[2], now) else []
        else:
            yield from directive.split()


def _past(text: str, now: dt.datetime) -> bool:
    """Whether a date, as of a mail or by ISO 8601, is past; one that cannot be read is not."""
    date = http_date(text.strip())
    if date is None:
        try:
            date = dt.datetime.fromisoformat(text.strip().upper())
        except ValueError:
            return False
    return (date if date.tzinfo else date.replace(tzinfo=dt.UTC)) <= now
