"""Names, numbers, addresses of persons become typed placeholders: nothing of the kind trains a model."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from cleaning.privacy import KINDS, PLACEHOLDERS, Kind, mask
from cleaning.record import Taken
from cleaning.steps import extract

__all__ = ["PLACEHOLDERS", "Masked", "personal_data"]

Masked = Kind
Kinds = Annotated[Sequence[Masked], Field(min_length=1)]


@extract(private=True)
def personal_data(text: str, *, kinds: Kinds = KINDS) -> Taken:
    """Replace what is personal by typed placeholders: numbers, addresses and identifiers of every kind, and names.

    The spans say what stood where in the text given. A recipe that keeps the doctors' names gives all kinds but
    `doctor_name`. What each kind takes, and how surely: `cleaning.privacy`.
    """
    return mask(text, kinds)
