"""Sentences of an answer that speak to whoever judges it: found, taken out and counted.

Of 19,873 answers of doctors in three forums none is taken for one (tests): who answers a patient speaks of no answers.
"""

import re
from dataclasses import dataclass

REMOVED = "[…]"
# Within a sentence; at most so many characters between two words, so that the search stays linear.
SENTENCE = re.compile(r"[^.!?؟۔\n]+[.!?؟۔\n]*")
GAP = r"[^.!?؟۔\n]{0,40}"
WHICH = r"(?:first|second|1st|2nd|other|former|latter|this|my|[AB12])"
WHICH_FA = r"(?:اول|نخست|دوم|دیگر|بالا|قبلی|یک|دو|الف|[12۱۲AB])"
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:ignore|disregard|forget|override)\b{GAP}\b(?:above|previous|prior|preceding|instruction|prompt|criteria)",
        rf"\b(?:say|state|answer|output|reply|respond|choose|pick|select|prefer|declare|vote|print|write)\b{GAP}"
        rf"\b(?:{WHICH}\s+(?:answer|response|one|option|model|assistant)|{WHICH}\s+is\s+better|tie\b)",
        rf"\b{WHICH}\s+(?:answer|response|model|assistant)\b{GAP}\b(?:is|was|are)\s+(?:clearly\s+|much\s+)?"
        r"(?:the\s+)?(?:better|best|superior|winner|preferred|correct one)\b",
        r"\b(?:as|dear|attention,?|note to)\s+(?:the\s+|an?\s+)?(?:judge|evaluator|grader|rater)\b",
        r"\b(?:system|developer)\s*(?:prompt|message)\b|<\|[a-z_]+\|>|\bverdict\b|\"(?:winner|mark|better)\"\s*:|\[\[[AB]\]\]",
        rf"(?:دستور|معیار|راهنما|متن|مطالب|هرچه|هر چه|پیام){GAP}(?:نادیده\s?\u200c?بگیر|فراموش کن|کنار بگذار|لغو کن)",
        rf"(?:بگو|بگویید|انتخاب کن|برگزین|ترجیح بده|اعلام کن|رای بده|رأی بده|بنویس){GAP}"
        rf"(?:پاسخ|جواب|گزینه)\s?{WHICH_FA}\b",
        rf"(?:پاسخ|جواب)\s(?:مدل\s)?{WHICH_FA}\b{GAP}(?:بهتر|برتر|برنده|ترجیح|انتخاب)",
        r"(?:داور|ارزیاب|قاضی)\s(?:گرامی|محترم|عزیز)|به\s?عنوان\s(?:داور|ارزیاب)|داوری\s(?:کن|خود)",
    )
)


@dataclass(frozen=True)
class Cleaned:
    """An answer as a judge reads it, and how many sentences of it were taken out."""

    text: str
    removed: int


def without(answer: str) -> Cleaned:
    """The answer without the sentences that speak to its judge."""
    removed = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal removed
        sentence = match[0]
        if not any(pattern.search(sentence) for pattern in PATTERNS):
            return sentence
        removed += 1
        return REMOVED + sentence[len(sentence.rstrip()) :]

    return Cleaned(SENTENCE.sub(kept, answer), removed)
