"""The letter that a text opens with, `B) ...`, or ends on, `... = B`; where letters follow line by line, none."""

import re
from collections.abc import Sequence

from evaluator.letters.dismissals import dismissed
from evaluator.letters.signs import ALONE, COUNTED, COUNTED_IN_ENGLISH, DIGIT, GAP, PLACES, SIGN, called, spelt

_OPENS = re.compile(
    rf"{GAP}{{0,8}}[(\[«\"]?({SIGN}){ALONE}(?={GAP}{{0,3}}(?:[.):\]»\"|،,<–-]|\Z"
    r"|because|since|rather|instead|over\s|است|بود|زیرا|چون|نه\s)|\s*\n)"
)
_HEDGE = spelt(
    r"(?:احتمالا|به احتمال(?: (?:زیاد|قوی))?|شاید|به نظرم?(?: من)?(?: می[\s\u200c]?رسد)?"
    r"|فکر (?:می[\s\u200c]?)?کنم|گمانم"
    r"|قطعا|حتما|مسلما|بله|نه|که|من"
    r"|[Pp]robably|[Mm]ost likely|[Ll]ikely|[Mm]aybe|[Pp]erhaps|[Dd]efinitely|[Cc]ertainly|[Cc]learly"
    r"|I think|I believe|I guess|I(?:'d| would)? (?:say|pick|go with|go for|vote for|select)"
    r"|[Mm]y (?:pick|choice|guess|vote)(?: is)?|[Ii]t(?:'s| is)|[Tt]hat(?:'s| is)|[Yy]es|[Ss]o|[Oo]kay|[Ss]ure)"
)
_WORD = spelt(r"(?:مورد|شماره|حرف|عدد|پاسخ|[Nn]umber|[Nn]o\.|#|[Ll]etter|[Tt]he)ٔ?\u200c?ی?")
_THEN = (
    rf"(?={GAP}{{0,4}}(?:\Z|\.{GAP}{{0,3}}(?:\Z|\n)|\n|باشد|است|بود|(?:صحیح|درست)(?!{GAP}{{0,3}}(?:نیست|نمی|نبود))"
    + spelt(r"|می[\s\u200c]?باشد|ولی|اما|(?:is|was|seems) (?:the )?(?:correct|right|best|true|answer)))")
)
_HEDGED = re.compile(
    rf"(?:{GAP}|[،,:])*(?:{_HEDGE}[ً،,:]*{GAP}{{1,3}}){{1,3}}[(\[«\"]?({SIGN}){ALONE}[)\]»\"]?(?:{_THEN}|(?=[،,.:)]))"
)
_NUMBERED = re.compile(
    rf"(?:{GAP}|[،,:])*(?:{_HEDGE}[ً،,:]*{GAP}{{1,3}}){{0,3}}(?:{_WORD}(?:{GAP}|[:(«]){{1,3}}){{0,3}}"
    rf"({DIGIT}|{COUNTED}|{COUNTED_IN_ENGLISH})(?:ی|ین)?{ALONE}[)»]?"
    rf"(?:{GAP}{{1,3}}(?:option|choice|one|answer|گزینه|مورد))?{_THEN}"
)
_LETTERED = re.compile(rf"{GAP}{{0,8}}(?:{_WORD}(?:{GAP}|[:(«]){{1,3}}){{1,3}}({SIGN}){ALONE}[)»]?{_THEN}")
_NAMED = re.compile(
    rf"(?:(?:مورد|شماره|umber|he|ption|گزینه){GAP}{{1,3}})({SIGN}|{DIGIT}|{COUNTED}|{COUNTED_IN_ENGLISH}){ALONE}"
)
_BOTH = re.compile(
    rf"[–-]{SIGN}{ALONE}|{GAP}{{0,3}}(?:[،,/&]|و|یا|and|or){GAP}{{0,3}}(?:(?:و|یا|and|or){GAP}{{1,3}})?"
    rf"(?:{SIGN}(?! [a-z])|{DIGIT}){ALONE}"
)
_WRONG = re.compile(
    rf"[.):\]»\"|،,–-]{{0,3}}{GAP}{{0,3}}(?:is |was |این گزینه )?"
    rf"(?:[Nn]o\b|[Nn]ot\b(?!\s{SIGN}{ALONE})|[Ww]rong|[Ii]ncorrect|[Ff]alse|نادرست|غلط|اشتباه|ناصحیح|خیر)"
)
_ONLY = re.compile(rf"{GAP}{{0,8}}[(\[«\"]?({SIGN}|{DIGIT})[)\]»\".]?{GAP}{{0,8}}\Z")
# Every alternative begins with a plain character: only then does `re` skip to where one of those stands.
_HENCE = [rf"{word},?" for word in ("Therefore", "therefore", "Thus", "thus", "Hence", "hence")]
_SAYS = "|".join(
    rf"{word}\s" for word in ("is", "'s", "’s", "be", "go with", "go for", "pick", "پس", "بنابراین،?", *_HENCE)
)
_ENDS = re.compile(rf"(?:=|:|\||>|حرف|\n|{_SAYS}){GAP}{{0,3}}[(\[]?({SIGN}){ALONE}{GAP}{{0,3}}[)\].]?[\s.]{{0,3}}\Z")
_LINE = re.compile(rf"(?:\A|\n){GAP}{{0,3}}[(\[]?({SIGN})[)\].]?[ \t]{{0,3}}(?=\n|\Z)")
_ITEM = re.compile(rf"[.!?؟;؛\n]\s{{1,3}}({SIGN})[:)](?=\s)")
_REVISED = re.compile(
    rf"(?<!\w)(?:ولی|اما|but|however|though)\s[^.!?؟\n]{{0,80}}?[\s\[(«](?P<other>{SIGN}){ALONE}[\])»]?"
    rf"{GAP}{{0,3}}(?=را|رو|است|درست|صحیح|بهتر|محتمل|is\s|fits|seems|[.!\n]|\Z)"
)
_LABELLED = re.compile(rf"[:=]{GAP}{{0,3}}[(\[]?({SIGN}){ALONE}[)\]]?{GAP}{{0,3}}(?=[.،,;؛\n]|\Z)")
_TAIL, _SOON = 40, 120


