"""Another language, by its letters."""

from cleaning.characters import counts
from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured


@measured
def not_persian(record: Record, *, field: FieldName) -> Figures | None:
    """Fewer of the field's letters than this share are of the Arabic script.

    A text without any letter has a share of 0. Arabic and Urdu pass: telling them apart takes words, see
    `other_language`.
    Reason `not_persian`; measure: the share and the minimum.
    Judged on published pairs: below .5, 1 of 1 right, its answer being in English.
    """
    text = record.text(field)
    if not text:
        return None
    found = counts(text)
    return {"share": round(found.arabic / found.letters, 3) if found.letters else 0.0}


@not_persian.rule
def _(found: Figures, *, share: Share) -> Finding | None:
    return Finding("not_persian", found | {"minimum": share}) if found["share"] < share else None
