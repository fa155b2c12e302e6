"""The letter that a text gives, and by what it was read."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evaluator.letters.claims import Claim, claims
from evaluator.letters.edges import opening
from evaluator.letters.families import NONE_OF_THEM, Undeclared
from evaluator.letters.mentions import mentions
from evaluator.letters.signs import BEGINS, spelt

NONE, SEVERAL = "none", "several"
_NEGATIVE = re.compile(
    spelt(
        rf"{BEGINS}(?:نادرست|ناصحیح|غلط|اشتباه|نیست|نمی|ندار|نکن|نشو|نباش|نبود|بجز|غیر از|استثنا"
        r"|(?:(?:به[\s\u200c])?جز|مگر)(?:[\s:]|\Z))"
        r"|not\b|n't|except|incorrect|false|wrong|least|NOT\b|EXCEPT"
    )
)
_TURNS = re.compile(
    spelt(
        r"بنابراین|در نتیجه|لذا|نهایی|نهائی|پس(?<!\wپس)[\s،]|اصلاح|تصحیح|اشتباه کرد|ببخشید|در واقع|اما\s|ولی\s|بلکه"
        r"|owever|but |herefore|inal|ait|orry|orrect(?:ion|ed)|ctually|mistake"
    )
)
_TURN_REACH = 80
_RESTARTS = re.compile(spelt(r"\n[#\s*]{0,5}(?:پرسش|سوال|سؤال|Question|Q:)"))
_TAG = re.compile(r"</?[a-z]{1,6}[0-9]?/?>|<\|[a-z_]{1,20}\|>")
_SENTENCES, _MARKS, _ASKED_LAST = re.compile(r"[.!?؟\n]"), " .!?؟:…\n", 200


class Reading(NamedTuple):
    """What was read: `letter` is None where the text gives none, or several, which `letters` names.

    `by` is what told it: claim, own words, ending, conclusion, verdict, opening, mention, exclusion, quote; or why
    there is no letter: NONE, NONE_OF_THEM, SEVERAL.
    """

    letter: str | None
    by: str
    letters: tuple[str, ...] = ()


def reading(text: str, options: Mapping[str, str], question: str = "") -> Reading:
    """Read the letter out of what a model wrote; `options` are those it was shown, by letter.

    The question is looked at only for whether it asks for what is wrong. Takes time by the length of the text.
    """
    if "<" in text:
        text = _TAG.sub(" ", text)
    keys = sorted(options)
    by, places = _read(text, [options[key] for key in keys], question)
    letters = tuple(keys[place] for place in sorted(places))
    if len(letters) == 1 and by:
        return Reading(letters[0], by, letters)
    if by == NONE_OF_THEM:
        return Reading(None, by)
    return Reading(None, SEVERAL if len(letters) > 1 else NONE, letters)


def named_at(text: str, options: Mapping[str, str], letter: str) -> int | None:
    """Where a text first names this option by its letter, in characters; None where it gives only its words."""
    keys = sorted(options)
    texts, place = [options[key] for key in keys], keys.index(letter)
    named = mentions(text, len(texts))
    declared = claims(text, named, texts).declared
    starts = [m.start for m in named if m.place == place]
    starts += [claim.end for claim in declared if place in claim.places]
    starts += [0] if opening(text, texts) == place else []
    return min(starts, default=None)


def _read(text: str, options: Sequence[str], question: str) -> tuple[str, set[int]]:
    """By what was read, and the options by place."""
    named = mentions(text, len(options))
    found = claims(text, named, options)
    if found.declared and (places := _claimed(text, found.declared, question)):
        return "claim", places
    return Undeclared(text, options, named, _negative(question)).proved(found)


def _claimed(text: str, declared: Sequence[Claim], question: str) -> set[int]:
    """What is declared the answer; the last word where the text turns to it, all where it contradicts itself."""
    if len(declared) == 1 and not declared[0].wrong:
        return set(declared[0].places)
    said = [claim for claim in declared if not claim.wrong]
    if not said and (not question or _negative(question)):
        said = list(declared)
    every = {place for claim in said for place in claim.places}
    if len(every) < 2:
        return every
    if again := _RESTARTS.search(text, said[0].end):
        said = [claim for claim in said if claim.start < again.start()]
    last = said[-1]
    turn = max(said[-2].end if len(said) > 1 else last.end, last.start - _TURN_REACH)
    if all(len(claim.places) == 1 for claim in said) and _TURNS.search(text, turn, last.end):
        return set(last.places)
    return {place for claim in said for place in claim.places}


def _negative(question: str) -> bool:
    """Whether a question asks for what is wrong: its last sentence does."""
    return bool(_NEGATIVE.search(_SENTENCES.split(question[-_ASKED_LAST:].rstrip(_MARKS))[-1]))
