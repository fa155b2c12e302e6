"""The doctor's and the site's names and titles above, below and between the parts of an answer."""

import re
from collections.abc import Iterator
from itertools import pairwise, repeat
from typing import NamedTuple

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.record import Span, Taken
from cleaning.steps import extract

LONGEST = 120  # characters; the longest signature line seen in 28,135 answers has 71
_WORD = f"[{LETTERS}{ZWNJ}]+"
_FAREWELL = r"(?:با (?:احترام|تشکر|سپاس|آرزوی [^ .،,]{2,12})|ارادتمند|موفق باشید)"
_ANSWERS = rf"(?:پاسخ|جواب)(?:[ {ZWNJ}]?(?:دهنده|گو))?(?: از| توسط)?[ :]+|{_FAREWELL}[ .،,:-]*"
_DOCTOR = rf"(?:{_ANSWERS})?(?:خانم |آقای )?دکتر +{_WORD}(?:[ ،,()_/|–-]+{_WORD}){{0,16}}"
_TITLE = "متخصص|فوق تخصص|فلوشیپ|کارشناس|روانپزشک|روان پزشک|روانشناس|روان شناس|مشاور|ماما|جراح|رواندرمانگر"
_TITLED = (
    rf"(?:{_ANSWERS})?{_WORD}(?: {_WORD}){{0,3}} ?[،,_–-] ?(?:{_TITLE})(?![{LETTERS}])(?:[ ،,()_/–-]+{_WORD}){{0,12}}"
)
_ASIDE = re.compile(rf"{_FAREWELL}|(?:پاسخ|جواب)[ {ZWNJ}]?(?:دهنده|گو)")
_SITE = r"(?:پاسخ|جواب)(?: (?:پزشک|کارشناس|متخصص|مشاور|سایت|نی نی بان|تیم پزشکی)){0,3} ?:"
_LATIN_WORD = "[A-Z][A-Za-z'’-]{0,20}"
_DEGREES = r"(?:[ ,]{1,2}(?:MD|M\.D\.?|PhD|MSc|MPH)){0,3}"
_LATIN = (
    rf"(?:{_FAREWELL}[ .،,:-]*)?"
    rf"(?:(?:Dr|Prof)(?:\. ?| )(?:[A-Z]\. ?){{0,2}}{_LATIN_WORD}(?: {_LATIN_WORD}){{0,2}}{_DEGREES}"
    rf"|(?:[A-Z]\. ?){{1,2}}{_LATIN_WORD}(?: {_LATIN_WORD})?,? ?(?:MD|M\.D)"
    rf"|{_LATIN_WORD} (?!Dystroph|Disease|Syndrome){_LATIN_WORD}, ?(?:MD|M\.D))"
)
_LINE = re.compile(rf"(?:{_DOCTOR}|{_TITLED}|{_SITE}|{_LATIN})[ .،:;؛()-]*")
_COUNCIL = r"(?:(?:شماره|کد|ش\.) ?)?(?:نظام ?پزشکی|ن\.? ?پ\.?)[ :.#]{0,3}\d{3,8}"
_WITH_COUNCIL = re.compile(rf"[ ،,(_/|–-]{{1,3}}{_COUNCIL}(?!\d)")
_UNDER_NAME = re.compile(
    rf"[(]?(?:(?:{_TITLE}|پزشک|دندان ?پزشک)(?![{LETTERS}])(?:[ ،,()_/–-]+{_WORD}){{0,10}}|{_COUNCIL})[ .،()]*"
)
_RULE = re.compile("[-–—_=*~]{2,20}")
_HEADER = re.compile(rf"(?:(?:{_DOCTOR}|{_TITLED})[ )]*:|{_SITE})\s*(?=\S)")
_SAYS = re.compile(rf" ?(?:پاسخ|جواب)? (?:می{ZWNJ}?(?:دهد|گوید)|داد)(?= *:)")
# What makes words about a doctor a sentence: verbs, and words that no name or title has.
_TELLING = (
    r"است|هستند|هستید|باش\w*|شو[دنی]\w*|شد\w*|کن[دیم]\w*|کرد\w*|ده[یدن]\w*|گفت\w*|فرم(?:ود|ای)\w*|نمای\w+|برو\w+|"
    r"دار[دینم]\w*|بود\w*|گیر\w+|بگیر\w*|خواه\w+|می|داد\w*|زد\w*|نوشت\w*|ندا\w+|ام|را|که|مراجعه|فقط|هم|ب|به|بهش|بهم|برام|"
    r"برایم|خودم|خودمون|خوب|اما|ولی|این|تا|یا|دیگه|من"
)
_SENTENCE = re.compile(rf"(?:^|[ {ZWNJ}])ن?(?:{_TELLING})(?=$|[ .،؛:{ZWNJ}])")
_SIGNS = re.compile(f"دکتر|پاسخ|جواب|{_TITLE}|Dr|Prof|MD|M\\.D")
# One of these is in every sign.
_PARTS = (
    "دکتر",
    "پاسخ",
    "جواب",
    "تخصص",
    "مشاور",
    "شناس",
    "روانپزشک",
    "روان پزشک",
    "ماما",
    "جراح",
    "فلوشیپ",
    "درمانگر",
    "Dr",
    "Prof",
    "MD",
    "M.D",
)
_ENDS = ".!؟?"


