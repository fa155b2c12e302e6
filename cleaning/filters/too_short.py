"""A text of too few words to teach anything."""

from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Count, document_filter
from cleaning.words import word_count


@document_filter
def too_short(record: Record, *, field: FieldName, words: Count) -> Finding | None:
    """The field has fewer words than this; one it should have and has not is `no_<field>`.

    Reason `short_<field>`; measure: its words and the minimum.
    """
    text = record.text(field)
    if text is None:
        return None
    if not text.strip():
        return Finding(f"no_{field}", {"words": 0, "minimum": words})
    count = word_count(text)
    return Finding(f"short_{field}", {"words": count, "minimum": words}) if count < words else None
