"""What a crawl knows and keeps: sites, addresses, pages, the index of the raw archive."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AddressState, Base, one_of


class Source(Base):
    """A site that is crawled, with what its operator set. `name` is the spider's name."""

    __tablename__ = "sources"
    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    paused: Mapped[bool] = mapped_column(server_default="false")
    delay: Mapped[float | None] = mapped_column(doc="seconds between two requests; None for the crawl's own")
    hours: Mapped[str | None] = mapped_column(doc="UTC hours of the day it may be asked, as 22:00-05:30; None for all")
    round_at: Mapped[dt.datetime | None] = mapped_column(doc="when the last round began")
    quarantined_at: Mapped[dt.datetime | None] = mapped_column(doc="since when its reader is taken for broken")
    quarantine_cause: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Address(Base):
    """One URL of a site and where it stands: the ledger of a crawl.

    `fingerprint` is what the frontier knows it by, the same for all forms of a record's URL. `fence` is the number of
    the lease that wrote the row last: a writer with a lower one is refused. `visit_at` is when it is worth asking for
    again, None for never; `interval` is the seconds between visits, which grow while nothing changes.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        one_of("state", AddressState),
        CheckConstraint("state NOT IN ('failed', 'excluded') OR cause IS NOT NULL", name="explained"),
        Index(None, "source", "state"),
        Index(None, "source", "visit_at"),
        Index(None, "page_id"),
    )
    fingerprint: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("sources.name"))
    url: Mapped[str]
    is_record: Mapped[bool]
    state: Mapped[str] = mapped_column(server_default=AddressState.DISCOVERED.value)
    cause: Mapped[str | None] = mapped_column(doc="why it failed, or the rule that excludes it")
    attempts: Mapped[int] = mapped_column(server_default="0", doc="requests of the last visit, retries included")
    fence: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None] = mapped_column(doc="who holds it while it is leased")
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id"), doc="what the last visit that gave a page gave")
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    interval: Mapped[int | None]
    visit_at: Mapped[dt.datetime | None]
    visited_at: Mapped[dt.datetime | None]
    discovered_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class AddressLinks(Base):
    """The records that an address's page links to: the first 8 bytes of each one's fingerprint, one after the other."""

    __tablename__ = "address_links"
    fingerprint: Mapped[uuid.UUID] = mapped_column(ForeignKey("addresses.fingerprint"), primary_key=True)
    targets: Mapped[bytes]


class Takedown(Base):
    """An address, or with a closing * all that begin with it, that is not fetched: somebody asked."""

    __tablename__ = "takedowns"
    pattern: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Page(Base):
    """One distinct response of a URL; the bytes are in the raw archive, `sha256` is their hash.

    A page fetched again with the same bytes only moves `seen_at`. What was read from a `quarantined` page is
    neither cleaned, reviewed nor exported: its reader is taken for broken, or its owner wants it left out.
    """

    __tablename__ = "pages"
    __table_args__ = (
        UniqueConstraint("url", "sha256"),
        Index(None, "source"),
        Index(None, "sha256"),
        Index("ix_pages_quarantined", "source", postgresql_where=text("quarantined")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("sources.name"))
    url: Mapped[str]
    status: Mapped[int]
    sha256: Mapped[str]
    headers: Mapped[dict[str, Any]]
    fetched_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    quarantined: Mapped[bool] = mapped_column(server_default="false")


class Capture(Base):
    """One record of the raw archive: a page's response, or a later visit that found it unchanged."""

    __tablename__ = "captures"
    __table_args__ = (
        CheckConstraint("kind IN ('response', 'revisit')", name="kind"),
        UniqueConstraint("file", "offset"),
        Index(None, "page_id", "kind"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    kind: Mapped[str]
    file: Mapped[str] = mapped_column(doc="below the archive folder")
    offset: Mapped[int]
    length: Mapped[int]
    at: Mapped[dt.datetime]
