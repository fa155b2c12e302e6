"""Texts that stop in the middle."""

from cleaning.folding import fold
from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import measured
from cleaning.wording import word_set

_JOINING = word_set("""
و در به از که با برای تا یا اگر اما ولی چون زیرا همچنین مثل مانند بین جهت طی بدون این هر می نمی بر توسط درباره همراه
یعنی چنانچه هنگام پس
""")
_TAIL = 100  # characters: the last word is among them


@measured
def cut_off(record: Record, *, field: FieldName) -> Figures | None:
    """The text ends, without a mark, in a word that wants another: «و», «در», «که».

    A comma at the end tells nothing: all 31 published answers that end in one are whole.
    Reason `cut_off`; measure: the word.
    Judged on published answers: 6 of 7 right, after the rule was changed for 1 other. A cut inside a word, or after a
    word that could be the last, is not seen.
    """
    tail = (record.text(field) or "").rstrip()[-_TAIL:]
    if not tail[-1:].isalnum():
        return None
    found = (fold(tail.rsplit(None, 1)[-1]) or fold(tail)).split()  # of a lone tatweel nothing is left
    return {"end": found[-1]} if found and found[-1] in _JOINING else None


@cut_off.rule
def _(found: Figures) -> Finding | None:
    return Finding("cut_off", found)
