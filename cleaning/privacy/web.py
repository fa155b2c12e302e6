"""Addresses on the web: URLs, e-mails, and handles on the platforms that Iranians use."""

import re
from collections.abc import Iterator

from fa_redact import is_valid_email

from cleaning.alphabet import ZWNJ
from cleaning.privacy.hints import APART_HOST, AT, DOCTORS_HANDLE, HOST, NAMED_HANDLE, SCHEME
from cleaning.privacy.shadow import HOLE
from cleaning.record import Span

_END = rf"\s<>«»\"'\[\]،؛{HOLE}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})"
_ENDINGS = "com|ir|org|net|edu|gov|info|clinic|health|online|site|shop|xyz|app|academy|blog|link"
_SHORT_ENDINGS = "me|io|co|de|uk|us|tv|fr|ca|gl|ly|in|dev|ac"  # words and abbreviations too: only with a path
_PATH = rf"(?:[:/?#][^{_END}]{{0,2000}})?"

_ANY_HOST = rf"(?:(?:[A-Za-z0-9.:@%_\-]|\[\.\]){{2,255}}{_PATH}|[^{_END}]{{2,2000}})"
_SCHEME = re.compile(rf"(?i:h(?:tt|xx)ps?|ftp) ?: ?//+ ?{_ANY_HOST}|(?<![A-Za-z0-9])(?i:www) ?\. ?{_ANY_HOST}")
_DOMAIN = re.compile(
    rf"(?:(?<![A-Za-z0-9.@/_:\-])//|(?<![A-Za-z0-9.@/_\-]))(?:{_LABEL}\.){{1,5}}(?:(?i:{_ENDINGS})(?![A-Za-z0-9_\-@]|\.[A-Za-z0-9]){_PATH}"
    rf"|(?i:{_SHORT_ENDINGS})/[^{_END}]{{1,2000}})"
)
_PLATFORM = re.compile(
    r"(?i:(?<![A-Za-z0-9.\-])(?:https?://)?(?:www\.)?(?:t\.me|telegram\.(?:me|org)|instagram\.com|instagr\.am|wa\.me|api\.whatsapp\.com|"
    r"chat\.whatsapp\.com|eitaa\.(?:com|ir)|ble\.(?:ir|im)|rubika\.ir|splus\.ir|sapp\.ir|igap\.net|gap\.im|facebook\.com|fb\.me|"
    rf"twitter\.com|x\.com|youtube\.com|aparat\.com|linkedin\.com|linktr\.ee|zil\.ink))/+[^{_END}]{{1,2000}}"
)
_APART_PLATFORM = re.compile(
    rf"(?<![A-Za-z0-9.\-])(?i:t ?\. ?me|instagram ?\. ?com|wa ?\. ?me) ?/ ?[A-Za-z0-9_+.][^{_END}]{{1,2000}}"
)
_TRAIL = ".,:;!?؟)*_~"

_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._+\-]{0,63})"
_HOSTS = (
    "gmail|gmial|gamil|yahoo|ymail|hotmail|outlook|live|icloud|proton(?:mail)?|chmail|mihanmail|mailfa|aol|msn|e?mail"
)
_AT = r"(?: ?@ ?| ?[\[({«<] ?(?i:at|@|ات|ات ساین) ?[\])}»>] ?| (?i:at) | (?:ات|ات ساین|ادساین|اد ساین) )"
_DOT = r"(?: ?\. ?| ?[\[({«<] ?(?i:dot|\.|دات|نقطه) ?[\])}»>] ?| (?i:dot) | (?:دات|نقطه) )"
_EMAIL = re.compile(rf"(?<![A-Za-z0-9._+\-@]){_LOCAL}@(?:{_LABEL}\.){{1,4}}[A-Za-z]{{2,24}}(?![A-Za-z0-9\-_])")
_SPELT_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._+\-@]){_LOCAL}{_AT}(?:{_LABEL}{_DOT}){{1,3}}(?i:com|ir|org|net|edu|gov|info|co|me|ac|uk|de)(?![A-Za-z0-9\-_@])"
)
_HOST_ONLY = re.compile(rf"(?<![A-Za-z0-9._+\-@]){_LOCAL}{_AT}(?i:{_HOSTS})(?![A-Za-z0-9\-_@])")

_NAMED_HOST = re.compile(
    rf"(?<![A-Za-z0-9._+\-@]){_LOCAL}{_AT}(?:جی ?میل|یاهو|هات ?میل|اوت ?لوک|آی ?کلود)(?:{_DOT}(?:کام|(?i:com)))?"
)

