"""One spelling for each address of a site, so that one page has one place in the queue and in the archive.

The rules, each with why it cannot make one of two pages; what is not named here stays as it is, order and case too:

- http, www, a capital, the dot at a host's end, the scheme's own port, an internationalised name: the site answers for
  all, and `Site.hosts` says which names are the site's.
- A fragment, `#!` too: a browser keeps it and the server never sees it.
- An escape of a letter, digit or `-._~` is that character, an escape's case has no meaning (RFC 3986, 6.2.2), and a
  character that no address may hold is its UTF-8 escape, as a browser sends it. An escaped delimiter is data and stays
  apart from a bare one (`%2F` is not `/`), and letters are not composed: a server compares bytes, and may tell `آ` in
  one character from `آ` in two.
- Dot segments are taken out (RFC 3986, 5.2.4), as every browser does before it asks. An empty segment stays.
- `?` before nothing and `&` beside nothing hold no parameter (WHATWG URL, 5.1). Parameters keep their order: a name may
  come twice, and a server may read them in their order.
- A parameter that says where a visitor came from, or which visit this is, says nothing of the page. Only names that
  have no other use are among them: `ref`, `source` or `sid` choose a page on some sites, and stay.
"""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit, urlunsplit

import idna

MAX_LENGTH = 2000
"""Longer addresses are refused: PostgreSQL indexes at most 2,704 bytes of a value."""
_LONGEST_READ = 2 * MAX_LENGTH  # what shrinks from more is made to fill the cache
_LONGEST_HOST = 253  # RFC 1035, 2.3.4, as text

# Names of click and campaign marks: Firefox's two lists of them (services/settings/static-dumps/main/
# query-stripping.json), Google Analytics' campaign tags and linker, Mailchimp's and Instagram's. Names of sessions:
# PHP's default (session.name), Java's (Jakarta Servlet 6.0, 7.1.3) and ASP's.
_NO_PART_OF_A_PAGE = re.compile(
    r"utm_[a-z0-9_-]+|_ga|_gac|_gl|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|fbclid|yclid|"
    r"ysclid|_openstat|msclkid|twclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|vero_id|wickedid|oly_anon_id|oly_enc_id|__s|"
    r"_hsenc|_hsmi|__hssc|__hstc|__hsfp|hsctatracking|phpsessid|jsessionid|aspsessionid[a-z]*",
    re.IGNORECASE,
)
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)  # Jakarta Servlet 6.0, 7.1.3
DEFAULT_PORTS = {"http": 80, "https": 443}
_AROUND = "".join(map(chr, range(0x21)))  # WHATWG URL, 4.4: controls and spaces at the ends are none of the address
_ESCAPES = r"(?:%[0-9A-Fa-f]{2})+"
_PATH_ODD = re.compile(_ESCAPES + r"|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_QUERY_ODD = re.compile(_ESCAPES + r"|[^A-Za-z0-9._~!$&'()*+,;=:@/?-]")
_NEEDLESS = re.compile(r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)")  # RFC 3986, 2.3: unreserved characters


def canonical(url: str, hosts: tuple[str, ...]) -> str | None:
    """The one spelling of `url`, or None where it is no http(s) address of one of `hosts`, in ASCII as DNS has them.

    https and the first host stand for all; user names and foreign ports are refused. Applying it twice changes nothing.
    """
    return _canonical(url, hosts) if len(url) <= _LONGEST_READ else None


@lru_cache(maxsize=8192)  # a record's hundred links are mostly those of the page before
def _canonical(url: str, hosts: tuple[str, ...]) -> str | None:
    try:
        parts = urlsplit(url.strip(_AROUND))
        if not _is_of(parts.scheme, parts.netloc) or ascii_host(parts.hostname or "") not in hosts:
            return None
        if parts.port not in (None, DEFAULT_PORTS[parts.scheme]):
            return None
        path = _without_dots(_SESSION_IN_PATH.sub("", _escaped(parts.path or "/", _PATH_ODD)))
        parameters = [_escaped(parameter, _QUERY_ODD) for parameter in parts.query.split("&")]
    except ValueError:  # of urlsplit, of idna, of a lone surrogate
        return None
    query = "&".join(p for p in parameters if p and not _NO_PART_OF_A_PAGE.fullmatch(p.partition("=")[0]))
    made = urlunsplit(("https", hosts[0], path, query, ""))
    return made if len(made) <= MAX_LENGTH else None


def ascii_host(host: str) -> str:
    """A host's name as DNS has it, without the dot at its end. Raises ValueError (idna.IDNAError) for what is none."""
    host = host.removesuffix(".")
    if host.isascii() or len(host) > _LONGEST_HOST:
        return host
    return idna.encode(host, uts46=True).decode()


def decoded_path(url: str) -> str:
    """The path as a person reads it: `/بخش-سلامت-20/`."""
    return unquote(urlsplit(url).path)


def shown(text: str) -> str:
    """`text` for a log: of the percent-encoded parts of addresses, which are titles, only a number is kept."""
    return re.sub(r"(?<=[/=])(\d*)[^\s/=&]*%[0-9A-Fa-f]{2}[^\s/&<>\"']*", r"\1…", text)


def _is_of(scheme: str, netloc: str) -> bool:
    return scheme in DEFAULT_PORTS and "@" not in netloc


def _escaped(text: str, odd: re.Pattern[str]) -> str:
    return odd.sub(_regular, text)


def _regular(match: re.Match[str]) -> str:
    """A run of escapes in upper case, without needless ones; any other character as its escape."""
    found = match[0]
    if len(found) > 1:
        return _NEEDLESS.sub(lambda escape: chr(int(escape[0][1:], 16)), found.upper())
    return "".join(f"%{byte:02X}" for byte in found.encode())


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
