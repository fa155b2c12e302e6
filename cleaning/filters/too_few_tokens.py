"""The length rule that the paper's authors filtered by."""

from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Count, document_filter
from cleaning.words import hazm_token_count


@document_filter
def too_few_tokens(record: Record, *, field: FieldName, tokens: Count) -> Finding | None:
    """The field has fewer tokens than this, as hazm 0.10 counts them: words and punctuation.

    Reason `short_<field>`; measure: its tokens and the minimum.
    """
    text = record.text(field)
    if text is None:
        return None
    count = hazm_token_count(text)
    return Finding(f"short_{field}", {"tokens": count, "minimum": tokens}) if count < tokens else None