@extract(private=False)
def signature(text: str) -> Taken:
    """Take out names and titles: as a line of their own, before a colon at the start, as the last sentence.

    A doctor («دکتر ...»), another with a title after a comma, or a site («پاسخ پزشک:»). Kinds: header above all else or
    before a colon, signature elsewhere. Words with a verb, «را» or «که» among them are a sentence and stay; so does a
    text that is nothing but a name.
    Judged on the published pairs: 108 of 108 different pieces are names and titles and nothing else.
    """
    if not any(map(text.__contains__, _PARTS)):
        return Taken(text)
    lines = _with_neighbours(text, list(_lines(text)))
    body = [line for line in lines if not line.signs]
    if not body:
        return Taken(text)
    start, last = body[0].start, body[-1]
    spans = [Span(_kind(text, line, start), line.start, line.end) for line in lines if line.signs]
    spans += _header(text, start)
    spans += _tail(text, max([last.start, *(span.end for span in spans if span.start < last.end)]), last.end)
    spans.sort(key=lambda span: span.start)
    return Taken(_without(text, spans), tuple(spans)) if spans else Taken(text)


class _Line(NamedTuple):
    start: int
    end: int
    signs: bool


def _lines(text: str) -> Iterator[_Line]:
    """Each line with something in it, without the spaces around."""
    place = 0
    for line in text.split("\n"):
        if bare := line.strip():
            start = place + line.index(bare)
            yield _Line(start, start + len(bare), _is_signature(bare))
        place += len(line) + 1


def _with_neighbours(text: str, lines: list[_Line]) -> list[_Line]:
    """The lines, and as signs too a title alone under a name, and a rule over one that ends the text."""
    for place, (above, line) in enumerate(pairwise(lines), 1):
        if lines[place - 1].signs and text[above.end - 1] not in ":؛" and _is_under_name(text[line.start : line.end]):
            lines[place] = line._replace(signs=True)
    first = len(lines)
    while first and lines[first - 1].signs:
        first -= 1
    if 0 < first < len(lines) and _RULE.fullmatch(text, lines[first - 1].start, lines[first - 1].end):
        lines[first - 1] = lines[first - 1]._replace(signs=True)
    return lines


def _is_under_name(line: str) -> bool:
    if len(line) > LONGEST or _SENTENCE.search(line):
        return False
    return bool(_UNDER_NAME.fullmatch(line) or _UNDER_NAME.fullmatch(_WITH_COUNCIL.sub("", line)))


def _kind(text: str, line: _Line, start: int) -> str:
    return "header" if line.start < start or text[line.end - 1] == ":" else "signature"


def _is_signature(line: str) -> bool:
    if len(line) > LONGEST or not _SIGNS.search(line):
        return False
    line = _WITH_COUNCIL.sub("", _SAYS.sub("", line.strip()))
    return bool(_LINE.fullmatch(line)) and not _SENTENCE.search(_ASIDE.sub("", line))


def _header(text: str, start: int) -> list[Span]:
    if text.find(":", start, start + 2 * LONGEST) < 0:
        return []
    header = _HEADER.match(text, start, start + 2 * LONGEST)
    return [Span("header", start, header.end())] if header and _is_signature(header[0]) else []


def _tail(text: str, start: int, end: int) -> list[Span]:
    body = text[start:end].rstrip(" " + _ENDS)
    mark = max(map(body.rfind, _ENDS, repeat(max(0, len(body) - LONGEST))))
    tail = body[mark + 1 :]
    if mark < 0 or not tail.strip() or not _is_signature(tail):
        return []
    return [Span("signature", start + mark + 1, end)]


def _without(text: str, spans: list[Span]) -> str:
    """The text without the spans; where a whole line went, its line break goes as well."""
    kept, place = [], 0
    for span in spans:
        kept.append(text[place : span.start])
        whole_line = (span.start == 0 or text[span.start - 1] == "\n") and text[span.end : span.end + 1] == "\n"
        place = span.end + whole_line
    return "".join([*kept, text[place:]]).strip()
