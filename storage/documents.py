"""Documents: stored as read from their page, found again by what the site itself calls them."""

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, false, func, null, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from storage.errors import UsageError
from storage.forgetting import forgotten
from storage.models import NAMESPACE, Document, Page, State

CONTENT = ("title", "question", "answer", "text")
READ_BATCH = 1000
SHORTEST = 4  # letters of an id that name a document
_BEGINNING = re.compile(f"[0-9a-fA-F-]{{{SHORTEST},36}}")


@dataclass(frozen=True)
class DocumentFields:
    """What a reader found: an article has `text`, a pair has `question` and `answer`."""

    kind: str
    record: str
    url: str
    ordinal: int = 0
    title: str | None = None
    question: str | None = None
    answer: str | None = None
    text: str | None = None
    doctor: str | None = None
    speciality: str | None = None
    published_at: dt.date | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def document_id(source: str, kind: str, record: str, ordinal: int) -> uuid.UUID:
    """The same id for the same record wherever and whenever it is crawled."""
    return uuid.uuid5(NAMESPACE, f"{source}/{kind}/{record}#{ordinal}")


def find(session: Session, name: str) -> Document:
    """The document of this id, or of the only id that begins so.

    Raises UsageError when there is none, or more than one.
    """
    if not _BEGINNING.fullmatch(name):
        raise UsageError(
            f"{name!r} is no document's id, nor {SHORTEST} or more letters of its beginning: `storage documents` "
            "prints them"
        )
    begins = cast(Document.id, String).startswith(name.lower())
    found = session.scalars(select(Document).where(begins).limit(2)).all()
    if not found:
        raise UsageError(f"there is no document {name}: `storage documents` prints their ids")
    if len(found) > 1:
        raise UsageError(f"more than one document's id begins with {name}: give more of it")
    return found[0]


def content_sha256(fields: DocumentFields | Document) -> str:
    """The hash that ties a verdict or a review to the content it was made on."""
    content = [getattr(fields, name) for name in CONTENT]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def save_documents(session: Session, source: str, documents: Iterable[tuple[int, DocumentFields]]) -> int:
    """Insert or refresh documents, each with the id of the page it was read from; returns how many were written.

    A document whose content changed becomes new again; the rows of its earlier verdicts and reviews stay.
    """
    made = {row["id"]: row for row in (_row(source, page_id, _storable(fields)) for page_id, fields in documents)}
    gone = forgotten.documents(session, made)
    rows = sorted((row for row in made.values() if row["id"] not in gone), key=lambda row: row["id"].bytes)
    if rows:
        session.connection().execute(_UPSERT, rows)
    return len(rows)


def pages_that_differ(session: Session, source: str, documents: Iterable[tuple[int, DocumentFields]]) -> set[int]:
    """Of the pages that documents were read from, those that say something else than what is stored."""
    read = {
        document_id(source, fields.kind, fields.record, fields.ordinal): (page_id, content_sha256(_storable(fields)))
        for page_id, fields in documents
    }
    query = select(Document.id, Document.content_sha256).where(Document.id.in_(sorted(read)))
    stored = {row.id: row.content_sha256 for row in session.execute(query)} if read else {}
    return {page_id for id_, (page_id, sha256) in read.items() if stored.get(id_) != sha256}


def _upsert() -> Insert:
    put = insert(Document)
    changed = Document.content_sha256 != put.excluded.content_sha256
    kept = ("id", "state", "created_at", "urgency", "assignee_id", "flagged")
    updates: dict[str, Any] = {c.name: put.excluded[c.name] for c in Document.__table__.c if c.name not in kept}
    updates["state"] = case((changed, State.NEW.value), else_=Document.state)
    updates["priority"] = case((changed, 0.0), else_=Document.priority)
    for of_content, fresh in (("blind_by", null()), ("disputed", false()), ("recalled", false())):
        updates[of_content] = case((changed, fresh), else_=getattr(Document, of_content))
    updates["updated_at"] = case((changed, func.now()), else_=Document.updated_at)
    return put.on_conflict_do_update(index_elements=["id"], set_=updates)


_UPSERT = _upsert()


def _row(source: str, page_id: int, fields: DocumentFields) -> dict[str, Any]:
    return vars(fields) | {
        "tags": list(fields.tags),
        "categories": list(fields.categories),
        "id": document_id(source, fields.kind, fields.record, fields.ordinal),
        "source": source,
        "page_id": page_id,
        "content_sha256": content_sha256(fields),
        "state": State.NEW.value,
    }


def _storable(fields: DocumentFields) -> DocumentFields:
    """The fields without what PostgreSQL's text cannot hold: NUL and lone surrogates become U+FFFD."""
    clean: dict[str, Any] = {name: _encodable(value) for name, value in vars(fields).items() if isinstance(value, str)}
    return replace(
        fields, **clean, tags=tuple(map(_encodable, fields.tags)), categories=tuple(map(_encodable, fields.categories))
    )


def _encodable(text: str) -> str:
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


def select_documents(filters: Iterable[ColumnElement[bool]] = ()) -> Select[Document, str]:
    """Documents with the hash of their page's bytes, in a lasting order: by source, record and answer."""
    order = (Document.source, Document.kind, Document.record, Document.ordinal)
    return select(Document, Page.sha256).join(Page, Document.page_id == Page.id).where(*filters).order_by(*order)


def stream(session: Session, query: Select[Document, str]) -> Iterator[tuple[Document, str]]:
    """The query's rows, READ_BATCH at a time."""
    result = session.execute(query, execution_options={"yield_per": READ_BATCH})
    for document, page_sha256 in result:
        yield document, page_sha256
        session.expunge(document)


def as_json(document: Document, page_sha256: str) -> dict[str, Any]:
    """What `storage documents` prints of a document."""
    return {
        "id": str(document.id),
        "source": document.source,
        "kind": document.kind,
        "record": document.record,
        "ordinal": document.ordinal,
        "url": document.url,
        "title": document.title,
        "question": document.question,
        "answer": document.answer,
        "text": document.text,
        "doctor": document.doctor,
        "speciality": document.speciality,
        "published_at": document.published_at.isoformat() if document.published_at else None,
        "tags": document.tags,
        "categories": document.categories,
        "page_sha256": page_sha256,
        "state": document.state,
    }