_HANDLE = re.compile(
    r"(?<![A-Za-z0-9_.@])@([A-Za-z][A-Za-z0-9_.]{2,31}|[A-Za-z0-9_.]{2,20}_[A-Za-z0-9_.]{2,20})(?![A-Za-z0-9_@])"
)
_HANDLE_BACKWARDS = re.compile(r"(?<![A-Za-z0-9_.@])([A-Za-z][A-Za-z0-9]{0,30}_[A-Za-z0-9_.]{2,31})@(?![A-Za-z0-9@])")
_DOCTORS_HANDLE = re.compile(r"(?<![A-Za-z0-9_.@/])(?:dr|doctor)[._][a-z][A-Za-z0-9_.]{2,30}(?![A-Za-z0-9_@])")
_NOT_HANDLES = frozenset(
    [
        "night",
        "bedtime",
        "noon",
        "home",
        "morning",
        "least",
        "rest",
        "once",
        "time",
        "day",
        "all",
        "room",
        "hour",
        "week",
    ]
)
_IDENTIFIER = r"([A-Za-z][A-Za-z0-9_.]{2,40}@?)(?![A-Za-z0-9_@])"
_FILL = (
    rf"(?:[ :=«\"({ZWNJ}]|من|ما|پیج|کانال|صفحه|آیدی|ایدی|آدرس|ادرس|شماره|ام|م|ی|با|به|این|دکتر|است|هست|id|ID){{0,10}}"
)
_PLATFORMS = rf"تلگرام|اینستاگرام|اینستا|واتس[{ZWNJ} ]?[اآ]پ|ایتا|روبیکا|سروش|پیج|کانال|در بله|پیام{ZWNJ}?رسان بله|ایمو"
_NAMED_HANDLE = re.compile(
    rf"(?:(?:آیدی|ایدی|آی دی|ای دی|یوزرنیم|نام کاربری|شناسه کاربری){_FILL}{_IDENTIFIER}"
    rf"|(?i:\b(?:telegram|instagram|insta|whatsapp|eitaa)(?: ?id)?|\bmy id|\busername) ?[:=] ?{_IDENTIFIER}"
    rf"|(?:{_PLATFORMS}){_FILL}{_IDENTIFIER}|(?<![A-Za-z])(?i:id) ?[:=] ?{_IDENTIFIER})"
)
_WRITTEN = (
    (HOST, "handle", _PLATFORM),
    (APART_HOST, "handle", _APART_PLATFORM),
    (SCHEME, "url", _SCHEME),
    (HOST, "url", _DOMAIN),
)


def web(cast: str, hints: int) -> list[Span]:
    """URLs, e-mails and handles in a shadow, in order and without overlaps."""
    found: list[Span] = []
    taken = 0
    for _, span in sorted(((span.start, -span.end), span) for span in _all(cast, hints)):
        if span.start >= taken:
            found.append(span)
            taken = span.end
    return found


def _all(cast: str, hints: int) -> Iterator[Span]:
    for hint, kind, pattern in _WRITTEN:
        if hints & hint:
            yield from (_trimmed(kind, cast, *match.span()) for match in pattern.finditer(cast))
    if hints & AT:
        yield from (Span("email", *found) for found in _emails(cast))
    yield from (Span("handle", *found) for found in _handles(cast, hints))


def _trimmed(kind: str, cast: str, start: int, end: int) -> Span:
    """Without the punctuation of the sentence around it; a bracket that opens inside closes inside."""
    while (
        end > start
        and cast[end - 1] in _TRAIL
        and not (cast[end - 1] == ")" and cast.count("(", start, end) == cast.count(")", start, end))
    ):
        end -= 1
    return Span(kind, start, end)


def _emails(cast: str) -> Iterator[tuple[int, int]]:
    if "@" in cast:
        yield from (match.span() for match in _EMAIL.finditer(cast) if is_valid_email(match[0].strip(".")))
    for pattern in (_SPELT_EMAIL, _HOST_ONLY, _NAMED_HOST):
        yield from (match.span() for match in pattern.finditer(cast))


def _handles(cast: str, hints: int) -> Iterator[tuple[int, int]]:
    if hints & DOCTORS_HANDLE:
        yield from (match.span() for match in _DOCTORS_HANDLE.finditer(cast))
    if hints & AT:
        yield from (match.span() for match in _HANDLE_BACKWARDS.finditer(cast))
        for match in _HANDLE.finditer(cast):
            if match[1].lower() not in _NOT_HANDLES:
                yield match.start(), match.start(1) + len(match[1].rstrip("."))
    if hints & NAMED_HANDLE:
        for match in _NAMED_HANDLE.finditer(cast):
            group = next(number for number in range(1, 5) if match[number])
            if group < 3 or _is_made_up(match[group]):
                yield match.start(group), match.start(group) + len(match[group].rstrip("."))


def _is_made_up(token: str) -> bool:
    """Beside a platform's name alone only what is no word is a handle; the names of apps and words lack such signs."""
    return bool(re.search(r"[_.\d@]", token.rstrip("."))) or (token.islower() and len(token) > 7)
