"""One spelling for each address of a site, so that one page has one place in the queue and in the archive."""

import re
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

MAX_LENGTH = 2000
"""Longer addresses are refused: PostgreSQL indexes at most 2,704 bytes of a value."""

# Parameters that say where a visitor came from, never what a page holds.
TRACKING = re.compile(r"(utm_[a-z_]+|gclid|fbclid|yclid|msclkid|_ga)(=|$)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPES = r"(?:%[0-9A-Fa-f]{2})+"
_PATH_ODD = re.compile(_ESCAPES + r"|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_QUERY_ODD = re.compile(_ESCAPES + r"|[^A-Za-z0-9._~!$&'()*+,;=:@/?-]")
_NEEDLESS = re.compile(r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)")  # RFC 3986, 2.3: unreserved characters


@lru_cache(maxsize=8192)  # a record's hundred links are mostly those of the page before
def canonical(url: str, hosts: tuple[str, ...], base: str = "") -> str | None:
    """The one spelling of `url`, or None where it is no http(s) address of one of `hosts`.

    https and the first host stand for all; user names and foreign ports are refused, fragments and tracking
    parameters dropped, percent-encoding (RFC 3986, 6.2.2) and dot segments made regular. Applying it twice changes
    nothing. A relative `url` is read against `base`.
    """
    try:
        parts = urlsplit(urljoin(base, re.sub(r"[\x00-\x20]+", "", url)))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or host not in hosts or "@" in parts.netloc:
        return None
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        return None
    path = _without_dots(_escaped(parts.path or "/", _PATH_ODD))
    query = "&".join(_escaped(p, _QUERY_ODD) for p in parts.query.split("&") if p and not TRACKING.match(p))
    made = urlunsplit(("https", hosts[0], path, query, ""))
    return made if len(made) <= MAX_LENGTH else None


def decoded_path(url: str) -> str:
    """The path as a person reads it: `/بخش-سلامت-20/`."""
    return unquote(urlsplit(url).path)


def shown(text: str) -> str:
    """`text` for a log: of the percent-encoded parts of addresses, which are titles, only a number is kept."""
    return re.sub(r"(?<=[/=])(\d*)[^\s/=&]*%[0-9A-Fa-f]{2}[^\s/&<>\"']*", r"\1…", text)


def _escaped(text: str, odd: re.Pattern[str]) -> str:
    return odd.sub(_regular, text)


def _regular(match: re.Match[str]) -> str:
    """A run of escapes in upper case, without needless ones; any other character as its escape."""
    found = match[0]
    if len(found) > 1:
        return _NEEDLESS.sub(lambda escape: chr(int(escape[0][1:], 16)), found.upper())
    return "".join(f"%{byte:02X}" for byte in found.encode("utf-8", "ignore"))


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, for an absolute path."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
