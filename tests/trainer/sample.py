"""A snapshot folder made of the project's own sample texts, without a database: what an export of them looks like."""

import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.card import render
from storage.parquet import ROW_GROUP
from storage.snapshots import CARD, MANIFEST, _manifest_sha256, file_sha256
from storage.splits import DEV_SOURCE, TEST_SOURCES

SAMPLE = Path(__file__).parents[2] / "infra" / "replica" / "sample"
SHARED = ("id", "source", "url", "page_sha256", "record")
PAIR = (*SHARED, "question", "answer", "speciality", "published_at")
ARTICLE = (*SHARED, "title", "text", "published_at")
LEAST_ANSWER = 80  # characters; what a cleaning recipe would keep, roughly

Rows = list[dict[str, Any]]


def pairs(source: str | None = None) -> Rows:
    """The sample's answered questions that are long enough to keep, of one site or of all."""
    found = []
    for record in _lines("pairs.jsonl"):
        for number, answer in enumerate(record["answers"]):
            if len(answer["text"]) >= LEAST_ANSWER and record["question"] and source in (None, record["site"]):
                row = _row("qa", record, number)
                found.append(row | {"question": record["question"], "answer": answer["text"]})
    return found


def articles() -> Rows:
    """The sample's articles."""
    return [
        _row("article", record, 0) | {"title": record["title"], "text": "\n\n".join(record["blocks"])}
        for record in _lines("articles.jsonl")
    ]


def write(folder: Path, pair_rows: Rows, article_rows: Rows) -> Path:
    """A snapshot in `folder`: every other niniban pair is dev, the doctors' booking sites are test."""
    niniban = [row for row in pair_rows if row["source"] == DEV_SOURCE]
    test = [row for row in pair_rows if row["source"] in TEST_SOURCES]
    dev = niniban[::2]
    train = [row for row in pair_rows if row not in dev and row not in test]
    splits = {"train": train, "dev": dev, "test": test}
    files = {f"pairs/{split}.parquet": (PAIR, rows) for split, rows in splits.items()}
    files["corpus/train.parquet"] = (ARTICLE, article_rows)
    for path, (columns, rows) in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        schema = pa.schema([(column, pa.string()) for column in columns])
        complete = [{column: row.get(column) for column in columns} for row in rows]
        pq.write_table(pa.Table.from_pylist(complete, schema=schema), folder / path, row_group_size=ROW_GROUP)
    described = {path: {"sha256": file_sha256(folder / path), "rows": len(rows)} for path, (_, rows) in files.items()}
    manifest: dict[str, Any] = {"recipe": "default", "recipe_sha256": "0" * 64, "recipe_text": "", "files": described}
    manifest["counts"] = {"outcomes": [], "splits": []}
    manifest["split"], manifest["contamination"] = {"rule": "paper", "leakage": []}, {"benchmarks": {}}
    (folder / CARD).write_text(render(manifest), encoding="utf-8")
    manifest["card_sha256"] = file_sha256(folder / CARD)
    manifest["sha256"] = _manifest_sha256(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _lines(name: str) -> Rows:
    return [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]


def _row(kind: str, record: dict[str, Any], number: int) -> dict[str, Any]:
    name = f"{kind}/{record['site']}/{record['record']}/{number}"
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "source": record["site"],
        "url": f"https://{record['site']}.example/{record['record']}",
        "page_sha256": "0" * 64,
        "record": record["record"],
    }
