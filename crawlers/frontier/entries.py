"""Queue entries: an address as compact JSON, and back as a request of its site. Never pickle."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from scrapy.http import Request

if TYPE_CHECKING:
    from crawlers.site import Site

_LETTERS = re.compile(r"(?:%[89A-F][0-9A-F])+")
RECORD, LISTING, AGAIN = "1", "0", "2"
"""What a link is to the scripts: a record is seen for good, a listing for a round; AGAIN is fetched though seen."""
ASKED = "asked"
"""In the meta of a request: the address that was taken, as the frontier and the ledger know it."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address on its way into the queue: what it is, its fingerprint, its entry."""

    kind: str
    fingerprint: bytes
    entry: str


def link(site: Site, url: str, **more: Any) -> Link:
    """The link for a canonical address of `site`; `more` goes into its entry."""
    kind = RECORD if site.record_of(url) else LISTING
    return Link(kind, site.fingerprint(url), encode(site, url, **more))


def encode(site: Site, url: str, **more: Any) -> str:
    """The entry: an address alone or an object, as short as it goes, since a million of them wait in memory.

    The site's own origin is left out, and letters are as they are.
    """
    short = _LETTERS.sub(_decoded, url.removeprefix(f"https://{site.hosts[0]}"))
    said = {name: value for name, value in more.items() if value}
    return json.dumps({"url": short} | said if said else short, ensure_ascii=False, separators=(",", ":"))


def decode(site: Site, entry: bytes) -> Request:
    """The request that an entry stands for. Raises ValueError for what is no entry.

    An address of another site is left as it is: the downloader refuses it, and the ledger says so.
    """
    fields = json.loads(entry)
    if isinstance(fields, str):
        fields = {"url": fields}
    if not isinstance(fields, dict) or not isinstance(fields.get("url"), str):
        raise ValueError("no entry")
    short = fields["url"]
    full = f"https://{site.hosts[0]}{short}" if short.startswith("/") else short
    url = site.canonical(full) or full
    headers = {"If-None-Match": fields.get("etag"), "If-Modified-Since": fields.get("modified")}
    meta = {"retry_times": fields["tries"]} if isinstance(fields.get("tries"), int) else {}
    return Request(
        url,
        errback=site.failed,
        headers={name: value for name, value in headers.items() if isinstance(value, str)},
        meta={ASKED: url} | meta,  # a request has a spelling of its own, and may be led elsewhere
    )


def _decoded(escapes: re.Match[str]) -> str:
    try:
        return unquote(escapes[0], errors="strict")
    except UnicodeDecodeError:
        return escapes[0]
