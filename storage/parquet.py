"""One pass over what is selected, into Parquet files with a fixed schema and order: same rows, same bytes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from storage import preferences
from storage.blobs import flush
from storage.contamination import Contamination
from storage.errors import UsageError
from storage.models import Document, Kind
from storage.preferences import Preferences
from storage.selection import KEPT, Outcomes, Selected, selected
from storage.slugs import public_record, public_url
from storage.splits import SPLITS, Division, Pair, Rule, divide

ROW_GROUP = 10_000
SHARED = ("id", "source", "url", "page_sha256", "record")
# No title in `url` and `record`, and no doctor: there may be a name in them, and names are masked in the texts.
PAIR = (*SHARED, "question", "answer", "speciality", "published_at")
ARTICLE = (*SHARED, "title", "text", "published_at")
CORPUS = "corpus/train.parquet"


class Export:
    """Writes the files of one snapshot under `place` and counts what it saw."""

    def __init__(self, session: Session, place: Path, recipe_sha256: str, rule: Rule) -> None:
        self.session, self.place, self.recipe_sha256, self.rule = session, place, recipe_sha256, rule
        self.contamination = Contamination()
        self.division = Division({}, {})
        self.outcomes = Outcomes()
        self.preferences = Preferences()
        self.splits: Counter[tuple[str, str]] = Counter()

    def write(self) -> dict[str, int]:
        """Write every file; returns rows by path. Raises UsageError when nothing is kept or cleaning is not done."""
        self.division = divide(self.rule, self._kept_pairs(), self._kept_articles())
        with ExitStack() as stack:
            tables = {CORPUS: stack.enter_context(_Table(self.place / CORPUS, ARTICLE))}
            for split in SPLITS:
                path = f"pairs/{split}.parquet"
                tables[path] = stack.enter_context(_Table(self.place / path, PAIR))
            for item in selected(self.session, self.recipe_sha256):
                self.outcomes.add(item)
                if item.outcome in KEPT:
                    path = self._path(item)
                    tables[path].add(_row(item, tables[path].schema.names))
            self._check()
            if rows := self._preferred():
                # No empty file: what holds no preferences has the hash it always had.
                columns = (*preferences.COLUMNS, *preferences.REJECTED)
                tables[preferences.FILE] = stack.enter_context(_Table(self.place / preferences.FILE, columns))
                for row in rows:
                    tables[preferences.FILE].add(row)
        return {path: table.rows for path, table in sorted(tables.items())}

    def counts(self) -> dict[str, Any]:
        """What the manifest says of the rows: documents by outcome and reason, and by split."""
        splits = [
            {"split": split, "source": source, "documents": n} for (split, source), n in sorted(self.splits.items())
        ]
        return {"outcomes": self.outcomes.rows(), "splits": splits}

    def _preferred(self) -> list[dict[str, str | None]]:
        """The rows of the preferences; what stands in no other file of them is looked at for benchmarks' items."""
        self.preferences = preferences.found(self.session, self.recipe_sha256, self.rule, self.division)
        for one in self.preferences.rows:
            self.contamination.look("preferences", one.rejected.document, one.rejected.text)
        return [{**one.row()} for one in self.preferences.rows]

    def _kept(self, kind: Kind) -> Iterator[Selected]:
        every = selected(self.session, self.recipe_sha256, Document.kind == kind.value)
        return (item for item in every if item.outcome in KEPT)

    def _kept_pairs(self) -> Iterator[Pair]:
        for item in self._kept(Kind.QA):
            document = item.document
            yield Pair(document.id, document.source, item.text("question"), item.text("answer"), item.cluster)

    def _kept_articles(self) -> Iterator[str]:
        for item in self._kept(Kind.ARTICLE):
            yield "\n".join(filter(None, (item.text("title"), item.text("text"))))

    def _path(self, item: Selected) -> str:
        """Where a kept document goes; it is counted, and looked at for benchmarks' items."""
        document = item.document
        article = document.kind == Kind.ARTICLE
        names = ("title", "text") if article else ("question", "answer")
        split = "corpus" if article else self.division.split_of(document.id)
        self.splits[split, document.source] += 1
        self.contamination.look(split, document.id, "\n".join(filter(None, map(item.text, names))))
        return CORPUS if article else f"pairs/{split}.parquet"

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

    def add(self, row: dict[str, str | None]) -> None:
        """Take one row."""
        self.waiting.append(row)
        self.rows += 1
        if len(self.waiting) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting.clear()


def _row(item: Selected, columns: list[str]) -> dict[str, str | None]:
    document = item.document
    row = {
        "id": str(document.id),
        "url": public_url(document.url, document.record),
        "page_sha256": item.page_sha256,
        "record": public_record(document.record),
        "published_at": document.published_at.isoformat() if document.published_at else None,
    }
    return row | {name: item.text(name) for name in columns if name not in row}
