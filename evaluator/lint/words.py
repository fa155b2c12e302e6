"""Texts without spelling: what is left when two that say the same are to be the same."""

import re
import unicodedata
from functools import lru_cache

ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdfb\ufe70-\ufefc]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
FUNCTION_WORDS = frozenset(
    {"the", "of", "and", "is", "are", "in", "to", "with", "by", "or", "from", "for", "an", "that", "on", "which"}
)
"""English words that make a clause of a name."""
_UNSEEN = re.compile(
    "[\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u034f\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
"""Marks, joiners, the stretched line, and blanks that count as letters or signs (of Hangul and Braille)."""
_UNSEEN_BUT_JOINER = re.compile(_UNSEEN.pattern.replace("\u200b-\u200f", "\u200b\u200d-\u200f"))
_SAID = frozenset("%٪‰*/\\&#@§†‡")
"""Punctuation that says something alone."""
_BRACKETED = re.compile(r"[(\[] ?[-–—] ?[)\]]")
_LETTERS = str.maketrans(
    "يىكةۀأإٱؤئ٪٫٬−–—‐×÷“”«»‘’٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹",
    'ییکههاااوی%.,----x/""""\'\'' + "0123456789" * 2,
) | {code: f"{unicodedata.numeric(chr(code)):.0f}" for code in (*range(0x24EB, 0x2500), *range(0x2776, 0x2794))}
"""With the figures in double and black circles, which NFKC leaves."""
_RAISED = re.compile(r"(?<=\d)[⁰¹²³⁴-⁹⁺⁻]+")
_CAPITAL = re.compile(r"\b[A-Z][a-z]{2,}\b")
_GROUPED = re.compile(r"(?<=\d)[, ](?=\d{3}(?![\d.]))")
_SIGNS = re.compile(r" ?([()\[\]/%+=<>-]) ?")
_WORD = re.compile(r"[^\W\d_]+|\d{1,30}(?:\.\d{1,30})?")
_ENDS = " \t\n.،؛:;,"
_BULLET = re.compile(r"^[-•*▪●◦·] ?(?=[^\W\d_])")
_WRAPPED = re.compile(r"\(([^()]*)\)")
_BETWEEN = re.compile(r"(?<!\d) | (?!\d)")


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """One spelling: letters, digits and signs of one kind, no unseen marks, one space, no full stop at the end.

    A capital at the beginning of a word is folded; AABB and aabb, [S] and [s], d and D stay apart, for they differ.
    """
    return _one_spelling(text, _UNSEEN)


@lru_cache(maxsize=1 << 16)
def joined(text: str) -> str:
    """What `plain` leaves, with the joiner (ZWNJ) that holds a word's parts together and apart: «سی‌ساله»."""
    return _one_spelling(text, _UNSEEN_BUT_JOINER)


def _one_spelling(text: str, unseen: re.Pattern[str]) -> str:
    text = _RAISED.sub(lambda raised: f"^{raised[0]}", text)  # 10² is not 102
    folded = unseen.sub("", unicodedata.normalize("NFKC", text)).translate(_LETTERS)
    folded = _GROUPED.sub("", _CAPITAL.sub(lambda word: word[0].lower(), folded))
    return _SIGNS.sub(r"\1", " ".join(folded.split())).strip(_ENDS)


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """What `plain` leaves, without what typists do each in their own way.

    Spaces but those between figures, quotes, brackets around it all, a bullet, signs at its end, the stroke of آ.
    """
    told = _BULLET.sub("", plain(text).replace('"', "")).strip(_ENDS + "!?؟")
    if wrapped := _WRAPPED.fullmatch(told):
        told = wrapped[1]
    return _BETWEEN.sub("", told).replace("آ", "ا")


def blank(text: str) -> bool:
    """Whether a reader sees nothing: spaces, joiners, marks, fillers, and the points, quotes and dashes between words.

    «(-)» is something, and so are signs that mean something alone: +, %, →.
    """
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip()
    return not _BRACKETED.fullmatch(seen) and all(map(_is_nothing, seen))


def _is_nothing(letter: str) -> bool:
    return letter not in _SAID and unicodedata.category(letter)[0] in "CZMP"


def words(text: str) -> list[str]:
    """The words and numbers of a text, in one spelling and lower case."""
    return _WORD.findall(plain(text).lower())


def share(pattern: re.Pattern[str], text: str) -> float:
    """The share of a text's letters that are of one script; 0 where it has none."""
    letters = sum(map(str.isalpha, text))
    return len(pattern.findall(text)) / letters if letters else 0.0
