"""JSON Lines: one `Row` an object a line, every field under its own name."""

import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from storage.exchange.row import Line, Row, line

SUFFIX = ".jsonl"
MEDIA = "application/x-ndjson"


def write(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each row."""
    for row in rows:
        yield json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + "\n"


def read(file: TextIO) -> Iterator[Line]:
    """A row for each line that is not blank; what is no JSON object is told with its line's number."""
    for number, text in enumerate(file, 1):
        if text.strip():
            yield _line(f"line {number}", text)


def _line(place: str, text: str) -> Line:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Line(place, wrong="is not JSON")
    return line(place, value) if isinstance(value, dict) else Line(place, wrong="is not a JSON object")
