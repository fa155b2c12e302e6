"""Documents: stored as read from their page, found again by what the site itself calls them."""

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.models import NAMESPACE, Document, Page, State

CONTENT = ("title", "question", "answer", "text")
READ_BATCH = 1000
WRITE_BATCH = 500  # a statement holds 65,535 parameters, a document has 18


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


def content_sha256(fields: DocumentFields | Document) -> str:
    """The hash that ties a verdict or a review to the content it was made on."""
    content = [getattr(fields, name) for name in CONTENT]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def save_documents(session: Session, page: Page, documents: Sequence[DocumentFields]) -> int:
    """Insert or refresh the documents read from `page`; returns how many were written.

    A document whose content changed becomes new again; the rows of its earlier verdicts and reviews stay.
    """
    rows = list({row["id"]: row for row in (_row(page, _storable(fields)) for fields in documents)}.values())
    for start in range(0, len(rows), WRITE_BATCH):
        _upsert(session, rows[start : start + WRITE_BATCH])
    return len(rows)


def _upsert(session: Session, rows: list[dict[str, Any]]) -> None:
    put = insert(Document).values(rows)
    changed = Document.content_sha256 != put.excluded.content_sha256
    updates: dict[str, Any] = {name: put.excluded[name] for name in rows[0] if name not in ("id", "state")}
    updates["state"] = case((changed, State.NEW.value), else_=Document.state)
    updates["updated_at"] = case((changed, func.now()), else_=Document.updated_at)
    session.execute(put.on_conflict_do_update(index_elements=["id"], set_=updates))


def _row(page: Page, fields: DocumentFields) -> dict[str, Any]:
    return asdict(fields) | {
        "tags": list(fields.tags),
        "categories": list(fields.categories),
        "id": document_id(page.source, fields.kind, fields.record, fields.ordinal),
        "source": page.source,
        "page_id": page.id,
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
