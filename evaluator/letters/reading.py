"""The letter that a text gives, and by what it was read."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluator.letters.claims import Claim, Claims, claims
from evaluator.letters.edges import opening
from evaluator.letters.families import NONE_OF_THEM, Undeclared
from evaluator.letters.marks import besides
from evaluator.letters.mentions import Mentions
from evaluator.letters.signs import BEGINS, spelt
from evaluator.letters.thoughts import spoken
from evaluator.letters.turns import REACH as TURN_REACH
from evaluator.letters.turns import Turn, last_turn

NONE, SEVERAL = "none", "several"
_NOTHING: tuple[str, set[int]] = ("", set())
_NEGATIVE = re.compile(
    spelt(
        rf"{BEGINS}(?:نادرست|ناصحیح|غلط|اشتباه|نیست|نمی|ندار|نکن|نشو|نباش|نبود|بجز|غیر از|استثنا"
        r"|(?:(?:به[\s\u200c])?جز|مگر)(?:[\s:]|\Z))"
        r"|not\b|n't|except|incorrect|false|wrong|least|NOT\b|EXCEPT"
    )
)
_TURNS = re.compile(
    spelt(
        r"بنابراین|در نتیجه|لذا|نهایی|نهائی|پس(?<!\wپس)[\s،]|اصلاح|تصحیح|اشتباه کرد|ببخشید|پوزش|معذرت|عذر|در واقع"
        r"|اما\s|ولی\s|بلکه|owever|but |herefore|inal|ait|orry|orrect(?:ion|ed)|ctually|mistake|misread|ops\b"
        "|eflection|second thought|not right|cratch"
    )
)
_TURN_REACH, _LEADS = 80, " ,،.:;!…—-"
_RESTARTS = re.compile(spelt(r"\n[#\s*]{0,5}(?:پرسش|سوال|سؤال|Question|Q:)"))
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
    keys = sorted(options)
    texts = tuple([options[key] for key in keys])
    text, fields = spoken(text)
    by, places = _fields(fields, texts, question) if fields else _NOTHING
    if not places:
        by, places = _read(text, texts, question)
    letters = tuple([keys[place] for place in sorted(places)]) if len(places) != 1 else (keys[next(iter(places))],)
    if by and len(letters) == 1:
        return Reading(letters[0], by, letters)
    if by == NONE_OF_THEM:
        return Reading(None, by)
    return Reading(None, SEVERAL if len(letters) > 1 else NONE, letters)


def named_at(text: str, options: Mapping[str, str], letter: str) -> int | None:
    """Where a text first names this option by its letter, in characters; None where it gives only its words."""
    keys = sorted(options)
    texts, place = tuple([options[key] for key in keys]), keys.index(letter)
    named, found = _said(text, texts)
    starts = [claim.end for claim in found.declared if place in claim.places]
    starts += [mention.start for mention in named.all() if mention.place == place]
    return 0 if opening(text, texts) == place else min(starts, default=None)


def _fields(fields: Sequence[str], options: tuple[str, ...], question: str) -> tuple[str, set[int]]:
    """What stands in the fields for an answer, of all of them together."""
    places = {place for field in fields for place in _read(f"Answer: {field}", options, question)[1]}
    return ("claim" if len(places) == 1 else "", places)


def _read(text: str, options: tuple[str, ...], question: str) -> tuple[str, set[int]]:
    """By what was read, and the options by place."""
    named, found = _said(text, options)
    turn = last_turn(text, found.declared[-1].end if found.declared else max(0, len(text) - TURN_REACH))
    if turn and (read := _behind(text, turn, options, question)):
        return read
    if found.declared and (places := _claimed(text, found.declared, question)):
        also = besides(text, found.declared[0].end, options) if len(places) == 1 and not _negative(question) else set()
        return "claim", places | also
    return Undeclared(text, options, named.all(), _negative(question)).proved(found)


@lru_cache(maxsize=1)
def _said(text: str, options: tuple[str, ...]) -> tuple[Mentions, Claims]:
    """What a text names and declares; kept for who asks next where the letter stands that was read."""
    named = Mentions(text, len(options))
    return named, claims(text, named, options)


def _behind(text: str, turn: Turn, options: tuple[str, ...], question: str) -> tuple[str, set[int]] | None:
    """What is read behind a change of mind; None where it may be none, and names no option."""
    by, places = _read(text[turn.end :].lstrip(_LEADS), options, question)
    if turn.sure:
        return ("", set()) if by == "quote" else (by, places)
    if not places or by in ("quote", ""):
        return None
    return by, places if by != "mention" else places | _read(
        text[max(0, turn.start - TURN_REACH) : turn.start], options, question
    )[1]


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


@lru_cache(maxsize=1 << 15)
def _negative(question: str) -> bool:
    """Whether a question asks for what is wrong: its last sentence does."""
    return bool(_NEGATIVE.search(_SENTENCES.split(question[-_ASKED_LAST:].rstrip(_MARKS))[-1]))
