"""Vowel signs, which Persian leaves out as a rule and writes now and then."""

import re
import unicodedata

from cleaning.alphabet import HAMZA_ABOVE, MARKS
from cleaning.steps import transform

_MARKS = re.compile(f"(?!{HAMZA_ABOVE})[{MARKS}]")
_COMPOSED = {"ی" + HAMZA_ABOVE: "ئ"}


@transform(spelling=True)
def diacritics(text: str) -> str:
    """Drop vowel signs; a hamza above stays, for خانهٔ ما is another word than خانه ما."""
    bare = _MARKS.sub("", text)
    if HAMZA_ABOVE in bare:
        for apart, composed in _COMPOSED.items():
            bare = bare.replace(apart, composed)
    return bare if bare == text else unicodedata.normalize("NFC", bare)
