"""Where a text gives an option's own words instead of its letter."""

import re
from collections.abc import Sequence
from functools import lru_cache

from evaluator.letters.signs import GAP, LATIN, spelt

_SAME = {
    "ي": "ی",
    "ى": "ی",
    "ئ": "ی",
    "ك": "ک",
    "ۀ": "ه",
    "ة": "ه",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ؤ": "و",
    "٪": "%",
    "٫": ".",
}
_DIGITS = {sign: str(n) for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for n, sign in enumerate(digits)}
_SIGNS = "\u200b\u200c\u200d\u200e\u200f*_`~#[](){}«»“”\"'،؛؟?!:;,…|>–—-\t\n\r/="
_TABLE = str.maketrans(_SAME | _DIGITS | dict.fromkeys(_SIGNS, " ") | dict.fromkeys("ًٌٍَُِّْٰـٕٔ", ""))
_BORDER = re.compile(r"(?<=[\u0600-\u06ff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u0600-\u06ff])|\.(?!\d)|(?<!\d)\.")

_MIXED = re.compile(r"[a-z0-9.]")
_NONE = re.compile(spelt(rf"هیچ{GAP}?(?:کدام|یک)(?!.{{0,25}}(?:دیگر|جز))|None of|none of"))
_ALL = re.compile(
    spelt(rf"(?:همه|تمام|هر (?:دو|سه|چهار)){GAP}{{0,3}}ی?{GAP}{{0,3}}(?:این )?(?:موارد|مورد|گزینه)")
    + "|All of the|all of the"
)
_SHORT = 40


def none_of_them(text: str) -> bool:
    """Whether a text says that none of the options is right; that none of the others is, does not count."""
    return _NONE.search(text) is not None


def fold(text: str) -> str:
    """The words of a text with one space around each, whatever their spelling and punctuation."""
    plain = text.translate(_TABLE).lower()
    return f" {' '.join((_BORDER.sub(' ', plain) if _MIXED.search(plain) else plain).split())} "


@lru_cache(maxsize=1 << 15)
def folded(text: str) -> str:
    """The same, kept for texts that come again and again, as options do."""
    return fold(text)


def quoted(passage: str, options: Sequence[str], shortest: int = 2) -> set[int]:
    """The places of the options whose own words stand in the passage, not only within a longer option's.

    Options of fewer than `shortest` characters are not looked for.
    """
    words, found = fold(passage), set[int]()
    own = [folded(option) for option in options]
    for place in sorted(range(len(own)), key=lambda place: -len(own[place])):
        if len(own[place]) >= shortest + 2 and own[place] in words:
            found.add(place)
            words = words.replace(own[place], " | ")
    return found


def lettered(passage: str, options: Sequence[str]) -> set[int]:
    """The places of the options whose own words stand in the passage right behind their letter: `C the spleen`."""
    words = fold(passage)
    own = [folded(option) for option in options]
    return {place for place, option in enumerate(own) if option.strip() and f" {LATIN[place].lower()}{option}" in words}


def sweeping(passage: str, options: Sequence[str]) -> set[int]:
    """The one option that is all of the others, or none, where the passage says so."""
    for kind in (_NONE, _ALL):
        if kind.search(passage):
            found = {place for place, option in enumerate(options) if len(option) < _SHORT and kind.search(option)}
            return found if len(found) == 1 else set()
    return set()
