"""The letter that a text opens with, `B) ...`, or ends on, `... = B`; where letters follow line by line, none."""

import re
from collections.abc import Sequence

from evaluator.letters.signs import ALONE, DIGIT, GAP, PLACES, SIGN, called

_OPENS = re.compile(
    rf"{GAP}{{0,8}}[(\[«\"]?({SIGN}){ALONE}(?={GAP}{{0,3}}(?:[.):\]»\"|،,<–-]|\Z|because|since|است|زیرا|چون)|\s*\n)"
)
_ONLY = re.compile(rf"{GAP}{{0,8}}[(\[«\"]?({SIGN}|{DIGIT})[)\]»\".]?{GAP}{{0,8}}\Z")
_ENDS = re.compile(rf"(?:[=:|>]|حرف|\n|is\s|'s\s){GAP}{{0,3}}[(\[]?({SIGN}){ALONE}{GAP}{{0,3}}[)\].]?[\s.]{{0,3}}\Z")
_LINE = re.compile(rf"(?:\A|\n){GAP}{{0,3}}[(\[]?({SIGN})[)\].]?[ \t]{{0,3}}(?=\n|\Z)")
_TAIL = 40


def opening(text: str, options: Sequence[str]) -> int | None:
    """The place of the option that the text opens with, or is."""
    return _alone(text, _ONLY.match(text) or _OPENS.match(text), options)


def ending(text: str, options: Sequence[str]) -> int | None:
    """The place of the option that stands by itself at the end."""
    return _alone(text, _ENDS.search(text, max(0, len(text.rstrip()) - _TAIL)), options)


def _alone(text: str, match: re.Match[str] | None, options: Sequence[str]) -> int | None:
    place = None if match is None else called(match[1], options)
    if place is None or any(PLACES[line[1]] != place for line in _LINE.finditer(text)):
        return None
    return place
