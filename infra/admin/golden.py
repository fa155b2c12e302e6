"""`infra gold`: the questions with a known answer, from the command line, in a lead's name."""

import json
import uuid
from dataclasses import asdict

from rich.console import Console
from sqlalchemy import select

from storage import db, schema, users
from storage.errors import UsageError, unknown
from storage.models import Decision, Gold
from storage.review import gold


def mark(document: str, lead: str, answer: gold.Answer) -> None:
    """Make a record a question, or change its answer."""
    _check(answer)
    schema.require_head()
    with db.session() as session:
        gold.mark(session, users.named(session, lead), _number(document), answer)
    Console().print(f"{document} is a question whose answer is {answer.decision}", highlight=False)


def unmark(document: str, lead: str) -> None:
    """Make it an ordinary record again."""
    schema.require_head()
    with db.session() as session:
        if session.get(Gold, _number(document)) is None:
            raise UsageError(f"{document} is no question")
        gold.unmark(session, users.named(session, lead), _number(document))
    Console().print(f"{document} is an ordinary record again", highlight=False)


def show() -> None:
    """Print every question as a line of JSON, with its answer and explanations."""
    schema.require_head()
    with db.session() as session:
        for row in session.scalars(select(Gold).order_by(Gold.at, Gold.document_id)):
            answer = gold.Answer(Decision(row.decision), row.reason, row.explanation_fa, row.explanation_en)
            told = json.dumps({"document": str(row.document_id), **asdict(answer)}, ensure_ascii=False)
            Console().print(told, highlight=False, markup=False, soft_wrap=True)


def answer(decision: str, reason: str | None, explanations: tuple[str, str]) -> gold.Answer:
    """An answer as it was typed; the explanations are in Persian and English. Raises UsageError for no decision."""
    if decision not in set(Decision):
        raise unknown("decision", decision, set(Decision))
    return gold.Answer(Decision(decision), reason, *explanations)


def _check(answer: gold.Answer) -> None:
    if not (answer.explanation_fa.strip() and answer.explanation_en.strip()):
        raise UsageError("both explanations say why, --fa in Persian and --en in English")


def _number(document: str) -> uuid.UUID:
    try:
        return uuid.UUID(document)
    except ValueError:
        raise UsageError(f"{document!r} is no record's id") from None
