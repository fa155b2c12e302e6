"""A text so long that it is a page's wreck, not a record."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured


@measured
def too_long(record: Record, *, field: FieldName) -> Figures | None:
    """The field has more characters than this.

    Reason `long_<field>`; measure: its characters and the maximum.
    """
    text = record.text(field)
    return None if text is None else {"characters": len(text)}


@too_long.rule
def _(found: Figures, *, field: FieldName, characters: Count) -> Finding | None:
    return Finding(f"long_{field}", found | {"maximum": characters}) if found["characters"] > characters else None
