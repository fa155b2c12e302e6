"""What a text is compared by: its words without spelling, punctuation, spaces or digits' script."""

import re
import zlib
from functools import lru_cache

from cleaning.alphabet import ARABIC_DIGITS, ASCII_DIGITS, JOINERS, MARKS, PERSIAN_DIGITS, TATWEEL

_TABLE = str.maketrans(
    {
        **dict.fromkeys(JOINERS + TATWEEL),
        **dict(zip(PERSIAN_DIGITS + ARABIC_DIGITS, ASCII_DIGITS * 2, strict=True)),
        **dict(zip("يىكةۀأإآٱؤ", "ییکههاااا" + "و", strict=True)),
    }
)
_MARKS = re.compile(f"[{MARKS}]+")
_WORD = re.compile(r"[^\W_]+")
_CODE_POINTS = 0x110000


@lru_cache(maxsize=8)  # each corpus step folds the same few fields of a record
def fold(text: str) -> str:
    """The text's words in lower case with one space between: equal for texts that differ in spelling only."""
    return " ".join(_WORD.findall(_MARKS.sub("", text.translate(_TABLE)).lower()))


def word_string(folded: str) -> str:
    """A string of one character a word, so that an edit distance over it counts words, fast and small.

    Two different words share a character once in 1.1 million.
    """
    return "".join(chr(zlib.crc32(word.encode("utf-8", "replace")) % _CODE_POINTS) for word in folded.split(" "))
