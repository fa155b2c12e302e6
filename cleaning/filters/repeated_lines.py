"""Articles that say the same line again and again: menus, boxes and lists that are no text."""

from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Finding, Record
from cleaning.steps import document_filter

ShareBelowOne = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


@document_filter
def repeated_lines(record: Record, *, field: FieldName, share: ShareBelowOne) -> Finding | None:
    """More than this share of the field's lines stand in it a second time.

    Reason `repeated_lines`; measure: the share and the maximum.
    """
    lines = [line for line in (record.text(field) or "").splitlines() if line.strip()]
    if not lines:
        return None
    found = round(1 - len(set(lines)) / len(lines), 3)
    return Finding("repeated_lines", {"share": found, "maximum": share}) if found > share else None
