"""What people search: the texts of documents, folded once when they are written."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class SearchText(Base):
    """A document's title, texts and doctor, and what people edited them to, as `search_folded` makes them comparable.

    Triggers write it (migration 0014), whoever writes documents and reviews. It is a table of its own so that a
    changed state, which millions of documents get at once, does not write to the index of trigrams.
    """

    __tablename__ = "search_texts"
    __table_args__ = (
        Index("ix_search_texts_folded", "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    folded: Mapped[str]
