"""Figures about all that is stored, as a report tells them: counts and lengths, never a text.

Figures of a snapshot come from its manifest and its Parquet files, so they stay true whatever is crawled later; the
others come from the live tables.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.errors import DataDamaged
from storage.models import Document, Kind, Measurement, Page, Recipe, Review, Snapshot, Source
from storage.parquet import CORPUS
from storage.review.counting import counts
from storage.splits import SPLITS
from storage.standings import KEPT, standings

Lengths = Counter[int]


@dataclass(frozen=True)
class Totals:
    """How much there is of what a crawl and the people after it made."""

    sources: int
    pages: int
    articles: int
    pairs: int
    reviews: int


@dataclass(frozen=True)
class SourceSize:
    """One source's articles; `letters` are Unicode characters of their text."""

    source: str
    documents: int
    letters: int


@dataclass(frozen=True)
class Pages:
    """The pages a snapshot's rows were read from: how many, and how many of those the page table still has."""

    distinct: int
    stored: int


def totals(session: Session) -> Totals:
    """Counts of the live tables."""
    by_kind = session.execute(select(Document.kind, func.count()).group_by(Document.kind))
    kinds = {kind: documents for kind, documents in by_kind}  # noqa: C416  a row is no pair to mypy
    sources, pages = (session.scalar(select(func.count()).select_from(table)) or 0 for table in (Source, Page))
    reviews = session.scalar(select(func.count()).select_from(Review).where(counts())) or 0
    return Totals(sources, pages, kinds.get(Kind.ARTICLE, 0), kinds.get(Kind.QA, 0), reviews)


def newest_recipe(session: Session) -> tuple[str, str] | None:
    """Name and sha256 of the recipe that judged last; None where nothing is judged."""
    recipe = session.scalars(select(Recipe).order_by(Recipe.used_at.desc()).limit(1)).first()
    return (recipe.name, recipe.sha256) if recipe else None


def newest_snapshot(session: Session) -> Snapshot | None:
    """The snapshot frozen last; None where there is none."""
    return session.scalars(select(Snapshot).order_by(Snapshot.id.desc()).limit(1)).first()


def outcomes(session: Session, recipe_sha256: str) -> list[dict[str, Any]]:
    """Documents by source, kind, outcome and reason as they stand now: the shape of a manifest's `outcomes`."""
    stands = standings(recipe_sha256)
    group = (stands.c.source, stands.c.kind, stands.c.outcome, func.coalesce(stands.c.reason, ""))
    names = ("source", "kind", "outcome", "reason")
    found = sorted(tuple(row) for row in session.execute(select(*group, func.count()).group_by(*group)))
    return [dict(zip(names, key, strict=True), documents=documents) for *key, documents in found]


def corpus(session: Session) -> list[SourceSize]:
    """The articles as crawled, by source, the largest first."""
    articles = select(Document.source, Document.text).where(Document.kind == Kind.ARTICLE.value)
    return _sizes(session, articles)


def cleaned_corpus(session: Session, recipe_sha256: str) -> list[SourceSize]:
    """The cleaned articles that are kept now, by source, the largest first."""
    return _sizes(session, _kept(recipe_sha256, Kind.ARTICLE, "text"))


def cleaned_words(session: Session, recipe_sha256: str) -> int:
    """Words of the cleaned articles that are kept now, counted by the white space between them."""
    text = _kept(recipe_sha256, Kind.ARTICLE, "text").subquery().c.given
    gaps = func.char_length(text) - func.char_length(func.translate(text, " \n", ""))
    return int(session.scalar(select(func.sum(gaps + 1)).where(text != "")) or 0)


def frozen_corpus(folder: Path) -> list[SourceSize]:
    """The articles of a snapshot, by source, the largest first."""
    table = _read(folder / CORPUS, ["source", "text"])
    sized = pa.table({"source": table["source"], "letters": pc.utf8_length(table["text"])})
    rows = sized.group_by("source").aggregate([("letters", "sum"), ("letters", "count")]).to_pylist()
    return _largest_first(SourceSize(r["source"], r["letters_count"], r["letters_sum"] or 0) for r in rows)


def answer_lengths(session: Session) -> dict[str, Lengths]:
    """Words of every answer as crawled, by source: how many answers have so many words."""
    return _lengths(session, select(Document.source, Document.answer).where(Document.kind == Kind.QA.value))


def cleaned_answer_lengths(session: Session, recipe_sha256: str) -> dict[str, Lengths]:
    """Words of the cleaned answers that are kept now, by source."""
    return _lengths(session, _kept(recipe_sha256, Kind.QA, "answer"))


def frozen_answer_lengths(folder: Path) -> dict[str, Lengths]:
    """Words of a snapshot's answers, by source."""
    found: dict[str, Lengths] = {}
    for split in SPLITS:
        table = _read(folder / "pairs" / f"{split}.parquet", ["source", "answer"])
        words = pc.list_value_length(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(table["answer"])))
        for source, length in zip(table["source"].to_pylist(), words.to_pylist(), strict=True):
            if length is not None:
                found.setdefault(source, Counter())[length] += 1
    return found


def frozen_pages(session: Session, folder: Path, batch: int = 10_000) -> Pages:
    """The distinct pages behind a snapshot's rows, looked up in the page table."""
    hashes: set[str] = set()
    for path in [CORPUS, *(f"pairs/{split}.parquet" for split in SPLITS)]:
        hashes.update(_read(folder / path, ["page_sha256"])["page_sha256"].unique().to_pylist())
    ordered = sorted(hashes)
    parts = (ordered[n : n + batch] for n in range(0, len(ordered), batch))
    count = select(func.count(func.distinct(Page.sha256)))
    return Pages(len(ordered), sum(session.scalar(count.where(Page.sha256.in_(part))) or 0 for part in parts))


def _kept(recipe_sha256: str, kind: Kind, field: str) -> Select[str, str | None]:
    """Source and text of what is kept, as a person gave it or as cleaned."""
    stands = standings(recipe_sha256)
    given = func.coalesce(stands.c.edited[field].astext, Measurement.cleaned[field].astext)
    query = select(stands.c.source, given.label("given")).select_from(stands)
    query = query.outerjoin(Measurement, Measurement.id == stands.c.measurement_id)
    return query.where(stands.c.kind == kind.value, stands.c.outcome.in_(KEPT))


def _sizes(session: Session, texts: Select[str, str | None]) -> list[SourceSize]:
    source, text = texts.subquery().c
    letters = func.sum(func.char_length(func.coalesce(text, "")))
    found = session.execute(select(source, func.count(), letters).group_by(source))
    return _largest_first(SourceSize(name, count, int(size or 0)) for name, count, size in found)


def _lengths(session: Session, answers: Select[str, str | None]) -> dict[str, Lengths]:
    source, answer = answers.subquery().c
    words = func.regexp_count(answer, r"\S+").label("words")
    query = select(source, words, func.count()).where(answer.is_not(None)).group_by(source, words)
    found: dict[str, Lengths] = {}
    for name, length, count in session.execute(query):
        found.setdefault(name, Counter())[length] = count
    return found


def _read(path: Path, columns: list[str]) -> Any:
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise DataDamaged(f"{path} cannot be read ({error}): export the snapshot again") from None


def _largest_first(sizes: Iterable[SourceSize]) -> list[SourceSize]:
    return sorted(sizes, key=lambda size: (-size.letters, size.source))
