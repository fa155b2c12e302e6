"""Options marked right or wrong one after the other, `A: False`, ب ✓; all but one; and what is right besides."""

import re
from collections.abc import Sequence

from evaluator.letters.signs import (
    ALONE,
    BEGINS,
    COUNTED,
    DIGIT,
    GAP,
    SIGN,
    called,
    spelt,
)

_YES = r"[Tt]rue|TRUE|[Yy]es|[Cc]orrect|[Rr]ight|✓|✔|✅|☑|درست|صحیح|بله|بلی|آری"
_NO = r"[Ff]alse|FALSE|[Nn]o\b|[Nn]ot|[Ii]ncorrect|[Ww]rong|✗|✘|❌|✖|❎|×|نادرست|ناصحیح|غلط|اشتباه|خیر|نه(?!\w)"
_DENIES = rf"(?:{GAP}{{0,3}}(?:نیست|نمی|نبود|هم نیست))"
_OPTION = spelt(rf"(?:(?:گزینه|مورد|شماره|[Oo]ption|[Cc]hoice)ی?{GAP}{{0,3}})?")
_CALLED = rf"{_OPTION}[(\[\"'«]?({SIGN}|{DIGIT}){ALONE}[)\]\"'»]?"
_IS = spelt(rf"{GAP}{{0,3}}+[:=.?؟)،,|→–—-]{{0,3}}+{GAP}{{0,3}}+(?:\|{GAP}{{0,3}}|is |این (?:گزینه|عبارت|مورد) )?\W?")
_MARK = re.compile(rf"(?<![\w\u200c]){_CALLED}{_IS}(?:(?P<yes>{_YES})(?P<not>{_DENIES})?|(?P<no>{_NO}))")
_BEGINS = re.compile(rf"\n(?:{GAP}|[|{{-]){{0,6}}+{_CALLED}{_IS}(?:{_YES}|{_NO})")
_LEAST = 3
_MOST = 400
"""Marks that are read; a loop of more says no more."""
_HEADED = re.compile(
    rf"[\n.;؛/،,]{GAP}{{0,3}}(?:گزینه\w?{GAP}{{1,3}})?"
    r"(?:[Cc]orrect|[Rr]ight|[Tt]rue|درست|صحیح)(?: (?:answer|option|گزینه))?"
    rf"{GAP}{{0,3}}[:：]{GAP}{{0,3}}({SIGN}|{DIGIT}){ALONE}{GAP}{{0,3}}(?![،,/&و]{GAP}{{0,3}}(?:{SIGN}|{DIGIT}){ALONE})"
)
_BUT = re.compile(
    spelt(
        rf"(?:جز|غیر(?:{GAP}{{1,2}}از)?|گر(?<=مگر)|xcept(?: for)?|but|ther than|part from|esides){GAP}{{1,3}}"
        rf"(?:(?:گزینه|مورد|شماره|option|choice)ی?[ٔ]?{GAP}{{1,3}})?"
    )
    + rf"[(\[\"'«]?({SIGN}|{DIGIT}|{COUNTED}){ALONE}"
)
_EACH = re.compile(
    spelt(
        rf"{BEGINS}(?:همه|تمام|هر\s|بقیه|سایر|دیگر|باقی|هیچ)"
        r"|\b(?:[Aa]ll|[Ee]very|[Ee]verything|[Ee]ach|[Oo]ther|[Oo]thers|[Nn]one|[Nn]o)\b"
    )
)
_NONE = re.compile(spelt(r"هیچ|\b[Nn]one\b|\b[Nn]o\b"))
_RIGHT = re.compile(spelt(r"درست(?<!نادرست)|صحیح(?<!ناصحیح)|\b(?:correct|right|true|suitable)\b|مناسب(?<!نامناسب)"))
_UNRIGHT = re.compile(
    spelt(
        r"نادرست|ناصحیح|نامناسب|غلط|اشتباه|رد\sمی"
        r"|\b(?:incorrect|wrong|false|(?:not|n't) (?:correct|right|true)|ruled out)\b"
        r"|(?:درست|صحیح|مناسب)\s?(?:نیست|نمی|نبود)"
    )
)
_ENDS = re.compile(r"[.!?؟؛;\n]")
_REACH, _NEAR, _BESIDES, _LEAD = 120, 24, 150, 300
_TOO = r"\s(?:\S{1,12}\s){0,3}?(?:درست|صحیح|پاسخ|جواب|قبول)" + spelt(rf"(?!{GAP}{{0,3}}(?:نیست|نمی|ن))")
_ALSO = re.compile(
    rf"هم{_TOO}|نیز{_TOO}|also (?:be )?(?:an? |the )?(?:correct|right|acceptable|valid|true|possible answer|answer)"
    r"|correct (?:too|as well)|right (?:too|as well)|acceptable (?:too|as well)"
)
_ITS = re.compile(
    rf"(?<![\w\u200c])({SIGN}|{DIGIT}|{COUNTED}){ALONE}[)\]»\"]?"
    rf"(?:{GAP}{{1,3}}(?:is|are|could|may|might|can|would)(?: be)?)?{GAP}{{1,3}}\Z"
)


