"""Translations of benchmark items that a check found doubtful, and what a person decided of each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Translation(Base):
    """One translated item in doubt. It waits for a person while it has no `decision`.

    `source`, `translated` and `edited` hold texts by their place in the item: question, A, B, answer. `sha256` is that
    of language, source and translation: a decision is about these words, whoever translates so, in whatever
    benchmark. The other columns tell where it was found.
    """

    __tablename__ = "translations"
    __table_args__ = (
        UniqueConstraint("sha256", "benchmark"),
        CheckConstraint("decision IN ('approve', 'reject', 'edit')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="dated"),
        CheckConstraint("(decision IS NOT DISTINCT FROM 'edit') = (edited IS NOT NULL)", name="edited"),
        Index("ix_translations_waiting", "benchmark", "id", postgresql_where=text("decision IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sha256: Mapped[str]
    benchmark: Mapped[str]
    item: Mapped[str]
    language: Mapped[str] = mapped_column(doc="what it was translated into")
    model: Mapped[str]
    model_sha256: Mapped[str]
    settings_sha256: Mapped[str]
    source: Mapped[dict[str, Any]]
    translated: Mapped[dict[str, Any]]
    flags: Mapped[dict[str, Any]] = mapped_column(doc="what was found, each a line, by place")
    edited: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), doc="the texts that a person wrote instead"
    )
    decision: Mapped[str | None]
    by: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    decided_at: Mapped[dt.datetime | None]
