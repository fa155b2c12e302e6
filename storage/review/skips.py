"""Who skipped what lately."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, func

from storage.models import AsideKind, Document, SetAside

SKIPPED_FOR = dt.timedelta(days=1)


def skipped(user_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Whether this person skipped a document within a day, for a query of documents."""
    mine = and_(SetAside.document_id == Document.id, SetAside.user_id == user_id, SetAside.kind == AsideKind.SKIP.value)
    lately = SetAside.at > func.now() - SKIPPED_FOR
    return exists().where(mine, SetAside.resolved_at.is_(None), lately).correlate(Document)
