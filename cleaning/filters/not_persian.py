"""Another language, by its letters."""

from collections.abc import Sequence

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
    return _all([record], field)[0]


@not_persian.many
def _(records: Sequence[Record], *, field: FieldName) -> list[Figures | None]:
    return _all(records, field)


@not_persian.rule
def _(found: Figures, *, share: Share) -> Finding | None:
    return Finding("not_persian", found | {"minimum": share}) if found["share"] < share else None


def _all(records: Sequence[Record], field: FieldName) -> list[Figures | None]:
    texts = tuple(record.text(field) or "" for record in records)
    shares = [found.arabic / found.letters if found.letters else 0.0 for found in counts(texts)]
    return [{"share": round(share, 3)} if text else None for text, share in zip(texts, shares, strict=True)]
