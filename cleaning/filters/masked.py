"""Personal data found: the placeholders that masking left behind."""

from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Finding, Record
from cleaning.steps import document_filter
from cleaning.transforms.personal_data import PLACEHOLDERS, Masked

Kinds = Annotated[list[Masked], Field(min_length=1)]


@document_filter
def masked(record: Record, *, field: FieldName, kinds: Kinds) -> Finding | None:
    """Something of these kinds was masked in the field: where a phone stood, a name or an advertisement is often near.

    Reason `personal_data`; measure: how many of each kind.
    """
    text = record.text(field) or ""
    if "[" not in text:
        return None
    found: dict[str, int] = {kind: count for kind in kinds if (count := text.count(PLACEHOLDERS[kind]))}
    return Finding("personal_data", found) if found else None
