"""Options that signs tell apart, before or behind their names: `A: liver ✗, B: spleen ✓`, `Is it A? No.`, `B > A`."""

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from evaluator.letters.quotes import quoted
from evaluator.letters.signs import ALONE, COUNTED, DIGIT, GAP, SIGN, called

_TICK = re.compile(
    r"(?P<yes>[✓✔✅☑]|\[[xX]\])|(?P<no>[✗✘❌✖❎☒☐]|\[ \])"
    r"|[?؟]\s{0,3}(?:(?P<aye>[Yy]es\b|بله|آری|بلی)|(?P<nay>[Nn]o(?:pe)?\b|خیر|نه(?!\w)))"
    r"|(?i:correct|درست|صحیح)[\"']?\s{0,3}[:=]\s{0,3}(?:(?P<true>yes|true|بله)|(?P<false>no\b|false|خیر|نه(?!\w)))"
)
_NAME = re.compile(
    rf"(?<![\w\u200c])({SIGN}|{DIGIT}|{COUNTED}){ALONE}(?=[\])»\"'*]|{GAP}{{0,3}}(?:[.:،,;؛=–—|-]|\Z|\n))"
)
_RANKED = re.compile(rf"(?<![\w\u200c])({SIGN})[\])»]?{GAP}{{0,3}}([<>‹›≥≤]|>>){GAP}{{0,3}}[\[(«]?(?={SIGN}{ALONE})")
_ASKED = re.compile(r"[?؟]\s{0,3}(?:[Yy]es|[Nn]o|بل|آری|خیر|نه)")
_HEAD, _REACH, _MOST, _LEADS = 300, 160, 60, " \t\r\n-*•|.\u200c\u200f"
_HINTS = (
    *"✓✔✅☑✗✘❌✖❎☒☐",
    "[x]",
    "[X]",
    "[ ]",
    *(f"{word}{end}" for word in ("orrect", "درست", "صحیح") for end in (":", '":')),
)
"""What a text holds that says anything by signs, but for questions: looked for first, to be quick."""


def ticked(text: str, options: Sequence[str], negative: bool) -> set[int]:
    """The one option that is ticked, or the only one that is not; all where signs stand that do not tell."""
    head = text[:_HEAD]
    if not any(map(head.__contains__, _HINTS)) and not (("?" in head or "؟" in head) and _ASKED.search(head)):
        return set()
    marks = list(islice(_TICK.finditer(text), _MOST))
    if not marks:
        return set()
    if text[: marks[0].start()].strip(_LEADS):
        edges = [0, *(mark.end() for mark in marks)]
        passages = [
            text[max(low, mark.start() - _REACH) : mark.start()] for low, mark in zip(edges, marks, strict=False)
        ]
    else:
        edges = [*(mark.start() for mark in marks), len(text)]
        passages = [text[m.end() : min(high, m.end() + _REACH)] for m, high in zip(marks, edges[1:], strict=True)]
    yes, no = set[int](), set[int]()
    for mark, passage in zip(marks, passages, strict=True):
        named = {called(name[1], options) for name in _NAME.finditer(passage)} - {None} or quoted(passage, options)
        if len(named) == 1:
            (yes if mark["yes"] or mark["aye"] or mark["true"] else no).update(p for p in named if p is not None)
    return _apart(yes, no, len(options), negative)


def _apart(yes: set[int], no: set[int], options: int, negative: bool) -> set[int]:
    every = set(range(options))
    right = (yes - no) or (every - no if not yes else set())
    if negative and yes and len(no - yes) == 1:
        return no - yes
    return set() if not yes | no else right if len(right) == 1 and not negative else every


def ranked(text: str, options: Sequence[str]) -> set[int]:
    """The first of options in a row, `B > A > C`; all where it is not plain which end is the better one."""
    if not (">" in text or "<" in text or "‹" in text or "›" in text):
        return set()
    links = list(islice(_RANKED.finditer(text), _MOST))
    if not links:
        return set()
    chained = all(one.end() == other.start(1) for one, other in pairwise(links))
    place = called(links[0][1], options)
    if place is not None and chained and all(link[2] == ">" for link in links) and "=" not in text:
        return {place}
    return set(range(len(options)))
