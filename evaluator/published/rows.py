"""The rows of a benchmark's file, whatever the form it is published in: JSON lines, JSON, CSV, Excel or Parquet.

The form is told by the file's first bytes, not by its name. Nothing here knows what a column means.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.published import xlsx
from storage.errors import UsageError

LARGEST, MOST = 1 << 28, 1 << 20
"""Bytes of a file, and what a packed one may unpack to; rows of it."""
AT_ONCE = 1 << 10
"""Rows of a Parquet file that are unpacked at once at most."""

_DELIMITERS = ",;\t"
_CALLED = {".gz": b"\x1f\x8b", ".xlsx": b"PK\x03\x04", ".parquet": b"PAR1"}
"""How files with a name of their own begin."""
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Row:
    """One row: its number among the rows that hold something, from 1, and its fields by folded column."""

    number: int
    fields: dict[str, Any]
    columns: tuple[str, ...]


def fold(column: str) -> str:
    """A column's name without what publishers write differently: case, spaces, underscores, hyphens."""
    return re.sub(r"[\s_\-]+", " ", column).strip().casefold()


def read(path: Path) -> list[Row]:
    """All rows. Raises UsageError that says what is wrong with the file, in one line."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"the benchmark file {path} cannot be read: it is a folder, a pipe or a device")
        size, head = path.stat().st_size, _head(path)
    except OSError as error:
        raise UsageError(f"the benchmark file {path} cannot be read: {error.strerror}") from None
    if size > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST} bytes: that is no benchmark")
    found, left = list[Row](), LARGEST
    for number, fields in enumerate(_rows(path, head), 1):
        # A packed text may stand in every row, and is in memory once; whoever reads it reads it in each.
        left -= sum(len(value) for value in fields.values() if isinstance(value, str))
        if left < 0 or number > MOST:
            raise UsageError(f"{path} holds more than {LARGEST} letters or {MOST} rows: that is no benchmark")
        found.append(_row(number, fields))
    if not found:
        raise UsageError(f"{path} holds no items")
    return found


def suffix(path: Path) -> str:
    """The ending that a file of this form has."""
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return ".xlsx"
    if head.startswith(b"PAR1"):
        return ".parquet"
    if head.startswith(b"\x1f\x8b"):
        return ".jsonl.gz"
    return {b"{": ".jsonl", b"[": ".json"}.get(head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1], ".csv")


def _rows(path: Path, head: bytes) -> Iterator[dict[str, Any]]:
    if head.startswith(b"PK\x03\x04"):
        return _of_table(path, xlsx.rows(path))
    if head.startswith(b"PAR1"):
        return _parquet(path)
    if head.startswith(_OLD_EXCEL):
        raise UsageError(f"{path} is an Excel file of the old form or with a password: save it as .xlsx without one")
    text = _text(path, head)
    if text.lstrip()[:1] == "[":
        return _json(path, text)
    if text.lstrip()[:1] in ("{", ""):
        return _lines(path, text)
    _check_name(path, head, text)
    return _csv(path, text)


def _check_name(path: Path, head: bytes, text: str) -> None:
    """Raise UsageError for a text that is no table, in a file that is called something else."""
    if text.lstrip().startswith("<"):
        raise UsageError(f"{path} is a web page or XML, not JSON lines, Excel, CSV or Parquet")
    said = _misnamed(path, head)
    if said and not any(sign in text.lstrip().partition("\n")[0] for sign in _DELIMITERS):
        raise UsageError(said)


def _misnamed(path: Path, head: bytes) -> str | None:
    """What is wrong with a file that does not begin as its name says; None where it does."""
    called = path.suffix.lower()
    if head.startswith(_CALLED.get(called, b"")):
        return None
    return f"{path} is called {called} and is none: it begins with {head[:20].decode('utf-8', 'replace')!r}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _text(path: Path, head: bytes) -> str:
    try:
        with gzip.open(path) if head.startswith(_CALLED[".gz"]) else path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UsageError(f"{path} unpacks to more than {LARGEST} bytes: that is no benchmark")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            _misnamed(path, head)
            or f"the benchmark file {path} cannot be read: it is not UTF-8 from byte {error.start} on; save it as that"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"the benchmark file {path} cannot be read: {error}") from None


def _lines(path: Path, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _object(path, f"line {number}", _loaded(path, f"line {number}", line))


def _json(path: Path, text: str) -> Iterator[dict[str, Any]]:
    whole = _loaded(path, "it", text)
    for number, value in enumerate(whole, 1):
        yield _object(path, f"object {number}", value)


def _loaded(path: Path, place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {place} is not JSON ({type(error).__name__}: {str(error)[:80]})") from None


def _object(path: Path, place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {place} is {type(value).__name__}, not an object with a question")
    return value


def _csv(path: Path, text: str) -> Iterator[dict[str, Any]]:
    head = text[: text.find("\n") + 1 or len(text)]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise UsageError(f"{path} is neither JSON lines nor CSV that can be read ({error})") from None
    return _of_table(path, rows)


def _of_table(path: Path, rows: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
    """Rows under the names in the first one."""
    names = [name.strip() for name in rows[0]] if rows else []
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UsageError(f"{path} has two columns called {', '.join(twice)}")
    for row in rows[1:]:
        cells = [*row, *[""] * (len(names) - len(row))]
        yield {name: cell for name, cell in zip(names, cells, strict=False) if name}


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Rows, unpacked few at once: a text that stands in a million of them is in the file once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    left = LARGEST
    try:
        with pq.ParquetFile(path) as file:
            size = sum(file.metadata.row_group(n).total_byte_size for n in range(file.num_row_groups))
            for batch in file.iter_batches(batch_size=max(1, min(AT_ONCE, LARGEST // max(size, 1)))):
                left -= batch.nbytes
                if max(size, LARGEST - left) > LARGEST:
                    raise UsageError(f"{path} unpacks to more than {LARGEST} bytes: that is no benchmark")
                yield from batch.to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UsageError(f"{path} cannot be read as Parquet ({type(error).__name__})") from None


def _row(number: int, fields: dict[str, Any]) -> Row:
    columns = tuple(map(str, fields))
    return Row(number, {fold(name): value for name, value in zip(columns, fields.values(), strict=True)}, columns)


def listed(names: Iterable[str]) -> str:
    """Names for a message: the first dozen."""
    every = list(dict.fromkeys(names))
    return ", ".join(every[:12]) + (", …" if len(every) > 12 else "")
