"""The letter of a multiple-choice answer, read from free text in Persian, English, or both: one reader for every model.

`reading` tells the letter and by what it was read, or why there is none; `read` only the letter. Neither sees the key.
What is read, in this order: the option declared the answer (`claims`); its own words instead of a letter (`quotes`);
the letter a text ends on (`edges`); the option named where it sums up, or told right (`verdicts`); the letter it opens
with; the one it names first and sets apart; the one that is left; the one whose words it sums up or begins with. A text
that names several, or none, has no letter.
"""

from collections.abc import Mapping

from evaluator.letters.families import NONE_OF_THEM
from evaluator.letters.reading import NONE, SEVERAL, Reading, named_at, reading

__all__ = ["NONE", "NONE_OF_THEM", "SEVERAL", "Reading", "named_at", "read", "reading"]


def read(text: str, options: Mapping[str, str], question: str = "") -> str | None:
    """The letter in a text, of the options by letter as they were shown; None where it holds none, or several."""
    return reading(text, options, question).letter
