"""Who works here, what they decided, what they have open."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Decision, one_of


class User(Base):
    """Someone who logs in to the admin. A name is never given to another person."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('annotator', 'lead', 'operator', 'admin')", name="role"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="annotator")
    active: Mapped[bool] = mapped_column(server_default="true")
    logouts: Mapped[int] = mapped_column(server_default="0", doc="each ends the sessions opened before it")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Review(Base):
    """One decision of one person about one content of a document. Rows are only added; the newest counts."""

    __tablename__ = "reviews"
    __table_args__ = (one_of("decision", Decision), Index(None, "document_id", "id"), Index(None, "user_id"))
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content_sha256: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str | None]
    text: Mapped[dict[str, Any] | None] = mapped_column(doc="the fields as approved or edited; None for a rejection")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Claim(Base):
    """A document open in front of an annotator: nobody else gets it before `expires_at`."""

    __tablename__ = "claims"
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class AuditEvent(Base):
    """Who did what to what. `detail` names records and counts, never their text."""

    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
