"""What sorts of characters texts are made of, counted in one pass over a batch that several filters share."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.alphabet import LETTERS, MARKS
from cleaning.folding import runs
from cleaning.wording import LONGEST

RUN = 6
_OTHER, _LETTER, _ARABIC, _STRANGE, _SYMBOL, _SPACE = range(6)
_SORTS = 6
_PUNCTUATION = rf".,،؛;:!؟?()\[\]«»\"'/\\%٪٫٬۔+=<>*_…\u200c\u200d\u2013\u2014\u2018-\u201d°{MARKS}-"
_WRECKED = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff¡-¦¨-ª¬®¯´¶¸¹¿À-ÖØ-öø-ÿŒœŠšŽžŸƒˆ˜†‡‰‹›™]")
_PLAIN = re.compile(rf"[\w\s{_PUNCTUATION}]")
_ARABIC_LETTER = re.compile(f"[{LETTERS}]")


class Counts(NamedTuple):
    """Numbers of characters; those past the Basic Plane, emojis for the most part, count as two symbols.

    `held`: whether some character stands RUN times in a row.
    """

    letters: int
    arabic: int
    strange: int
    symbols: int
    visible: int
    held: bool


@lru_cache(maxsize=1)  # the filter that asks next asks about the same texts
def counts(texts: tuple[str, ...]) -> tuple[Counts, ...]:
    """The characters of each text's first LONGEST: letters, those of the Arabic script, wrecked, odd signs, no spaces.

    Wrecked are what a wrong encoding leaves: replacement and control characters, accented Latin; they are letters or
    symbols as well.
    """
    return tuple(each for first, last in runs(texts) for each in _counted(texts[first:last]))


def _counted(texts: Sequence[str]) -> Iterator[Counts]:
    pieces = [text[:LONGEST].encode("utf-16-le", "surrogatepass") for text in texts]
    points = np.frombuffer(b"".join(pieces), np.uint16)
    owner = np.repeat(np.arange(len(texts)), [len(piece) // 2 for piece in pieces])
    found = np.bincount(owner * _SORTS + _table()[points], minlength=len(texts) * _SORTS).reshape(-1, _SORTS)
    held = set(_held(points, owner).tolist())
    for number, (other, letter, arabic, strange, symbols, _) in enumerate(found.tolist()):
        letters = letter + arabic + strange
        yield Counts(letters, arabic, strange, symbols, other + letters + symbols, number in held)


def _held(points: npt.NDArray[np.uint16], owner: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The texts in which some character stands RUN times in a row."""
    same = (points[1:] == points[:-1]) & (owner[1:] == owner[:-1])
    for _ in range(RUN - 2):
        same = same[1:] & same[:-1] if len(same) > 1 else same[:0]
    held: npt.NDArray[np.intp] = owner[: len(same)][same]
    return held


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
def _table() -> npt.NDArray[np.uint8]:
    return np.array([_sort(chr(point)) for point in range(1 << 16)], np.uint8)
