"""What repeats a record, as the last cleaning found it: the member that stands for its cluster, and others of it."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from infra.admin.language import Words
from infra.admin.pages import web_address
from storage.models import Document, Verdict
from storage.quarantine import kept_apart

MOST = 3  # of a record: more would be a page of its own
LETTERS = 280


def likes(session: Session, verdicts: Sequence[Verdict | None], said: Words) -> list[list[dict[str, str]]]:
    """For each verdict the others of its cluster, the one that stands for it first."""
    return [_of(session, verdict, said) if verdict and verdict.cluster else [] for verdict in verdicts]


def _of(session: Session, verdict: Verdict, said: Words) -> list[dict[str, str]]:
    same = and_(Verdict.recipe_sha256 == verdict.recipe_sha256, Verdict.cluster == verdict.cluster)
    query = select(Document).join(Verdict, Verdict.document_id == Document.id)
    query = query.where(same, Document.id != verdict.document_id, ~kept_apart())
    first = (Document.id != verdict.cluster, Document.id)
    return [_told(document, verdict, said) for document in session.scalars(query.order_by(*first).limit(MOST))]


def _told(document: Document, verdict: Verdict, said: Words) -> dict[str, str]:
    relation = said["room"]["like_stands" if document.id == verdict.cluster else "like_member"]
    text = " — ".join(filter(None, (document.question, document.answer, document.title, document.text)))
    cut = text if len(text) <= LETTERS else f"{text[:LETTERS].rstrip()} …"
    return {"relation": relation, "text": cut, "url": web_address(document.url)}
