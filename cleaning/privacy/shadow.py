"""A text's shadow: as long as the text, but with one form for each digit, dash, space and letter.

What is found in the shadow stands at the same offsets in the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from cleaning.alphabet import INVISIBLE, TATWEEL, ZERO_WIDTH_SPACE, ZWJ, ZWNJ
from cleaning.privacy.kinds import PLACEHOLDERS
from cleaning.record import Span

HOLE = "\uffff"
"""Stands for every character that is masked already: no pattern reaches across it."""

SEPARATORS = rf" .\-_/()*·•|,{ZWNJ}{TATWEEL}"
GAP = f"[{SEPARATORS}]{{0,3}}"
"""What may stand between two digits of one number."""

START = r"(?<!\d)(?:(?<!\d[.,/:٫])|(?<=\d{7}[.,/:]))"
"""A number begins here: not inside a decimal, a date or a time; after another long number it may."""

_LETTERS = {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا", "\t": " "}
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63"
_SELECTORS = "\u034f\u180b-\u180f\u20e3\ufe00-\ufe0f\U000e0000-\U000e0fff"  # of a form, a keycap; tags
_UNSEEN = re.compile(f"[{INVISIBLE}{ZERO_WIDTH_SPACE}{ZWJ}{_SELECTORS}](?<=\\S)")

_DIGITS_END = 0x20000  # no script has digits or spaces beyond the supplementary plane of symbols
_LAST = 0xE0FFF


def _table() -> dict[int, str]:
    found = {ord(letter): to for letter, to in _LETTERS.items()}
    found |= {ord(dash): "-" for dash in _DASHES}
    for code in (*range(0x10000), *range(0xE0000, _LAST + 1)):
        if _UNSEEN.match(chr(code)):
            found[code] = ZWNJ
    found |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in range(128, _DIGITS_END):
        sort = unicodedata.category(chr(code))
        if sort == "Nd":
            found[code] = str(unicodedata.decimal(chr(code)))
        elif sort == "Zs":
            found[code] = " "
    return found


_TABLE = _table()
_ODD = frozenset(map(chr, _TABLE))
_BEYOND = f"\U00010000-{chr(_LAST)}"  # one range for them all: the class is then looked up by table
_MAYBE_ODD = re.compile(f"[{re.escape(''.join(letter for letter in _ODD if ord(letter) < 0x10000))}{_BEYOND}]")
DIGITS = "0-9" + "".join(letter for letter in _ODD if letter < _BEYOND and _TABLE[ord(letter)].isdigit()) + _BEYOND
"""Whatever may become 0 to 9 in a shadow, as a part of a regular-expression class."""

_MANY = 40  # from so many different ones on, one pass over the text is quicker than one for each
_PLACEHOLDER = re.compile("|".join(re.escape(placeholder) for placeholder in PLACEHOLDERS.values()))
_NUMBER = re.compile(r"\d+")


def shadow(text: str) -> str:
    """The text's shadow, of the same length; placeholders are holes in it."""
    cast, odd = text, _ODD.intersection(_MAYBE_ODD.findall(text))
    if len(odd) > _MANY:
        cast = text.translate(_TABLE)
    else:
        for letter in odd:
            cast = cast.replace(letter, _TABLE[ord(letter)])
    if "[" in text:
        return _PLACEHOLDER.sub(lambda match: HOLE * len(match[0]), cast)
    return cast


_UNSEEN_INSIDE = re.compile(rf"(?<=[0-9])(?:{ZWNJ}++[ .\-/_]?{ZWNJ}*+|[ .\-/_]{ZWNJ}++)(?=[0-9])")


def closed(cast: str) -> tuple[str, Sequence[int]]:
    """The shadow without what nobody sees inside its numbers, and where in the shadow each character left stands."""
    parts, places, last = [], list[int](), 0
    for match in _UNSEEN_INSIDE.finditer(cast):
        kept = [place for place in range(last, match.end()) if place < match.start() or cast[place] != ZWNJ]
        parts += [cast[last : match.start()], match[0].replace(ZWNJ, "")]
        places += kept
        last = match.end()
    if not last:
        return cast, range(len(cast))
    return "".join([*parts, cast[last:]]), [*places, *range(last, len(cast))]


def holds(cast: str, hints: Iterable[str]) -> bool:
    """Any of the hints stands in the shadow; quicker than `any`, and most texts have none."""
    for hint in hints:  # noqa: SIM110 - for the speed
        if hint in cast:
            return True
    return False


def apart(kind: str, found: Iterable[tuple[int, int]]) -> list[Span]:
    """The spans in order, without those that overlap one before them; of two that begin together the longer."""
    kept: list[Span] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1].end:
            kept.append(Span(kind, start, end))
    return kept


def without(cast: str, spans: Sequence[Span]) -> str:
    """The shadow with holes where the spans, in order, stand."""
    if not spans:
        return cast
    parts, last = [], 0
    for _, start, end in spans:
        parts += [cast[last:start], HOLE * (end - start)]
        last = end
    return "".join([*parts, cast[last:]])


def groups(number: str) -> list[str]:
    """The runs of digits that a written number is made of."""
    return _NUMBER.findall(number)


def digits(number: str) -> str:
    """The digits of a written number alone."""
    return "".join(groups(number))
