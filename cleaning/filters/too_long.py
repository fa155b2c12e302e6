"""A text so long that it is a page's wreck, not a record."""

from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Count, document_filter


@document_filter
def too_long(record: Record, *, field: FieldName, characters: Count) -> Finding | None:
    """The field has more characters than this.

    Reason `long_<field>`; measure: its characters and the maximum.
    """
    length = len(record.text(field) or "")
    return Finding(f"long_{field}", {"characters": length, "maximum": characters}) if length > characters else None
