"""Personal data found: the placeholders that masking left behind."""

from cleaning.record import Finding, Record
from cleaning.steps import document_filter
from cleaning.transforms.personal_data import PLACEHOLDERS


@document_filter
def masked(record: Record, *, field: str, kinds: list[str]) -> Finding | None:
    """Something of these kinds was masked in the field: where a phone stood, a name or an advertisement is often near.

    Reason `personal_data`; measure: how many of each kind.
    """
    text = record.text(field) or ""
    if "[" not in text:
        return None
    counts = {kind: text.count(PLACEHOLDERS[kind]) for kind in kinds if kind in PLACEHOLDERS}
    found = {kind: count for kind, count in counts.items() if count}
    return Finding("personal_data", found) if found else None