def marked(text: str, options: Sequence[str], negative: bool) -> set[int]:
    """The one option marked unlike all others; all that are marked where there is no such one; none where few are."""
    begins = _BEGINS.search(f"\n{text}")
    if not begins:
        return set()
    yes, no = set[int](), set[int]()
    for count, match in enumerate(_MARK.finditer(text, max(0, begins.start()))):
        place = called(match[1], options)
        if place is not None:
            (yes if match["yes"] and not match["not"] else no).add(place)
        if count > _MOST:
            break
    if len(yes | no) < min(_LEAST, len(options)) and (negative or not no or len(yes) != 1):
        return set()
    right, wrong = yes - no, no - yes
    alone = (wrong, right) if negative else (right,)
    left = set(range(len(options))) - no
    return next(
        (found for found in alone if len(found) == 1),
        left if not yes and len(left) == 1 and not negative else yes | no,
    )


def headed(text: str, options: Sequence[str]) -> set[int]:
    """The option behind the word for right: `Correct: C; incorrect: A, B`."""
    head = text[:_LEAD]
    if ":" not in head and "：" not in head:
        return set()
    places = {called(match[1], options) for match in _HEADED.finditer(f"\n{head}")}
    return {place for place in places if place is not None}


def excepted(text: str, options: Sequence[str], negative: bool) -> set[int]:
    """The option that all others are told apart from: `all are wrong except C`; all options where they are right.

    Where what is wrong is asked for, it is the other way round.
    """
    found = set[int]()
    for match in _BUT.finditer(text):
        low, high = max(0, match.start() - _REACH), match.end() + _REACH
        start = max((stop.end() for stop in _ENDS.finditer(text, low, match.start())), default=low)
        stop = _ENDS.search(text, match.end(), high)
        sentence, place = text[start : stop.start() if stop else high], called(match[1], options)
        others = _of_others(sentence) if place is not None and _EACH.search(sentence) else None
        if place is not None and others is not None:
            found |= {place} if others == negative else set(range(len(options)))
    return found


def _of_others(sentence: str) -> bool | None:
    """Whether it says that all others are right; None where it does not tell."""
    if _UNRIGHT.search(sentence):
        return False
    if _RIGHT.search(sentence):
        return not _NONE.search(sentence)
    return None


def besides(text: str, start: int, options: Sequence[str]) -> set[int]:
    """The options that are told to be right too, not far behind."""
    found = set[int]()
    if len(text) - start < _LEAST:
        return found
    for match in _ALSO.finditer(text, start, start + _BESIDES):
        own = _ITS.search(text, max(0, match.start() - _NEAR), match.start())
        if own and (place := called(own[1], options)) is not None:
            found.add(place)
    return found
