"""What two questions differ by: one word may turn a question round, and then another answer is no mistake."""

import re
from collections import Counter
from typing import Literal

from evaluator.lint.words import folded, plain, words

Difference = Literal["spelling", "words", "facts"]
SHORT = 3
"""Letters of a word that may be there or not: است, را, the, is."""
_FACT = re.compile(
    r"\d.*|.*[a-z].*|"
    r"ن(?:می|باش|بود|دار|کن|شو|شد|ده|یست|کرد|گرد|یاب)\w*|ب?جز|مگر|نا(?:درست|صحیح|مناسب)|غلط|اشتباه|غیر|بدون|راست|چپ"
)
"""Figures, Latin words, and what turns a sentence round."""
_SIGNS = re.compile("[<>=+%≤≥]")
_FILLING = {"the", "of", "is", "are", "a", "an", "to", "in"}


def difference(one: str, other: str) -> Difference:
    """`spelling` where two texts differ by spaces and short words alone, `facts` where by figures, terms or negations.

    Else `words`: whether they ask the same cannot be told from here.
    """
    if folded(one) == folded(other):
        return "spelling"
    ours, theirs = Counter(words(one)), Counter(words(other))
    left = {*(ours - theirs), *(theirs - ours)} - _FILLING
    if any(map(_FACT.fullmatch, left)) or _SIGNS.findall(plain(one)) != _SIGNS.findall(plain(other)):
        return "facts"
    return "spelling" if all(len(word) <= SHORT for word in left) else "words"
