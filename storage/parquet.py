"""One pass over what is selected, into Parquet files with a fixed schema and order: same rows, same bytes."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from storage.blobs import flush
from storage.errors import UsageError
from storage.models import Document, Kind
from storage.selection import KEPT, Outcomes, Selected, selected
from storage.splits import SPLITS, Candidate, candidate, dev_ids, split_of

ROW_GROUP = 10_000
SHARED = ("id", "source", "url", "page_sha256", "record")
PAIR = (*SHARED, "question", "answer", "doctor", "speciality", "published_at")
ARTICLE = (*SHARED, "title", "text", "published_at")
CORPUS = "corpus/train.parquet"


class Export:
    """Writes the files of one snapshot under `place` and counts what it saw."""

    def __init__(self, session: Session, place: Path, recipe_sha256: str) -> None:
        self.session, self.place, self.recipe_sha256 = session, place, recipe_sha256
        self.outcomes = Outcomes()
        self.splits: Counter[tuple[str, str]] = Counter()

    def write(self) -> dict[str, int]:
        """Write every file; returns rows by path. Raises UsageError when nothing is kept or cleaning is not done."""
        dev = dev_ids(self._kept_pairs())
        with ExitStack() as stack:
            tables = {CORPUS: stack.enter_context(_Table(self.place / CORPUS, ARTICLE))}
            for split in SPLITS:
                path = f"pairs/{split}.parquet"
                tables[path] = stack.enter_context(_Table(self.place / path, PAIR))
            for item in selected(self.session, self.recipe_sha256):
                self.outcomes.add(item)
                if item.outcome in KEPT:
                    tables[self._path(item, dev)].add(item)
        self._check()
        return {path: table.rows for path, table in sorted(tables.items())}

    def counts(self) -> dict[str, Any]:
        """What the manifest says of the rows: documents by outcome and reason, and by split."""
        splits = [
            {"split": split, "source": source, "documents": n} for (split, source), n in sorted(self.splits.items())
        ]
        return {"outcomes": self.outcomes.rows(), "splits": splits}

    def _kept_pairs(self) -> Iterator[Candidate]:
        for item in selected(self.session, self.recipe_sha256, Document.kind == Kind.QA.value):
            if item.outcome in KEPT:
                question, answer = (_text(item, name) for name in ("question", "answer"))
                yield candidate(item.document.id, item.document.source, question, answer)

    def _path(self, item: Selected, dev: frozenset[uuid.UUID]) -> str:
        document = item.document
        if document.kind == Kind.ARTICLE:
            self.splits["corpus", document.source] += 1
            return CORPUS
        split = split_of(document.source, document.id, dev)
        self.splits[split, document.source] += 1
        return f"pairs/{split}.parquet"

    def _check(self) -> None:
        waiting = self.outcomes.undecided()
        if waiting:
            raise UsageError(f"{waiting} documents wait for cleaning under this recipe: run `cleaning run` first")
        if not self.splits:
            raise UsageError("nothing is kept under this recipe: crawl, clean or review first")


class _Table:
    """A Parquet file of string columns, written ROW_GROUP rows at a time."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.schema = pa.schema([(name, pa.string()) for name in columns])
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd")
        self.waiting: list[dict[str, str | None]] = []
        self.rows = 0

    def __enter__(self) -> "_Table":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self.writer.close()
        flush(self.path)

    def add(self, item: Selected) -> None:
        """Take one selected document."""
        document = item.document
        row = {
            "id": str(document.id),
            "page_sha256": item.page_sha256,
            "published_at": document.published_at.isoformat() if document.published_at else None,
        }
        for name in self.schema.names:
            if name not in row:
                row[name] = _text(item, name)
        self.waiting.append(row)
        self.rows += 1
        if len(self.waiting) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting.clear()


def _text(item: Selected, name: str) -> str | None:
    """The cleaned text where there is one, else what the document says."""
    text: str | None = item.fields.get(name, getattr(item.document, name))
    return text
