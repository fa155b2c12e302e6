"""Where a text changes its mind: `Wait, no`, اشتباه کردم, `Sorry, I meant`."""

import re
from typing import NamedTuple

from evaluator.letters.signs import spelt

REACH, _NEAR, _LEAD = 250, 80, 8
_MILD = (
    "orry",
    "I meant",
    "ctually",
    "خش(?<=ببخش)",
    "عذر",
    "پوزش",
    "ظورم",
    "قع(?<=در واقع)",
    "،(?<=نیست،)",
    "،(?<=[.…!؟] نه،)",
    r"o[.!:]\s(?<=[.…!?] [Nn]o[.!:]\s)",
    r"ope[.,!:](?<=[.…!?] [Nn]ope[.,!:])",
)
"""What is also said where nothing is taken back; an empty group marks it."""
# Every alternative begins with a plain character: only then does `re` skip to where one of those stands.
_FORMS = "|".join(
    [
        r"ait\b(?=\s{0,2}[,.!…;:—–-]|\s(?:no|I|that|actually|let)\b)",
        "cratch that",
        r"orrection(?<=\b[Cc]orrection)\s?[,:]",
        r"I (?:made an?|was|am) (?:mistake|error|wrong|mistaken)(?<!\wI)",
        "y mistake(?<=[Mm]y mistake)",
        "y bad(?<=[Mm]y bad)",
        "n (?:second thought|reflection)",
        "I take (?:that|it) back",
        "I mis(?:read|spoke)",
        r"ops\b(?<=\b[Oo]ops)",
        "et me (?:correct|revise|reconsider|rethink|fix|change)",
        "trike that",
        r"t:(?<=\b[Ee]dit:)",
        "ش:(?<=ویرایش:)",
        r"old on\b(?<=[Hh]old on)(?=\s?[,.!…;:—–-])",
        "شتباه (?:کردم|شد|گفتم|نوشتم)",
        r"ص(?:بر کن(?:ید|م)?(?=\s?[،,.!…؛:])"
        + spelt(r"|لاح(?<=اصلاح)(?:\sمی[\s\u200c]?کنم|(?:یه)?\s?[:：])")
        + spelt(r"|حیح(?<=تصحیح)(?:\sمی[\s\u200c]?کنم|\s?[:：]))"),
        *(f"{mild}()" for mild in _MILD),
    ]
)
_TURNS = re.compile(_FORMS)
_NOS = re.compile(rf"{_FORMS}|نه[.!]\s(?<=[.…!؟] نه[.!]\s)()")
_LED = re.compile(r"(?:\A|[.،,!?…;؛:—–\n-]|(?<!\w)(?:[Nn]o|[Oo]h|[Bb]ut|[Hh]mm|نه)[,،]?)\s?[Ww]?\Z")
"""What stands before a word of waiting that is said to oneself, and no order to a patient."""


class Turn(NamedTuple):
    """Where the words of a change of mind stand; `sure` where they are said of nothing else."""

    start: int
    end: int
    sure: bool


def last_turn(text: str, start: int) -> Turn | None:
    """The last one behind `start`, within reach: a sure one, else one near the end of the text."""
    turn, reach = None, start + REACH
    noes = text.find(" نه.", start, reach) >= 0 or text.find(" نه!", start, reach) >= 0
    for match in (_NOS if noes else _TURNS).finditer(text, start, reach):
        begin, end = match.span()
        sure = match.lastindex is None
        led = match[0][:3] not in ("ait", "صبر") or _LED.search(text, max(0, begin - _LEAD), begin)
        if led and (sure or (len(text) - end <= _NEAR and not (turn and turn.sure))):
            turn = Turn(begin, end, sure)
    return turn
