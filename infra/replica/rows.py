"""JSON lines, plain or gzipped, read so that every fault names its file and line."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from storage.errors import UsageError

M = TypeVar("M", bound=BaseModel)


class Line(NamedTuple):
    """One line of a file: `place` is "name:number" for messages."""

    place: str
    content: bytes


def read_lines(path: Path) -> Iterator[Line]:
    """The file's lines that are not blank. Raises UsageError where the file or its gzip stream is broken."""
    number = 0
    try:
        with _open(path) as file:
            for number, content in enumerate(file, 1):
                if content.strip():
                    yield Line(f"{path.name}:{number}", content)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path.name}:{number + 1}: the file cannot be read ({error})") from error


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def parse(line: Line, model: type[M]) -> M:
    """The line as `model`. Raises UsageError naming the line and the first column that is wrong, never its value."""
    try:
        row = json.loads(line.content)
    except ValueError as error:
        raise UsageError(f"{line.place}: not JSON in UTF-8 ({_reason(error)})") from None
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        column = ".".join(map(str, first["loc"]))
        what = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{line.place}: {f'{column}: ' if column else ''}{what}") from None


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return f"byte {error.start} is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
