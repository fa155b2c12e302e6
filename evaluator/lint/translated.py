"""What a translating machine leaves behind: its own words, a text it did not end, a clause it did not begin."""

import re
from collections.abc import Iterator, Mapping, Sequence

from evaluator.lint.finding import Finding, shown
from evaluator.lint.words import ARABIC, FUNCTION_WORDS, LATIN, plain, words

_SPEAKS = re.compile(
    r"^(?:ترجمه(?: فارسی| متن)? ?:|متن ترجمه شده|here is|here's|sure[,!.]|translation ?:|translated text)|"
    r"\bas an ai\b|\bi(?: am|'m) (?:sorry|unable)|\bi can(?:not|'t| not) (?:translate|help|assist)|"
    r"(?:متاسفم|متاسفانه|پوزش).{0,40}(?:ترجمه|کمک)|نمی ?توانم.{0,40}ترجمه|به عنوان یک (?:مدل زبانی|هوش مصنوعی)",
    re.IGNORECASE,
)
_BASES = re.compile(r"[acgtun]+", re.IGNORECASE)
"""A gene's letters may well come again and again: CAG CAG CAG CAG."""
PERIOD, TIMES = 4, 4
"""Words of a run that comes again at most, and times it must; no published text has one of 3."""
CLAUSE, FUNCTION = 5, 3
"""Words of a run in English, and function words in it; «small cell carcinoma of the lung», a name, has 2."""


def machine(benchmark: str, item: str, texts: Mapping[str, str], language: str) -> Iterator[Finding]:
    """A translator that speaks for itself, goes round in a circle, or leaves a clause as it was.

    Of the published items it tells none.
    """
    for where, text in texts.items():
        told = words(text)
        if language == "fa" and (found := _SPEAKS.search(plain(text))):
            said = f"{where} has the words of a translator, «{shown(found[0], 40)}»: «{shown(text)}»"
            yield Finding(benchmark, item, "translator", "error", said)
        if circle := _circle(told):
            said = f"{where} says «{shown(' '.join(circle), 40)}» {TIMES} times on end: «{shown(text)}»"
            yield Finding(benchmark, item, "loop", "error", said)
        if language == "fa" and ARABIC.search(text) and (clause := _clause(told)):
            said = f"{where} has an English clause, «{shown(' '.join(clause), 60)}»"
            yield Finding(benchmark, item, "untranslated", "warning", said)


def _circle(told: Sequence[str]) -> Sequence[str] | None:
    """The words that come again TIMES times on end."""
    for period in range(1, PERIOD + 1):
        again = 0
        for place in range(len(told) - period):
            again = again + 1 if told[place] == told[place + period] else 0
            if again >= period * (TIMES - 1):
                circle = told[place + 1 : place + 1 + period]
                if any(len(word) > 1 and word[0].isalpha() and not _BASES.fullmatch(word) for word in circle):
                    return circle
    return None


def _clause(told: Sequence[str]) -> Sequence[str] | None:
    """The first run of English words that is a clause."""
    start = 0
    for place in range(len(told) + 1):
        if place < len(told) and LATIN.match(told[place]):
            continue
        run = told[start:place]
        if len(run) >= CLAUSE and sum(word in FUNCTION_WORDS for word in run) >= FUNCTION:
            return run
        start = place + 1
    return None
