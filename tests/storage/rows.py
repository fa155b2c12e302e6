"""Rows that tests of several packages start from."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlalchemy.orm import Session

from storage import sources
from storage.archive import Archive
from storage.documents import DocumentFields, content_sha256, document_id, save_documents
from storage.models import Document, Measurement, Page, Recipe, Verdict
from storage.pages import PageFields, save_pages

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def add_page(session: Session, source: str = "drhast", url: str = "https://drhast.com/q/1", body: bytes = b"x") -> Page:
    sources.ensure(session, source, f"{source}.example")
    archive = Archive({})
    fields = PageFields(source, url, 200, {"content-type": "text/html"}, body, NOW)
    [kept] = save_pages(session, archive, [(fields, None)])
    archive.close()
    return session.get_one(Page, kept.page_id, populate_existing=True)


def add_documents(session: Session, page: Page, documents: Iterable[DocumentFields]) -> int:
    return save_documents(session, page.source, [(page.id, document) for document in documents])


def add_pair(session: Session, source: str, record: str, **fields: object) -> uuid.UUID:
    page = add_page(session, source, f"https://{source}.example/{record}", record.encode())
    texts: dict[str, object] = {"url": page.url, "question": f"پرسش {record}؟", "answer": f"پاسخ {record}."}
    pair = DocumentFields("qa", record, **(texts | fields))  # type: ignore[arg-type]
    add_documents(session, page, [pair])
    return document_id(source, "qa", record, pair.ordinal)


def add_article(session: Session, source: str, record: str) -> uuid.UUID:
    page = add_page(session, source, f"https://{source}.example/{record}", record.encode())
    add_documents(session, page, [DocumentFields("article", record, page.url, title="عنوان", text=f"متن {record}")])
    return document_id(source, "article", record, 0)


def add_verdict(session: Session, document: uuid.UUID, outcome: str = "kept", **fields: object) -> None:
    row = session.get_one(Document, document)
    values: dict[str, object] = {"reason": None, "measure": {}, "cluster": None, "cleaned": {}}
    values |= {"recipe": "default", "recipe_sha256": "0" * 64, "content_sha256": content_sha256(row)}
    values |= fields
    recipe = str(values["recipe_sha256"])
    session.merge(Recipe(sha256=recipe, measures_sha256=recipe, name=values["recipe"], text=""))
    measurement = Measurement(
        document_id=document,
        measures_sha256=recipe,
        content_sha256=values["content_sha256"],
        cleaned=values.pop("cleaned"),
    )
    session.add(Verdict(document_id=document, outcome=outcome, measurement=measurement, **values))
    session.flush()
