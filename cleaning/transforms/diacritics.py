"""Vowel signs, which Persian leaves out as a rule and writes now and then."""

import re

from cleaning.alphabet import HAMZA_ABOVE, MARKS
from cleaning.steps import transform
from cleaning.transforms.letters import composed

_MARKS = re.compile(f"(?!{HAMZA_ABOVE})[{MARKS}]")


@transform(spelling=True)
def diacritics(text: str) -> str:
    """Drop vowel signs; a hamza above stays, for خانهٔ ما is another word than خانه ما."""
    if not _MARKS.search(text) and HAMZA_ABOVE not in text:
        return text
    bare = _MARKS.sub("", text)
    return composed(bare)
