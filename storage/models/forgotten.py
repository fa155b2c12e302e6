"""What was forgotten: hashes and places, never an address or a text."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Forgotten(Base):
    """An address or a document that was forgotten, so that nothing brings it back: hashes, never an address or text."""

    __tablename__ = "forgotten"
    __table_args__ = (CheckConstraint("kind IN ('address', 'document')", name="kind"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, doc="the address's fingerprint, or the document's id")
    kind: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ForgottenRow(Base):
    """A forgotten document that an export still holds; a run trained on that snapshot has seen it."""

    __tablename__ = "forgotten_rows"
    snapshot_sha256: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(doc="the file below the snapshot's folder, which names the split")
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Erasure(Base):
    """Bytes of a file below the data folder that are still to be made unreadable; `length` None: the whole file."""

    __tablename__ = "erasures"
    file: Mapped[str] = mapped_column(primary_key=True)
    offset: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int | None]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
