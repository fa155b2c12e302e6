"""Lines of a JSON-lines file, plain or gzip, or rows of Parquet files, as records: what is none says why."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.record import FIELDS, Figures, Record, record
from storage.errors import UsageError

GZIP_MAGIC = b"\x1f\x8b"
ROWS = 1000  # of a Parquet file in memory at a time
LONGEST_LINE = 1 << 26  # bytes; ten million escaped letters fit, and a line that never ends is not held in memory
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

PARQUET = ".parquet"
COLUMNS = ("question", "answer", "title", "text", "speciality")

Line = bytes | dict[str, Any] | None
"""A line's bytes, or a row; None stands for a line longer than LONGEST_LINE, which was read past in pieces."""


def lines(source: Path) -> Iterator[Line]:
    """Every line of the file, or row of the Parquet files at or below the path, by their names.

    Raises UsageError when it cannot be read.
    """
    if source.is_dir() or source.suffix == PARQUET:
        yield from _rows(sorted(source.rglob(f"*{PARQUET}")) if source.is_dir() else [source])
        return
    try:
        with _opened(source) as file:
            while piece := file.readline(LONGEST_LINE):
                whole = len(piece) < LONGEST_LINE or piece.endswith(b"\n")
                while len(piece) == LONGEST_LINE and not piece.endswith(b"\n"):
                    piece = file.readline(LONGEST_LINE)
                yield piece if whole else None
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{source} cannot be read: {error}") from None


def parse(line: Line) -> Record | Figures:
    """The line's record, or the figures that tell why it is none."""
    if line is None:
        return {"error": "LineTooLong", "maximum": LONGEST_LINE}
    try:
        return read(line if isinstance(line, dict) else json.loads(line))
    except (ValueError, RecursionError) as error:
        return {"error": type(error).__name__}


def read(item: Any) -> Record:
    """The record of a JSON object or a table's row. Raises ValueError where it is no object with texts."""
    if not isinstance(item, dict):
        raise ValueError("not an object")
    named = [name for name in ("question", "answer", "text") if name in item]
    present = [name for name in named if item[name] is not None] or named
    if not present:
        raise ValueError("neither text nor question and answer")
    kind = "article" if present == ["text"] else "qa"
    texts = {name: item.get(name) for name in (*FIELDS[kind], "speciality")}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        raise ValueError("a field is not a text")
    return record(kind, {name: _LONE_SURROGATE.sub("\ufffd", text or "") for name, text in texts.items()})


def _rows(files: list[Path]) -> Iterator[dict[str, Any]]:
    if not files:
        raise UsageError(f"no *{PARQUET} file is there: name a folder of them, such as a snapshot's")
    for path in files:
        try:
            table = pq.ParquetFile(path)
            columns = [name for name in table.schema_arrow.names if name in COLUMNS]
            for batch in table.iter_batches(ROWS, columns=columns):
                yield from batch.to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def _opened(source: Path) -> gzip.GzipFile | BufferedReader:
    with source.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
    return gzip.open(source) if zipped else source.open("rb")
