"""Personal data found: the placeholders that masking left behind."""

from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import measured
from cleaning.transforms.personal_data import PLACEHOLDERS, Masked

Kinds = Annotated[list[Masked], Field(min_length=1)]


@measured
def masked(record: Record, *, field: FieldName) -> Figures | None:
    """Something of these kinds was masked in the field: where a phone stood, a name or an advertisement is often near.

    Reason `personal_data`; measure: how many of each kind. A text that came with such a placeholder, masked by whoever
    published it, counts as well: something stood there too, and a cleaned text measured again gives the same figures.
    """
    text = record.text(field) or ""
    if "[" not in text:
        return None
    return {kind: count for kind, placeholder in PLACEHOLDERS.items() if (count := text.count(placeholder))} or None


@masked.rule
def _(found: Figures, *, kinds: Kinds) -> Finding | None:
    named: Figures = {kind: found[kind] for kind in kinds if kind in found}
    return Finding("personal_data", named) if named else None
