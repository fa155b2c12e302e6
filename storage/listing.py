"""What `storage documents` and `storage stats` show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage import db, schema
from storage.documents import as_json, select_documents, stream
from storage.errors import unknown
from storage.models import (
    Answer,
    AuditEvent,
    Document,
    Kind,
    Page,
    Review,
    Run,
    Score,
    Snapshot,
    Source,
    State,
    User,
    Verdict,
)
from storage.selection import recipe_named, selected

NOTHING = "-"


@dataclass(frozen=True)
class Filter:
    """Which documents; `recipe` asks for the texts as that recipe and the reviews left them."""

    source: str | None = None
    kind: str | None = None
    state: str | None = None
    recipe: str | None = None


def documents(chosen: Filter) -> Iterator[dict[str, Any]]:
    """One JSON-ready object a document. Raises UsageError for a source, kind or state that does not exist."""
    schema.require_head()
    with db.session() as session:
        conditions = _conditions(session, chosen)
        if chosen.recipe is None:
            for document, page_sha256 in stream(session, select_documents(conditions)):
                yield as_json(document, page_sha256)
            return
        for item in selected(session, recipe_named(session, chosen.recipe), *conditions):
            if item.outcome != State.NEW:
                yield as_json(item.document, item.page_sha256) | item.fields


def _conditions(session: Session, chosen: Filter) -> list[ColumnElement[bool]]:
    sources = set(session.scalars(select(Source.name)))
    allowed: dict[str, tuple[str | None, set[str]]] = {
        "source": (chosen.source, sources),
        "kind": (chosen.kind, set(Kind)),
        "state": (chosen.state, set(State)),
    }
    for name, (value, known) in allowed.items():
        if value is not None and value not in known:
            raise unknown(name, value, known)
    return [getattr(Document, name) == value for name, (value, _) in allowed.items() if value is not None]


def stats() -> dict[str, Any]:
    """Counts of every table that grows: {"sources": {name: {...}}, "verdicts": [...], "rows": {...}}."""
    schema.require_head()
    with db.session() as session:
        sources: dict[str, dict[str, Any]] = {}
        for name, pages in session.execute(select(Page.source, func.count()).group_by(Page.source)):
            sources.setdefault(name, {})["pages"] = pages
        by_state = select(Document.source, Document.kind, Document.state, func.count())
        for name, kind, state, count in session.execute(
            by_state.group_by(Document.source, Document.kind, Document.state).order_by(Document.kind, Document.state)
        ):
            sources.setdefault(name, {}).setdefault(kind, {})[state] = count
        outcome = Verdict.recipe, Verdict.recipe_sha256, Verdict.outcome
        by_outcome = select(*outcome, func.count().label("documents")).group_by(*outcome).order_by(*outcome)
        verdicts = session.execute(by_outcome).mappings()
        return {
            "sources": dict(sorted(sources.items())),
            "verdicts": [dict(row) for row in verdicts],
            "rows": {t.__tablename__: session.scalar(select(func.count()).select_from(t)) for t in COUNTED},
        }


COUNTED = (Page, Document, Verdict, Review, User, Snapshot, Run, Answer, Score, AuditEvent)


def told_split(manifest: dict[str, Any]) -> Iterator[str]:
    """How a snapshot's pairs were split, what dev and test have in common with train, and benchmarks' items found."""
    yield f"split by rule {manifest['split']['rule']}"
    for row in manifest["split"]["leakage"]:
        near = ""
        if "near_question" in row:  # articles have neither questions nor answers
            near = f"{row['near_question']} questions and {row['near_answer']} answers nearly there, "
        shared = f"{near}{row['shared_runs']} pairs with 13 words in a row"
        yield f"{row['split']:<4} against {row['against']:<8}: {row['pairs']} pairs, {shared}"
    found = manifest["contamination"]
    names = ", ".join(f"{name} ({items} items)" for name, items in found["benchmarks"].items()) or "none"
    yield f"{found['documents']} documents hold items of the registered benchmarks: {names}"


def print_stats(figures: dict[str, Any]) -> None:
    """The figures of `stats` as tables."""
    table = Table("source", "pages", "kind", *State)
    for name, row in figures["sources"].items():
        kinds = [str(kind) for kind in Kind if kind in row] or [NOTHING]
        for kind in kinds:
            counts = row.get(kind, {})
            table.add_row(name, str(row.get("pages", 0)), kind, *(str(counts.get(state, 0)) for state in State))
    verdicts = Table("recipe", "version", "outcome", "documents")
    for row in figures["verdicts"]:
        verdicts.add_row(row["recipe"], row["recipe_sha256"][:12], row["outcome"], str(row["documents"]))
    console = Console()
    console.print(table)
    console.print(verdicts)
    console.print(" · ".join(f"{name.replace('_', ' ')} {count}" for name, count in figures["rows"].items()))


def print_table(rows: Iterator[dict[str, Any]]) -> None:
    """The first rows, briefly: no text, for it may be private."""
    table = Table("id", "source", "kind", "record", "answer", "published", "state", "letters")
    console, more = Console(), 0
    for number, row in enumerate(rows):
        if number >= SHOWN:
            more += 1
            continue
        letters = sum(len(row[name] or "") for name in ("question", "answer", "text"))
        ordinal = str(row["ordinal"]) if row["kind"] == Kind.QA else NOTHING
        place = (row["id"][:ID_LETTERS], row["source"], row["kind"], row["record"], ordinal)
        table.add_row(*place, row["published_at"], row["state"], str(letters))
    console.print(table)
    if more:
        console.print(f"and {more} more: --jsonl prints all of them")


SHOWN = 40
ID_LETTERS = 13  # tell apart some millions of documents
