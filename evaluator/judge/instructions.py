"""Passages of an answer that speak to whoever judges it, or that a judge could read and the patient could not.

Of 19,873 answers of doctors in three Persian forums and K-QA's 201 in English none is taken for one, of 2,015 that five
models wrote 20 (tests): who answers a patient speaks of no answers, and in the patient's language.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from evaluator.judge.disguises import CODED, INVISIBLE, MIXED, decoded, readings
from evaluator.judge.foreign import OTHER_SCRIPT, foreign, in_english
from evaluator.judge.orders import ordered

REMOVED = "[…]"
ENDS = ".!?؟۔\n "
SENTENCE = re.compile(r"[^.!?؟۔\n]*[^.!?؟۔\n\s][^.!?؟۔\n]*[.!?؟۔\n\s]*|[.!?؟۔\n\s]+")
TOGETHER = 120  # characters of two sentences that may be one order
SHORT = 2  # words of a line, of which several may be one order
HIDDEN = 4  # characters that show nothing, in a row: a text of them, no slip of a keyboard
KEPT = 1 << 12  # answers that are kept as they were cleaned: a pair is put before a judge twice


@dataclass(frozen=True)
class Cleaned:
    """An answer as a judge reads it, and how many passages of it were taken out."""

    text: str
    removed: int


@lru_cache(maxsize=KEPT)
def without(answer: str, question: str = "") -> Cleaned:
    """The answer without what speaks to its judge, nor what is in another language than Persian and English.

    Languages are looked at where the question itself is in one of those.
    """
    counted = 0

    def out(found: re.Match[str]) -> str:
        nonlocal counted
        counted += 1
        return REMOVED + (" " if found[0][-1].isspace() else "")

    told = INVISIBLE.sub(lambda run: out(run) if len(run[0]) >= HIDDEN else "", decoded(answer))
    told = CODED.sub(lambda found: found["link"] or out(found), told)
    known = not (OTHER_SCRIPT.search(question) or foreign(question))
    sentences, english = SENTENCE.findall(told), in_english(question)
    gone = _gone(sentences, known, english)
    text = "".join(REMOVED + s[len(s.rstrip()) :] if g else s for s, g in zip(sentences, gone, strict=True))
    text = OTHER_SCRIPT.sub(out, text) if known else text
    return Cleaned(text, counted + sum(gone))


def _gone(sentences: list[str], known: bool, english: bool) -> list[bool]:
    """Which of them are to go, each by itself, with its like of a word or two a line, or with the next."""
    gone = [_ordered(s, english) or (known and (foreign(s, english) or bool(MIXED.search(s)))) for s in sentences]
    for short, run in groupby(range(len(sentences)), lambda n: not gone[n] and len(sentences[n].split()) <= SHORT):
        lines = list(run)
        if short and len(lines) > SHORT and _ordered(" ".join(sentences[n].strip(ENDS) for n in lines), english):
            gone[lines[0] : lines[-1] + 1] = [True] * len(lines)
    for n, (one, two) in enumerate(pairwise(sentences)):
        both = f"{one.rstrip(ENDS)} {two}"
        if not gone[n] and not gone[n + 1] and len(both) < TOGETHER and _ordered(both, english):
            gone[n] = gone[n + 1] = True
    return gone


def _ordered(sentence: str, english: bool) -> bool:
    return any(ordered(reading, english) for reading in readings(sentence))
