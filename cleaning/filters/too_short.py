"""A text of too few words to teach anything."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured
from cleaning.wording import word_count


@measured
def too_short(record: Record, *, field: FieldName) -> Figures | None:
    """The field has fewer words than this; one it should have and has not is `no_<field>`.

    Reason `short_<field>`; measure: its words and the minimum.
    """
    text = record.text(field)
    if text is None:
        return None
    return {"words": word_count(text)} if text.strip() else {"words": 0, "empty": True}


@too_short.rule
def _(found: Figures, *, field: FieldName, words: Count) -> Finding | None:
    if found["words"] >= words:
        return None
    return Finding(f"no_{field}" if "empty" in found else f"short_{field}", found | {"minimum": words})
