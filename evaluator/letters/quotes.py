"""Where a text gives an option's own words instead of its letter."""

import re
from collections.abc import Sequence
from functools import lru_cache

from evaluator.letters.signs import GAP, LATIN, rarest_first, sought, spelt

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
_FOLDS = _SAME | _DIGITS | dict.fromkeys(_SIGNS, " ") | dict.fromkeys("ًٌٍَُِّْٰـٕٔ", "")
_FOLDED = re.compile(f"[{re.escape(''.join(_FOLDS))}]")
_OWN_ONLY = frozenset(map(chr, range(0x600, 0x700))) - set("".join(_FOLDS.values())) - _FOLDS.keys()
"""Persian letters that stay as they are and that no other sign is folded to."""
_RUN, _DOT, _PERSIAN = (
    re.compile("[a-z0-9.][a-z0-9.]*"),
    re.compile(r"\.(?!\d)|\.(?<!\d\.)"),
    re.compile("[\u0600-\u06ff]"),
)

_BARE = re.compile(r"[A-Ja-j](?![A-Za-z0-9])(?<![A-Za-z0-9].)")
_NONE = re.compile(spelt(rf"{sought('هیچ')}{GAP}?(?:کدام|یک)(?!.{{0,25}}(?:دیگر|جز))|one of(?<=[Nn]one of)"))
_ALL = re.compile(
    spelt(rf"(?:همه|تمام|هر (?:دو|سه|چهار)){GAP}{{0,3}}ی?{GAP}{{0,3}}(?:این )?(?:موارد|مورد|گزینه)")
    + "|All of the|all of the"
)
_SHORT = 40


def none_of_them(text: str) -> bool:
    """Whether a text says that none of the options is right; that none of the others is, does not count."""
    return ("چ" in text or "one of" in text) and _NONE.search(text) is not None


def fold(text: str) -> str:
    """The words of a text with one space around each, whatever their spelling and punctuation."""
    plain = _FOLDED.sub(lambda sign: _FOLDS[sign[0]], text).lower()
    if _PERSIAN.search(plain):
        plain = _RUN.sub(_set_apart, plain)
    elif "." in plain:
        plain = _DOT.sub(" ", plain)
    return f" {' '.join(plain.split())} "


def _set_apart(run: re.Match[str]) -> str:
    """Latin letters and digits, apart from the Persian ones beside them; of points, only those within numbers."""
    text, (start, end), words = run.string, run.span(), run[0]
    before, after = text[start - 1] if start else "", text[end : end + 1]
    if "." in words:
        words = _DOT.sub(" ", words)
    if "\u0600" <= before <= "\u06ff":
        words = f" {words}"
    return f"{words} " if "\u0600" <= after <= "\u06ff" else words


@lru_cache(maxsize=1 << 15)
def folded(text: str) -> str:
    """The same, kept for texts that come again and again, as options do."""
    return fold(text)


def quoted(passage: str, options: Sequence[str], shortest: int = 2) -> set[int]:
    """The places of the options whose own words stand in the passage, not only within a longer option's.

    Options of fewer than `shortest` characters are not looked for.
    """
    found = set[int]()
    if thinkable := _thinkable(passage, options):
        words = fold(passage)
        for own, place in thinkable:
            if len(own) >= shortest + 2 and own in words:
                found.add(place)
                words = words.replace(own, " | ")
    return found


def _thinkable(passage: str, options: Sequence[str]) -> list[tuple[str, int]]:
    """The options that a passage holds every letter of, folded, the longest first, with their places.

    Quicker than to fold the passage, which there is most often no need to.
    """
    letters = passage.__contains__
    return [(own, place) for own, place, needed in _longest_first(tuple(options)) if all(map(letters, needed))]


@lru_cache(maxsize=1 << 12)
def _longest_first(options: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """Options folded, their places, and the letters of each that no other sign is folded to, the rarest first."""
    own = sorted(((folded(option), place) for place, option in enumerate(options)), key=lambda own: -len(own[0]))
    return [(words, place, rarest_first(_OWN_ONLY.intersection(words))) for words, place in own]


def lettered(passage: str, options: Sequence[str]) -> set[int]:
    """The places of the options whose own words stand in the passage right behind their letter: `C the spleen`."""
    thinkable = _thinkable(passage, options)
    if not thinkable or not _BARE.search(passage):
        return set()
    words = fold(passage)
    return {place for own, place in thinkable if own.strip() and f" {LATIN[place].lower()}{own}" in words}


def sweeping(passage: str, options: Sequence[str]) -> set[int]:
    """The one option that is all of the others, or none, where the passage says so."""
    for kind in (_NONE, _ALL):
        if kind.search(passage):
            found = {place for place, option in enumerate(options) if len(option) < _SHORT and kind.search(option)}
            return found if len(found) == 1 else set()
    return set()
