"""Articles that say the same line again and again: menus, boxes and lists that are no text."""

from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import measured

ShareBelowOne = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


@measured
def repeated_lines(record: Record, *, field: FieldName) -> Figures | None:
    """More than this share of the field's lines stand in it a second time.

    Reason `repeated_lines`; measure: the share and the maximum.
    """
    lines = [line for line in (record.text(field) or "").splitlines() if line.strip()]
    return {"share": round(1 - len(set(lines)) / len(lines), 3)} if lines else None


@repeated_lines.rule
def _(found: Figures, *, share: ShareBelowOne) -> Finding | None:
    return Finding("repeated_lines", found | {"maximum": share}) if found["share"] > share else None
