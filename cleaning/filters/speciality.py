"""Which field of medicine a record is of, so that a corpus can be described and balanced."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from cleaning.medical.speciality import Asked, Classifier, classifier_of, names
from cleaning.record import FIELDS, Figures, Finding, Record
from cleaning.steps import measured
from storage.errors import TabibError

SEEDS = "seeds"


def _known(name: str) -> str:
    if name not in names():
        raise ValueError(f"no speciality is named {name!r}. There are: {', '.join(names())}")
    return name


def _usable(model: str) -> str:
    try:
        _classifier(model)
    except TabibError as error:
        raise ValueError(str(error)) from None
    return model


Name = Annotated[str, AfterValidator(_known)]
ModelFile = Annotated[str, Field(pattern=f"^({SEEDS}|[0-9a-f]{{64}})$"), AfterValidator(_usable)]
"""The sha256 of a model's file, as `cleaning models` prints it, or the word lists that come with the project."""


@measured
def speciality(record: Record, *, model: ModelFile = SEEDS) -> Figures | None:
    """The record is of none of the specialities in `only`; without that nothing is found, and its speciality told.

    It is the site's own word where that is known, else a model's or the seed words'. Reason `other_speciality`;
    measure: its name, who says so, how likely it is and by which version.
    Precision: of 150 judged pairs the seed words' first choice is right for .82, and acceptable for .87.
    """
    return _all([record], model)[0]


@speciality.many
def _(records: Sequence[Record], *, model: ModelFile = SEEDS) -> list[Figures]:
    return _all(records, model)


@speciality.rule
def _(found: Figures, *, only: list[Name] | None = None) -> Finding | None:
    return Finding("other_speciality", found) if only is not None and found["name"] not in only else None


def _all(records: Sequence[Record], model: str) -> list[Figures]:
    return [found.as_json() for found in _classifier(model).describe([_asked(record) for record in records])]


def _asked(record: Record) -> Asked:
    heading, body = (record.fields.get(name, "") for name in FIELDS[record.kind])
    return Asked(heading, body, record.speciality)


def _classifier(model: str) -> Classifier:
    return Classifier() if model == SEEDS else classifier_of(model)
