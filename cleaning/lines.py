"""Lines of a JSON-lines file, plain or packed, or rows of Parquet files, as records: what is none says why."""

import bz2
import gzip
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase, BufferedReader, RawIOBase
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.record import FIELDS, Figures, Record, record
from storage.errors import UsageError

STANDARD = "-"
"""The name of standard input."""
HEAD = 10  # bytes by which a file is known
UNPACKED: dict[re.Pattern[bytes], Callable[[BufferedReader], BufferedIOBase]] = {
    re.compile(rb"\x1f\x8b\x08"): gzip.open,
    re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"): bz2.open,
    re.compile(rb"\xfd7zXZ\0\0[\0-\x0f]"): lzma.open,
}
REFUSED = {
    re.compile(rb"PAR1\x15"): (
        "it is a Parquet file: give the name of a file that ends in .parquet, or of a folder of such files"
    ),
    re.compile(rb"PK\x03\x04[\0-\x3f]\0"): "it is a ZIP archive: unpack it first",
    re.compile(rb"\x28\xb5\x2f\xfd"): "it is packed by zstd: unpack it first",
}
"""By what a file begins with: its whole mark and what must follow, for a broken line may begin with a word of it."""
ROWS = 1000  # of a Parquet file in memory at a time
LONGEST_LINE = 1 << 26  # bytes; ten million escaped letters fit, and a line that never ends is not held in memory
BUFFER = 1 << 16  # bytes that are asked of a file at a time
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

PARQUET = ".parquet"
COLUMNS = ("question", "answer", "title", "text", "speciality")
TEXTS = ("question", "answer", "text")  # of which a record has one at least
NEEDED = "A line is a JSON object, or a row, with texts named question and answer, or text"
MOST_NAMED = 30  # columns that a message names
MOST_KEYS = 10  # of an object that is no record
_NAME = re.compile(r"[^\W\d][\w-]{0,29}")
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a text",
    type(None): "null",
}

Line = bytes | dict[str, Any] | None
"""A line's bytes, or a row; None stands for a line longer than LONGEST_LINE, which was read past in pieces."""


def lines(source: Path) -> Iterator[Line]:
    """Every line of the file, or of standard input, or row of the Parquet files at or below the path, by their names.

    Raises UsageError when it cannot be read, or a Parquet file has no column of a record's texts.
    """
    if source.is_dir() or source.suffix == PARQUET:
        yield from _rows(sorted(source.rglob(f"*{PARQUET}")) if source.is_dir() else [source])
        return
    try:
        with _opened(source) as packed, _unpacked(packed) as file:
            while piece := file.readline(LONGEST_LINE):
                whole = len(piece) < LONGEST_LINE or piece.endswith(b"\n")
                while len(piece) == LONGEST_LINE and not piece.endswith(b"\n"):
                    piece = file.readline(LONGEST_LINE)
                yield piece if whole else None
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise UsageError(f"{name_of(source)} cannot be read: {error}") from None


def name_of(source: Path) -> str:
    """The source in a message."""
    return "standard input" if source == Path(STANDARD) else str(source)


def parse(line: Line) -> Record | Figures:
    """The line's record, or the figures that tell why it is none."""
    if line is None:
        return {"error": "a line of more bytes than the maximum", "maximum": LONGEST_LINE}
    try:
        return read(line if isinstance(line, dict) else _json(line))
    except ValueError as error:
        return {"error": str(error)}


def read(item: Any) -> Record:
    """The record of a JSON object or a table's row. Raises ValueError, which quotes no text, where it has none."""
    if not isinstance(item, dict):
        raise ValueError(f"no JSON object but {_kind(item)}")
    named = [name for name in TEXTS if name in item]
    present = [name for name in named if item[name] is not None] or named
    if not present:
        raise ValueError(f"no question and answer, and no text: it has {_keys(item)}")
    kind = "article" if present == ["text"] else "qa"
    texts = {name: item.get(name) for name in (*FIELDS[kind], "speciality")}
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise ValueError(f"{name} is {_kind(text)}, not a text")
    return record(kind, {name: _LONE_SURROGATE.sub("\ufffd", text or "") for name, text in texts.items()})


def _json(line: bytes) -> Any:
    """What the line says, its numbers rounded: Python refuses to read a whole number of 4,301 digits as one."""
    try:
        return json.loads(line, parse_int=float)
    except UnicodeDecodeError:
        raise ValueError("no JSON object: it is not UTF-8") from None
    except RecursionError:
        raise ValueError("no JSON object: it is nested too deep") from None
    except ValueError:
        raise ValueError(f"no JSON object{_amiss(line)}") from None


def _amiss(line: bytes) -> str:
    if not line.strip():
        return ": the line is empty"
    begun = line.lstrip().startswith(b"[")
    return ": a list begins here, where each line is to hold one object" if begun else ""


def _kind(value: Any) -> str:
    return _KINDS.get(type(value)) or type(value).__name__


def _keys(item: dict[Any, Any]) -> str:
    """The first keys, of those that are names: a key may as well be somebody's text."""
    told = list(islice((key for key in item if isinstance(key, str) and _NAME.fullmatch(key)), MOST_KEYS))
    left = len(item) - len(told)
    if told:
        return ", ".join(told) + (f" and {left} more" if left else "")
    return f"{left or 'no'} key{'s' if left > 1 else ''}"


def _rows(files: list[Path]) -> Iterator[dict[str, Any]]:
    if not files:
        raise UsageError(f"no *{PARQUET} file is there: name a folder of them, such as a snapshot's")
    columns = {path: _columns(path) for path in files}  # all, before the first row is judged
    for path in files:
        try:
            for batch in pq.ParquetFile(path).iter_batches(ROWS, columns=columns[path]):
                yield from batch.to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise _unread(path, error) from None


def _columns(path: Path) -> list[str]:
    """The columns of a file that are read."""
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _unread(path, error) from None
    if not any(field.name in TEXTS and _holds_texts(field.type) for field in schema):
        there = ", ".join(f"{field.name} ({field.type})" for field in list(schema)[:MOST_NAMED]) or "none"
        raise UsageError(
            f"{path} holds no records: name its columns of texts question and answer, or text; there are {there}"
        )
    return [name for name in schema.names if name in COLUMNS]


def _holds_texts(type_: pa.DataType) -> bool:
    value = type_.value_type if pa.types.is_dictionary(type_) else type_
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value))


def _unread(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path} cannot be read: {' '.join(str(error).split())}")


def _opened(source: Path) -> BufferedReader:
    """Opened once: what a pipe has given is not given again."""
    return open(0, "rb", closefd=False) if source == Path(STANDARD) else source.open("rb")


def _unpacked(file: BufferedReader) -> BufferedIOBase:
    head = file.read(HEAD)  # until there are so many, or no more: a pipe may give a byte at a time
    for mark, why in REFUSED.items():
        if mark.match(head):
            raise ValueError(why)
    whole: BufferedReader = BufferedReader(_Again(head, file), BUFFER)
    return next((unpack(whole) for mark, unpack in UNPACKED.items() if mark.match(head)), whole)


class _Again(RawIOBase):
    """A file with what was read of it in front again."""

    def __init__(self, head: bytes, rest: BufferedReader) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What was read first, then what the file gives."""
        if not self._head:
            return self._rest.readinto1(buffer)
        given, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)
