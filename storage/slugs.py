"""What of a record's address leaves in an export: no title, for a forum's are made of the askers' own words."""

import hashlib
import re
from urllib.parse import unquote, urlsplit

SECTIONS = frozenset("q fa news faq blog blogs health question questions article articles".split())  # noqa: SIM905
"""Parts of paths that name a site's section; what others say is not known."""

_ONE_WORD = re.compile("[A-Za-z0-9]{1,20}")
_NUMBER = re.compile("[0-9]{1,20}")


def public_record(record: str) -> str:
    """A record's name: its number, or the one Latin word that it is; a slug's place takes a hash of it."""
    if _ONE_WORD.fullmatch(record):
        return record
    return f"slug-{hashlib.sha256(record.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def public_url(url: str, record: str) -> str:
    """The host, the sections that are known as such, and the record's name where it is no slug.

    It need not lead anywhere: the database keeps the whole address, under the document's id. Empty for what is none.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    kept: list[str] = []
    for segment in map(unquote, parts.path.split("/")):
        if _names(segment, record):
            return "/".join([f"{parts.scheme}://{host}", *kept, record])
        if segment in SECTIONS:
            kept.append(segment)
    return "/".join([f"{parts.scheme}://{host}", *kept, ""])


def _names(segment: str, record: str) -> bool:
    """Whether a part of a path is the record's: its name, or its number with a title around."""
    if _NUMBER.fullmatch(record):
        return re.search(rf"(?<![0-9]){record}(?![0-9])", segment, re.ASCII) is not None
    return segment == record and _ONE_WORD.fullmatch(record) is not None
