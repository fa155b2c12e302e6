"""Another language, by its letters."""

import re

from cleaning.alphabet import LETTERS
from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Share, document_filter

_ARABIC_SCRIPT = re.compile(f"[{LETTERS}]")
_LETTER = re.compile(r"[^\W\d_]")


@document_filter
def not_persian(record: Record, *, field: FieldName, share: Share) -> Finding | None:
    """Fewer of the field's letters than this share are of the Arabic script.

    A text without any letter has a share of 0. Arabic and Urdu pass: telling them apart takes words, not letters.
    Reason `not_persian`; measure: the share and the minimum.
    """
    text = record.text(field)
    if not text:
        return None
    letters = len(_LETTER.findall(text))
    found = round(len(_ARABIC_SCRIPT.findall(text)) / letters, 3) if letters else 0.0
    return Finding("not_persian", {"share": found, "minimum": share}) if found < share else None
