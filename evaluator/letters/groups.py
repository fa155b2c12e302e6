"""Which mentions of options belong together: `[A] ... و [B] ...`, options on lines one after the other."""

import re
from collections.abc import Sequence

from evaluator.letters.mentions import Mention
from evaluator.letters.signs import BEGINS, GAP, spelt

REACH = 90
"""How far apart two options that are named together may stand, in characters."""
MOST = 12
"""Mentions that are held to be named together; a loop of more says no more."""
_BARE = re.compile(rf"(?:{GAP}|[،,&/:-]){{0,8}}(?:(?:و|and|یا|or){GAP}{{1,3}})?\Z")
_WORDS = re.compile(rf"[^.؛!؟]{{0,{REACH}}}?(?:[\s،](?:و|and|یا|or){GAP}{{1,4}}|،{GAP}{{0,3}})\Z")
_GAPS, _AND = (
    " \t\n\r\f\v\xa0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060*_`~$",
    ("و", "and", "یا", "or", "،"),
)
_ASIDE = re.compile(rf"(?:{GAP}|\)){{0,8}}(?:و|یا|and|or){GAP}{{1,3}}[^.؛!؟()\n]{{1,{REACH}}}(?:\({GAP}{{0,2}})?\Z")
_SAID = re.compile(
    spelt(rf"{BEGINS}(?:است|نه\s|زیرا|چون|بلکه|اما|ولی|هست|نیست|ن?می[\s\u200c]|(?:is|are|but|because)\b)")
)
_ROW = re.compile(rf"[^\n]{{0,{REACH}}}\n{GAP}{{0,3}}-?\s?\Z")


def together(text: str, named: Sequence[Mention], first: int) -> int:
    """The last of the mentions that are joined to the first one by "and", "or" or a comma."""
    last, most = first, min(len(named), first + MOST) - 1
    while last < most and _joined(text, named[last].end, named[last + 1].start):
        last += 1
    return last


def rows(text: str, named: Sequence[Mention], first: int) -> int:
    """The last of the mentions that stand on lines of their own, one after the other; behind B, A begins anew."""
    last, most = first, min(len(named), first + MOST) - 1
    while last < most and named[last].place <= named[last + 1].place and _ROW.fullmatch(text, *_between(named, last)):
        last += 1
    return last


def listed(text: str, named: Sequence[Mention]) -> bool:
    """Whether the options are gone through line by line: three or more begin one, and the first comes first."""
    begin = {m.place for m in named if text[max(0, m.start - 4) : m.start].rstrip(" *-\u200c\t")[-1:] in ("", "\n")}
    return len(begin) >= 3 and named[0].place == 0


def _between(named: Sequence[Mention], place: int) -> tuple[int, int]:
    return named[place].end, named[place + 1].start


def _joined(text: str, end: int, start: int) -> bool:
    if start - end > REACH:
        return False
    between = text[end:start]
    words = (between.rstrip(_GAPS).endswith(_AND) and _WORDS.match(between)) or (
        "(" in text[start - 1 : start + 1] and _ASIDE.match(between)
    )
    return bool(_BARE.match(between) or (words and not _SAID.search(between)))