def opening(text: str, options: Sequence[str]) -> int | None:
    """The place of the option that the text opens with, or is."""
    for pattern in (_ONLY, _OPENS, _HEDGED, _NUMBERED, _LETTERED):
        match = pattern.match(text)
        if match:
            goes_on = _BOTH.match(text, match.end(1)) or _WRONG.match(text, match.end(1))
            given_up = dismissed(text, *match.span(1)) or _revised(text, match)
            return None if goes_on or given_up or _others(text, match) else _alone(text, match, options)
    return None


def ending(text: str, options: Sequence[str]) -> int | None:
    """The place of the option that stands by itself at the end."""
    match = _ENDS.search(text, max(0, len(text.rstrip()) - _TAIL))
    if match and dismissed(text, match.start(), match.end()):
        return None
    place = _alone(text, match, options)
    return None if place is None or any(PLACES[other[1]] != place for other in _LABELLED.finditer(text)) else place


def _revised(text: str, match: re.Match[str]) -> bool:
    """Whether the letter gives way to another one: `probably C, but on balance B`."""
    other = _REVISED.search(text, match.end(1), match.end(1) + _SOON)
    if other is None or PLACES[other["other"]] == PLACES[match[1]]:
        return False
    return not dismissed(text, *other.span("other"))


def _others(text: str, match: re.Match[str]) -> bool:
    """Whether others follow that are named as the first one is, by a number or by a word before the letter."""
    if match.re not in (_NUMBERED, _LETTERED):
        return False
    return any(PLACES[other[1]] != PLACES[match[1]] for other in _NAMED.finditer(text, match.end()))


def _alone(text: str, match: re.Match[str] | None, options: Sequence[str]) -> int | None:
    if match is None or (place := called(match[match.lastindex or 1], options)) is None:
        return None
    lines = (line for pattern in (_LINE, _ITEM) for line in pattern.finditer(text))
    return None if any(PLACES[line[1]] != place for line in lines) else place
