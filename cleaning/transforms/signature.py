"""The doctor's and the site's names and titles above, below and between the parts of an answer."""

import re
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.record import Span, Taken
from cleaning.steps import extract

LONGEST = 120  # characters; the longest signature line seen in 28,135 answers has 71
_WORD = f"[{LETTERS}{ZWNJ}]+"
_FAREWELL = r"(?:با (?:احترام|تشکر|سپاس|آرزوی [^ .،,]{2,12})|ارادتمند|موفق باشید)"
_ANSWERS = rf"(?:پاسخ|جواب)(?: از| توسط)?[ :]+|{_FAREWELL}[ .،,:-]*"
_DOCTOR = rf"(?:{_ANSWERS})?(?:خانم |آقای )?دکتر +{_WORD}(?:[ ،,()_/–-]+{_WORD}){{0,16}}"
_TITLE = "متخصص|فوق تخصص|فلوشیپ|کارشناس|روانپزشک|روان پزشک|روانشناس|روان شناس|مشاور|ماما|جراح|رواندرمانگر"
_TITLED = (
    rf"(?:{_ANSWERS})?{_WORD}(?: {_WORD}){{0,3}} ?[،,_–-] ?(?:{_TITLE})(?![{LETTERS}])(?:[ ،,()_/–-]+{_WORD}){{0,12}}"
)
_SITE = r"(?:پاسخ|جواب)(?: (?:پزشک|کارشناس|متخصص|مشاور|سایت|نی نی بان|تیم پزشکی)){0,3} ?:"
_LINE = re.compile(rf"(?:{_DOCTOR}|{_TITLED}|{_SITE})[ .،:;؛()-]*")
_HEADER = re.compile(rf"(?:(?:{_DOCTOR}|{_TITLED})[ )]*:|{_SITE})\s*(?=\S)")
_SAYS = re.compile(rf" ?(?:پاسخ|جواب)? (?:می{ZWNJ}?(?:دهد|گوید)|داد)(?= *:)")
# What makes words about a doctor a sentence: verbs, and words that no name or title has.
_TELLING = (
    r"است|هستند|هستید|باش\w*|شو[دنی]\w*|شد\w*|کن[دیم]\w*|کرد\w*|ده[یدن]\w*|گفت\w*|فرم(?:ود|ای)\w*|نمای\w+|برو\w+|"
    r"دار[دینم]\w*|بود\w*|گیر\w+|بگیر\w*|خواه\w+|می|داد\w*|زد\w*|نوشت\w*|ندا\w+|ام|را|که|مراجعه|فقط|هم|ب|به|بهش|بهم|برام|"
    r"برایم|خودم|خودمون|خوب|اما|ولی|این|تا|یا|دیگه|من"
)
_SENTENCE = re.compile(rf"(?:^|[ {ZWNJ}])ن?(?:{_TELLING})(?=$|[ .،؛:{ZWNJ}])")
_SIGNS = re.compile(f"دکتر|پاسخ|جواب|{_TITLE}")
# One of these is in every sign.
_PARTS = ("دکتر", "پاسخ", "جواب", "تخصص", "مشاور", "شناس", "روانپزشک", "روان پزشک", "ماما", "جراح", "فلوشیپ", "درمانگر")
_ENDS = ".!؟?"


@extract(private=False)
def signature(text: str) -> Taken:
    """Take out names and titles: as a line of their own, before a colon at the start, as the last sentence.

    A doctor («دکتر ...»), another with a title after a comma, or a site («پاسخ پزشک:»). Kinds: header above all else or
    before a colon, signature elsewhere. Words with a verb, «را» or «که» among them are a sentence and stay; so does a
    text that is nothing but a name.
    Judged on the published pairs: 106 of 106 different pieces are names and titles and nothing else.
    """
    if not any(map(text.__contains__, _PARTS)):
        return Taken(text)
    lines = list(_lines(text))
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


def _kind(text: str, line: _Line, start: int) -> str:
    return "header" if line.start < start or text[line.end - 1] == ":" else "signature"


def _is_signature(line: str) -> bool:
    if len(line) > LONGEST or not _SIGNS.search(line):
        return False
    line = _SAYS.sub("", line.strip())
    return bool(_LINE.fullmatch(line)) and not _SENTENCE.search(re.sub(_FAREWELL, "", line))


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
