"""Which stored address a person means by one: with another scheme, another `www`, marks of a campaign, another title.

The crawl has one spelling for each address, and a record's name from its site's rules; both are the crawlers' own. Here
an address is compared by what all its spellings share.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from storage.errors import UsageError

MAX_LENGTH = 4000  # twice what the crawl takes
LONG = 4
_NO_PART_OF_A_PAGE = re.compile(
    r"utm_[a-z0-9_-]+|_g(?:a|ac|l)|gclid|gclsrc|dclid|gbraid|wbraid|gad_\w+|srsltid|fbclid|yclid|ysclid|_openstat|"
    r"msclkid|twclid|igshid|igsh|mc_[ce]id|mkt_tok|vero_id|phpsessid|jsessionid|aspsessionid[a-z]*",
    re.IGNORECASE,
)

Key = tuple[str, str, tuple[str, ...]]
"""Host without `www.`, path and parameters as a person reads them."""


def key(url: str) -> Key | None:
    """What all spellings of an address share; None for what is no http(s) address."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removesuffix(".").removeprefix("www.")
        if parts.scheme not in ("http", "https") or not host:
            return None
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # UnicodeError too
        return None
    path = re.sub(r";jsessionid=[^/;]*", "", unquote(parts.path or "/"), flags=re.IGNORECASE)
    named = (p for p in parts.query.split("&") if p and not _NO_PART_OF_A_PAGE.fullmatch(p.partition("=")[0]))
    return host, path, tuple(map(unquote, named))


def given(address: str) -> str:
    """The address with a scheme. Raises UsageError for what is none."""
    url = address if re.match("https?://", address, re.IGNORECASE) else f"https://{address}"
    if len(url) > MAX_LENGTH or key(url) is None or "." not in (urlsplit(url).hostname or ""):
        raise UsageError("that is no http(s) address, nor the 8 or more digits that a document's id begins with")
    return url


def beginnings(pattern: str) -> list[str]:
    """What the stored addresses that a pattern with a closing * means begin with, with and without `www.`.

    Raises UsageError for a pattern with another *.
    """
    url = given(pattern[:-1])
    host, slash, rest = url.partition("://")[2].partition("/")
    if "*" in url or not slash:
        raise UsageError("a pattern has one * and that at its end, in its path: https://niniban.com/fa/news/12*")
    escaped = re.sub("[^!-~]", lambda odd: "".join(f"%{byte:02X}" for byte in odd[0].encode()), rest)
    path = re.sub("%[0-9a-f]{2}", lambda found: found[0].upper(), escaped, flags=re.IGNORECASE)
    return [f"https://{www}{host.lower().removeprefix('www.')}/{path}" for www in ("", "www.")]


def numbers(url: str) -> list[str]:
    """The numbers in the path, of which one may be the record's."""
    found = key(url)
    return list(dict.fromkeys(re.findall("[0-9]+", found[1]))) if found else []


def means(url: str, record: str, stored: str) -> bool:
    """Whether an address with a number means the record that is stored under another.

    It does where both are the same up to the record's number, and where that is the only number and a long one: titles
    have short ones.
    """
    begin, found = same_record(stored, record), key(url)
    known = key(begin) if begin else None
    if not (known and found):
        return False
    rest = found[1].removeprefix(known[1])
    same = found[0] == known[0] and len(rest) < len(found[1]) and not rest[:1].isalnum()
    return same or (numbers(url) == [record] and len(record) >= LONG)


def of_host(url: str) -> list[str]:
    """What the addresses of the same host begin with."""
    found = key(url)
    return [f"{scheme}://{www}{found[0]}/" for scheme in ("https", "http") for www in ("", "www.")] if found else []


def same_record(url: str, record: str) -> str | None:
    """What an address begins with, whatever title stands after the record's number; None for one without a number."""
    at = re.search(rf"(?<![0-9]){record}(?![0-9])", url) if re.fullmatch("[0-9]+", record) else None
    return url[: at.end()] if at else None
