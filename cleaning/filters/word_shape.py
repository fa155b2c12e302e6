"""Texts whose words are no words: codes, figures, letters apart or run together."""

from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured
from cleaning.wording import LONGEST

Letters = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
_MARKS = ".,،؛;:!؟?()[]{}«»\"'…-–—*"


@measured
def word_shape(record: Record, *, field: FieldName) -> Figures | None:
    """The mean word has fewer than `shortest` or more than `longest` characters, or too few words have a letter.

    Words are what spaces divide, without the punctuation at their ends; `letters` is the least share with a letter.
    Reason `word_shape`; measure: mean length, share with a letter, and the limit passed.
    """
    found = [word.strip(_MARKS) or word for word in (record.text(field) or "")[:LONGEST].split()]
    if not found:
        return None
    odd = [word for word in found if not word[0].isalpha()]
    lettered = len(found) - len(odd) + sum(any(map(str.isalpha, word)) for word in odd)
    return {"length": round(sum(map(len, found)) / len(found), 2), "letters": round(lettered / len(found), 3)}


@word_shape.rule
def _(found: Figures, *, shortest: Letters, longest: Letters, letters: Share) -> Finding | None:
    if not shortest <= found["length"] <= longest:
        return Finding("word_shape", found | {"minimum": shortest, "maximum": longest})
    return Finding("word_shape", found | {"minimum_letters": letters}) if found["letters"] < letters else None
