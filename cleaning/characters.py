"""What sorts of characters a text is made of, counted in one pass that several filters share."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.alphabet import LETTERS, MARKS
from cleaning.wording import LONGEST

_OTHER, _LETTER, _ARABIC, _STRANGE, _SYMBOL, _SPACE = range(6)
_PUNCTUATION = rf".,،؛;:!؟?()\[\]«»\"'/\\%٪٫٬۔+=<>*_…\u200c\u200d\u2013\u2014\u2018-\u201d°{MARKS}-"
_WRECKED = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff¡-¦¨-ª¬®¯´¶¸¹¿À-ÖØ-öø-ÿŒœŠšŽžŸƒˆ˜†‡‰‹›™]")
_PLAIN = re.compile(rf"[\w\s{_PUNCTUATION}]")
_ARABIC_LETTER = re.compile(f"[{LETTERS}]")


class Counts(NamedTuple):
    """Numbers of characters; those past the Basic Plane, emojis for the most part, count as two symbols."""

    letters: int
    arabic: int
    strange: int
    symbols: int
    visible: int


@lru_cache(maxsize=8)  # several filters ask about the same few fields of a record
def counts(text: str) -> Counts:
    """The characters of the text's first LONGEST by sort: letters, of the Arabic script, wrecked, odd signs, no spaces.

    Wrecked are what a wrong encoding leaves: replacement and control characters, accented Latin; they are letters or
    symbols as well.
    """
    found = np.bincount(_sorts()[_points(text)], minlength=_SPACE + 1).tolist()
    strange = found[_STRANGE]
    letters = found[_LETTER] + found[_ARABIC] + strange
    return Counts(letters, found[_ARABIC], strange, found[_SYMBOL], sum(found) - found[_SPACE])


def repeats(text: str, run: int) -> bool:
    """Whether some character stands `run` times in a row."""
    points = _points(text)
    same = points[1:] == points[:-1]
    for _ in range(run - 2):
        if not same.any():
            return False
        same = same[1:] & same[:-1] if len(same) > 1 else same[:0]
    return bool(same.any())


def _points(text: str) -> npt.NDArray[np.uint16]:
    return np.frombuffer(text[:LONGEST].encode("utf-16-le", "surrogatepass"), np.uint16)


def _sort(character: str) -> int:
    if _WRECKED.match(character):
        return _STRANGE
    if _ARABIC_LETTER.match(character):
        return _ARABIC
    if character.isspace():
        return _SPACE
    if character.isalpha():
        return _LETTER
    return _OTHER if _PLAIN.match(character) else _SYMBOL


@cache
def _sorts() -> npt.NDArray[np.uint8]:
    return np.array([_sort(chr(point)) for point in range(1 << 16)], np.uint8)
