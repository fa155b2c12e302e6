"""The tables. Read this first: everything else in the project reads or writes these rows.

    Source ─< Address ─> Page ─< Capture              each URL's state; each visit's record in the raw archive
              Page ─< Document ─< Verdict             one verdict a recipe version
                          ├──────< Review >─ User     a person's decision outranks a verdict
                          └─────── Claim              who has it open for review, until when
    Snapshot ─< Run ─< Answer, Score                  from a score back to the pages it came from
    AuditEvent                                        who did what, append-only

Names: a *document* is one article or one question-answer pair; a *page* is one stored response; an *address* is a URL
that the crawl knows, fetched or not.
Every time is UTC with its zone; every sha256 is 64 lower-case hex digits.
"""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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


def _one_of(column: str, kinds: type[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{k.value}'" for k in kinds)
    return CheckConstraint(f"{column} IN ({values})", name=column)


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
        _one_of("state", AddressState),
        CheckConstraint("state NOT IN ('failed', 'excluded') OR cause IS NOT NULL", name="explained"),
        Index(None, "source", "state"),
        Index(None, "source", "visit_at"),
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


class Document(Base):
    """One article, or one question with one answer, as read from its page.

    `id` is made of source, kind, record and ordinal, so the same record has the same id on every farm.
    `content_sha256` covers title, question, answer and text: a verdict or review holds for that content only.
    """

    __tablename__ = "documents"
    __table_args__ = (
        _one_of("kind", Kind),
        _one_of("state", State),
        Index(None, "source", "kind"),
        Index(None, "state"),
        Index(None, "page_id"),
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
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    page: Mapped[Page] = relationship(lazy="raise")


class Verdict(Base):
    """What one version of one recipe made of one document: outcome, reason, measure, cleaned fields.

    `cleaned` holds the normalised fields (question and answer, or title and text); the raw ones stay in the document.
    `cluster` is the id of the document kept from a group of repeats.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        _one_of("outcome", Outcome),
        UniqueConstraint("document_id", "recipe_sha256"),
        Index(None, "recipe_sha256", "outcome"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    recipe: Mapped[str]
    recipe_sha256: Mapped[str]
    content_sha256: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    measure: Mapped[dict[str, Any]]
    cluster: Mapped[uuid.UUID | None]
    cleaned: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


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
    __table_args__ = (_one_of("decision", Decision), Index(None, "document_id", "id"), Index(None, "user_id"))
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


class Recipe(Base):
    """The whole text of a cleaning recipe that made verdicts; `sha256` covers the code's version too."""

    __tablename__ = "recipes"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    used_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), doc="when it last judged")


class Snapshot(Base):
    """An immutable export; `sha256` is the hash of its manifest, which holds the hash of every file.

    The same content exported under two names is one folder and two rows.
    """

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("name", "sha256"), Index(None, "sha256"))
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str]
    recipe: Mapped[str]
    recipe_sha256: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Run(Base):
    """One training. `recipe` is the whole text; `model_sha256` is None until it finished."""

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint("status IN ('running', 'done', 'failed')", name="status"),)
    name: Mapped[str] = mapped_column(primary_key=True)
    snapshot_sha256: Mapped[str] = mapped_column(index=True)
    recipe_name: Mapped[str]
    recipe: Mapped[str]
    seed: Mapped[int]
    versions: Mapped[dict[str, Any]]
    hardware: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="running")
    metrics: Mapped[dict[str, Any]] = mapped_column(doc="losses per stage, tokens, seconds, energy with its source")
    folder: Mapped[str]
    model_sha256: Mapped[str | None] = mapped_column(index=True)
    started_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[dt.datetime | None]


class Answer(Base):
    """What a model gave for one benchmark item under one setting; scored from here, never asked twice."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("model_sha256", "benchmark_sha256", "settings_sha256", "item"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model: Mapped[str]
    model_sha256: Mapped[str]
    benchmark: Mapped[str]
    benchmark_sha256: Mapped[str]
    settings: Mapped[dict[str, Any]]
    settings_sha256: Mapped[str]
    item: Mapped[str]
    prompt: Mapped[str]
    output: Mapped[dict[str, Any]] = mapped_column(doc="log-likelihoods per option, or the generated text")
    choice: Mapped[str | None]
    correct: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Score(Base):
    """A figure with its interval, computed from `answers`."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("model_sha256", "benchmark_sha256", "settings_sha256", "metric"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run: Mapped[str | None] = mapped_column(ForeignKey("runs.name"))
    model: Mapped[str]
    model_sha256: Mapped[str]
    benchmark: Mapped[str]
    benchmark_sha256: Mapped[str]
    settings_sha256: Mapped[str]
    metric: Mapped[str]
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    items: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class AuditEvent(Base):
    """Who did what to what. `detail` names records and counts, never their text."""

    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
