"""What the review room keeps: decisions, claims, what was put aside, questions with a known answer, bulk actions."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import REAL, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Decision, one_of


class Purpose(StrEnum):
    """What a decision is for. Only a DECISION counts; BLIND waits for a second one, GOLD had a known answer."""

    DECISION = "decision"
    BLIND = "blind"
    GOLD = "gold"


class AsideKind(StrEnum):
    """Why a record was put aside: SKIP keeps it from one person for a day, FLAG from all until a lead resolves it."""

    SKIP = "skip"
    FLAG = "flag"


class Review(Base):
    """One decision of one person about one content of a document. Rows are only added, or undone.

    `storage.review.counting` says which of them counts.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        one_of("decision", Decision),
        one_of("purpose", Purpose),
        Index(None, "document_id", "id"),
        Index(None, "user_id", "id"),
        Index(  # what dashboards count, without the texts
            "ix_reviews_told",
            "created_at",
            postgresql_include=[
                "document_id",
                "user_id",
                "decision",
                "reason",
                "purpose",
                "undone_at",
                "seconds",
                "bulk_id",
            ],
        ),
        Index("ix_reviews_blind", "document_id", postgresql_where=sql("blind")),
        Index("ix_reviews_bulk_id", "bulk_id", postgresql_where=sql("bulk_id IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content_sha256: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str | None]
    text: Mapped[dict[str, Any] | None] = mapped_column(doc="the fields as approved or edited; None for a rejection")
    key: Mapped[uuid.UUID | None] = mapped_column(unique=True, doc="of the browser: the same twice is one decision")
    purpose: Mapped[str] = mapped_column(server_default=Purpose.DECISION.value)
    blind: Mapped[bool] = mapped_column(
        server_default="false", doc="one of those made without sight of each other; also of ones that a lead sent back"
    )
    undone_at: Mapped[dt.datetime | None]
    bulk_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_actions.id"))
    seconds: Mapped[float | None] = mapped_column(REAL, doc="how long the record was in front of the person")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Claim(Base):
    """A document open in front of an annotator: nobody else gets it before `expires_at`."""

    __tablename__ = "claims"
    __table_args__ = (Index(None, "user_id"),)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class SetAside(Base):
    """A record that someone skipped or flagged. It is over at `resolved_at`, a skip also after a day."""

    __tablename__ = "set_aside"
    __table_args__ = (
        one_of("kind", AsideKind),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved"),
        Index(None, "document_id", "user_id"),
        Index("ix_set_aside_flagged", "id", postgresql_where=sql("kind = 'flag' AND resolved_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    kind: Mapped[str]
    note: Mapped[str | None]
    key: Mapped[uuid.UUID] = mapped_column(unique=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Gold(Base):
    """A record whose right decision is known, for one content of it; people are asked it like any other."""

    __tablename__ = "gold"
    __table_args__ = (
        one_of("decision", Decision),
        CheckConstraint("reason IS NULL OR decision = 'reject'", name="reason"),
    )
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    content_sha256: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str | None]
    explanation_fa: Mapped[str]
    explanation_en: Mapped[str]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Training(Base):
    """A person's round on the worked examples of one version of the guide; `answered` is by the example's name."""

    __tablename__ = "trainings"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    guideline_version: Mapped[str] = mapped_column(primary_key=True)
    answered: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    passed_at: Mapped[dt.datetime | None]


class BulkAction(Base):
    """One decision about all that a filter found; each document has its own review that names it."""

    __tablename__ = "bulk_actions"
    __table_args__ = (one_of("decision", Decision),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    filters: Mapped[dict[str, Any]]
    decision: Mapped[str]
    reason: Mapped[str | None]
    documents: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    undone_at: Mapped[dt.datetime | None]


class RoomSettings(Base):
    """The one row of what leads set for the room; without it the defaults hold."""

    __tablename__ = "room_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("overlap_share BETWEEN 0 AND 1", name="overlap_share"),
        CheckConstraint("gold_every >= 2", name="gold_every"),
    )
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="1", autoincrement=False)
    overlap_share: Mapped[float] = mapped_column(server_default="0.07")
    gold_every: Mapped[int] = mapped_column(server_default="30")
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
