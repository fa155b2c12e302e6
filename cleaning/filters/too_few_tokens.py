"""The length rule that the paper's authors filtered by."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured
from cleaning.words import hazm_token_count


@measured
def too_few_tokens(record: Record, *, field: FieldName) -> Figures | None:
    """The field has fewer tokens than this, as hazm 0.10 counts them: words and punctuation.

    Reason `short_<field>`; measure: its tokens and the minimum.
    """
    text = record.text(field)
    return None if text is None else {"tokens": hazm_token_count(text)}


@too_few_tokens.rule
def _(found: Figures, *, field: FieldName, tokens: Count) -> Finding | None:
    return Finding(f"short_{field}", found | {"minimum": tokens}) if found["tokens"] < tokens else None
