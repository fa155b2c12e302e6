"""Who works here, and who did what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


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
    totp_secret: Mapped[str | None] = mapped_column(doc="of the second factor, sealed; None where it is off")
    totp_pending: Mapped[str | None] = mapped_column(doc="one that was shown and is not confirmed yet, sealed")
    totp_step: Mapped[int | None] = mapped_column(doc="the last 30 seconds whose code was used")
    oidc_subject: Mapped[str | None] = mapped_column(unique=True, doc="what the organisation's provider calls them")
    email: Mapped[str | None] = mapped_column(unique=True, doc="in small letters; whose first log-in tells the subject")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class RecoveryCode(Base):
    """A code that stands once for a lost second factor; it is long enough that its bare hash tells nothing."""

    __tablename__ = "recovery_codes"
    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    used_at: Mapped[dt.datetime | None]


class AuditEvent(Base):
    """Who did what to what. `detail` names records and counts, never their text.

    A trigger refuses to change or remove rows; `storage.audit_chain` says what the hashes are of.
    """

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, doc="one more than the row before")
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(unique=True, doc="of the row before, 64 zeros for the first; none has two")
    hash: Mapped[str]
