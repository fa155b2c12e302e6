"""Articles that say the same line again and again: menus, boxes and lists that are no text."""

from cleaning.record import Finding, Record
from cleaning.steps import document_filter


@document_filter
def repeated_lines(record: Record, *, field: str, share: float) -> Finding | None:
    """More than this share of the field's lines stand in it a second time.

    Reason `repeated_lines`; measure: the share and the maximum.
    """
    lines = [line for line in (record.text(field) or "").splitlines() if line.strip()]
    if not lines:
        return None
    found = round(1 - len(set(lines)) / len(lines), 3)
    return Finding("repeated_lines", {"share": found, "maximum": share}) if found > share else None
