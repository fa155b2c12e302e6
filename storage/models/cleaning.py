"""What cleaning made of documents: measurements, verdicts, and the recipes and models that they came from."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Outcome, one_of


class Recipe(Base):
    """The whole text of a cleaning recipe that made verdicts; `sha256` covers the code's version too."""

    __tablename__ = "recipes"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    measures_sha256: Mapped[str] = mapped_column(doc="what it measures: recipes of other thresholds share it")
    text: Mapped[str]
    used_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), doc="when it last judged")
    settled_at: Mapped[dt.datetime | None] = mapped_column(doc="when its second phase last began")


class Measurement(Base):
    """One content of one document through the steps that look at it alone, before any threshold. Never changed.

    `cleaned` holds the normalised fields (question and answer, or title and text); the raw ones stay in the document.
    `taken` holds what was cut out of them and kept (`answer_signature`), `spans` where something was cut or masked, by
    field, as [kind, start, end], `figures` each filter's figures by its key, `sketch` what duplicates are found by.
    """

    __tablename__ = "measurements"
    __table_args__ = (
        UniqueConstraint("document_id", "measures_sha256", "content_sha256"),
        # A row of up to a page is not compressed: PostgreSQL's own compression of it costs a third of its insertion, in
        # processor time, and halves it.
        {"postgresql_with": {"toast_tuple_target": 8160}},
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    measures_sha256: Mapped[str]
    content_sha256: Mapped[str]
    cleaned: Mapped[dict[str, Any]]
    taken: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    spans: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    figures: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    sketch: Mapped[bytes | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Verdict(Base):
    """What one version of one recipe made of one document: outcome, reason, measure.

    `cluster` is the id of the document that stands for a group of repeats.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        one_of("outcome", Outcome),
        UniqueConstraint("document_id", "recipe_sha256"),
        # None on the recipe alone: the planner, which does not know a recipe that has just begun, would prefer it.
        # None on the outcome, and room in each page: so settling a verdict writes in its page and to no index.
        Index(None, "measurement_id"),
        # Of the few that repeat another: the others of a record's cluster are shown beside it.
        Index(None, "cluster", postgresql_where=sql("cluster IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 50}},
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    recipe: Mapped[str]
    recipe_sha256: Mapped[str]
    content_sha256: Mapped[str]
    measurement_id: Mapped[int] = mapped_column(ForeignKey("measurements.id", ondelete="CASCADE"))
    outcome: Mapped[str]
    reason: Mapped[str | None]
    measure: Mapped[dict[str, Any]]
    cluster: Mapped[uuid.UUID | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    measurement: Mapped[Measurement] = relationship(lazy="raise")


class Model(Base):
    """Something trained here that cleaning can name; `version` is the hash of what it was trained on and by.

    `blob` is the hash of its file among the blobs, `metrics` what it was measured to do, with the numbers of cases.
    """

    __tablename__ = "models"
    __table_args__ = (
        CheckConstraint("kind IN ('speciality', 'quality')", name="kind"),
        UniqueConstraint("name", "version"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    version: Mapped[str]
    kind: Mapped[str]
    blob: Mapped[str]
    bytes: Mapped[int]
    metrics: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
