"""What was read from pages."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import REAL, ForeignKey, Index, SmallInteger, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Kind, State, one_of
from storage.models.crawl import Page

OPEN = "state = 'review' AND assignee_id IS NULL AND NOT disputed AND NOT flagged"
"""What anybody may be given to review."""
LETTERS = "(coalesce(length(question), 0) + coalesce(length(answer), 0) + coalesce(length(text), 0))"
"""How long a document is as read, in Unicode characters."""
_BY_URGENCY = (sql("urgency DESC"), sql("priority DESC"), "created_at", "id")


class Document(Base):
    """One article, or one question with one answer, as read from its page.

    `id` is made of source, kind, record and ordinal, so the same record has the same id on every farm.
    `content_sha256` covers title, question, answer and text: a verdict or review holds for that content only.
    """

    __tablename__ = "documents"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("state", State),
        Index(None, "source", "kind"),
        Index(None, "state"),
        Index(None, "page_id"),
        Index("ix_documents_queue", *_BY_URGENCY, postgresql_where=sql(OPEN)),
        Index("ix_documents_age", "created_at", "id", postgresql_where=sql(OPEN)),
        Index("ix_documents_length", sql(LETTERS), "id", postgresql_where=sql(OPEN)),
        Index(
            "ix_documents_assigned",
            "assignee_id",
            *_BY_URGENCY,
            postgresql_where=sql("state = 'review' AND assignee_id IS NOT NULL"),
        ),
        Index("ix_documents_led", "id", postgresql_where=sql("state = 'review' AND (disputed OR flagged)")),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("sources.name"))
    kind: Mapped[str]
    record: Mapped[str] = mapped_column(doc="the site's own name of the record, stable under changed slugs")
    ordinal: Mapped[int] = mapped_column(doc="place of the answer in the record, from 0")
    url: Mapped[str]
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    title: Mapped[str | None]
    question: Mapped[str | None]
    answer: Mapped[str | None]
    text: Mapped[str | None]
    doctor: Mapped[str | None]
    speciality: Mapped[str | None]
    published_at: Mapped[dt.date | None]
    tags: Mapped[list[str]]
    categories: Mapped[list[str]]
    content_sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.NEW, server_default=State.NEW.value)
    priority: Mapped[float] = mapped_column(REAL, server_default="0", doc="what a decision on it would teach, 0 to 1")
    urgency: Mapped[int] = mapped_column(SmallInteger, server_default="0", doc="set by leads: the higher, the sooner")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), doc="the only one who gets it for review")
    blind_by: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), doc="who gave the first blind decision on this content: it waits for another's"
    )
    disputed: Mapped[bool] = mapped_column(server_default="false", doc="two blind decisions differ: a lead's turn")
    flagged: Mapped[bool] = mapped_column(server_default="false", doc="someone wants a lead to look at it")
    recalled: Mapped[bool] = mapped_column(
        server_default="false", doc="a lead wants it reviewed, whatever the recipe says"
    )
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    page: Mapped[Page] = relationship(lazy="raise")
