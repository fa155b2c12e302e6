"""The formats by name, and which one a file has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from storage.errors import UsageError, unknown
from storage.exchange import argilla, jsonl, label_studio, sheet
from storage.exchange.row import Line, Row


@dataclass(frozen=True)
class Format:
    """How rows become a file and a file becomes rows; `whole` where it also tells what was undone and what is blind."""

    write: Callable[[Iterable[Row]], Iterator[str]]
    read: Callable[[TextIO], Iterator[Line]]
    suffix: str
    media: str
    whole: bool


FORMATS: Mapping[str, Format] = {
    "jsonl": Format(jsonl.write, jsonl.read, jsonl.SUFFIX, jsonl.MEDIA, whole=True),
    "csv": Format(sheet.write, sheet.read, sheet.SUFFIX, sheet.MEDIA, whole=True),
    "argilla": Format(argilla.write, argilla.read, argilla.SUFFIX, argilla.MEDIA, whole=False),
    "label-studio": Format(label_studio.write, label_studio.read, label_studio.SUFFIX, label_studio.MEDIA, whole=False),
}


def named(name: str) -> Format:
    """The format of that name. Raises UsageError listing all."""
    if name not in FORMATS:
        raise unknown("format", name, FORMATS)
    return FORMATS[name]


def of(path: str) -> Format:
    """The format that a file's name tells. Raises UsageError where two formats share the ending, or none has it."""
    found = [name for name, each in FORMATS.items() if each.suffix == Path(path).suffix.lower()]
    if len(found) != 1:
        which = " or ".join(found or FORMATS)
        raise UsageError(f"the file's name does not tell its format: say --format {which}")
    return FORMATS[found[0]]
