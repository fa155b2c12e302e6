"""What all tables share: the declarative base, and the words their columns hold."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, MetaData, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

NAMESPACE = uuid.UUID("6f1d3c1e-52f1-5b0e-9b0e-7ab1b0000001")


class Kind(StrEnum):
    """What a document is."""

    QA = "qa"
    ARTICLE = "article"


class State(StrEnum):
    """Where a document stands: after its last verdict, or after the review that outranks it."""

    NEW = "new"
    KEPT = "kept"
    DROPPED = "dropped"
    REVIEW = "review"
    APPROVED = "approved"
    REJECTED = "rejected"


class AddressState(StrEnum):
    """Where an address stands: waiting, in a worker's hands, or how its last visit ended."""

    DISCOVERED = "discovered"
    LEASED = "leased"
    STORED = "stored"
    UNCHANGED = "unchanged"
    EXCLUDED = "excluded"
    FAILED = "failed"


class Outcome(StrEnum):
    """A verdict's outcome. PENDING has passed every step that looks at one document alone."""

    PENDING = "pending"
    KEPT = "kept"
    DROPPED = "dropped"
    REVIEW = "review"


class Decision(StrEnum):
    """What an annotator decided; an edit approves the edited text."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"


class Base(DeclarativeBase):
    """Declarative base: constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        dt.datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(String),
        int: BigInteger,
    }


def one_of(column: str, kinds: type[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{k.value}'" for k in kinds)
    return CheckConstraint(f"{column} IN ({values})", name=column)
