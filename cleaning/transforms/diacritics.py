"""Vowel signs, which Persian leaves out as a rule and writes now and then."""

import re

from cleaning.alphabet import HAMZA_ABOVE, MARKS
from cleaning.steps import transform
from cleaning.transforms.letters import composed
from cleaning.urls import outside_urls

_MARK = re.compile(f"[{MARKS}]")
_DROPPED = re.compile(f"[{MARKS}](?<!{HAMZA_ABOVE})")


@transform(spelling=True)
def diacritics(text: str) -> str:
    """Drop vowel signs; a hamza above stays, for خانهٔ ما is another word than خانه ما."""
    return outside_urls(text, _bare) if _MARK.search(text) else text


def _bare(text: str) -> str:
    return composed(_DROPPED.sub("", text))
