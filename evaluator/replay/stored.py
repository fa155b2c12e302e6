"""Answers as they were stored: JSON lines, plain or gzip, a row an item, with the letter that a person read."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.letters.signs import LATIN
from storage.errors import UsageError

COLUMNS = ("question", "options", "correct", "generation", "published_choice")
PROMPTS = ("prompt", "model_prompt")
"""Columns that a whole prompt may stand in; a file may have none."""
LARGEST = 1 << 28
"""Bytes of a file, and what a packed one may unpack to."""
_CHUNK, _STEP = 1 << 16, 1 << 10  # what is read, and what is unpacked at once: all of that is lost to an error


@dataclass(frozen=True)
class Answer:
    """One row; `line` is its line in the file. `correct` and `published` are None where they are no option's letter."""

    line: int
    question: str
    options: Mapping[str, str]
    correct: str | None
    generation: str
    published: str | None
    prompt: str | None = None


def read(path: Path) -> list[Answer]:
    """All rows of a file. Raises UsageError that names the file and the line that is wrong."""
    found = [_answer(path, number, line) for number, line in enumerate(_lines(path), 1) if line.strip()]
    if not found:
        raise UsageError(f"{path}: line 1: the file is empty, there is no answer in it")
    return found


def _lines(path: Path) -> list[bytes]:
    data = bytearray()
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: line 1: it cannot be read: it is no regular file")
    try:
        for chunk in _unpacked(path):
            data += chunk
            if len(data) > LARGEST:
                raise UsageError(f"{path}: it holds more than {LARGEST} bytes: those are no answers to a benchmark")
    except OSError as error:
        raise UsageError(f"{path}: line 1: it cannot be read: {error.strerror}") from None
    except (EOFError, zlib.error) as error:
        line = data.count(b"\n") + 1
        raise UsageError(f"{path}: line {line}: the gzip file is broken from here on ({error})") from None
    return bytes(data).removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _unpacked(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            yield from iter(lambda: file.read(_CHUNK), b"")
            return
        member = zlib.decompressobj(wbits=31)
        while data := member.unconsumed_tail or member.unused_data or file.read(_STEP):
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            yield member.decompress(data, _CHUNK)
        if not member.eof:
            raise EOFError("it ends in the middle")


def _answer(path: Path, number: int, line: bytes) -> Answer:
    where = f"{path}: line {number}"
    row = _object(where, line)
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        there = ", ".join(map(str, row)) or "none"
        raise UsageError(f"{where} has no column {missing[0]!r}; its columns are: {there[:200]}")
    named = _options(where, row["options"])
    options = dict(named.values())
    prompt = next((_text(where, name, row[name]) for name in PROMPTS if row.get(name) is not None), None)
    texts = {name: _text(where, name, row[name]) for name in COLUMNS if name != "options"}
    return Answer(
        line=number,
        question=texts["question"],
        options=options,
        correct=_letter(texts["correct"], named),
        generation=texts["generation"],
        published=_letter(texts["published_choice"], named),
        prompt=prompt,
    )


def _object(where: str, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise UsageError(f"{where} is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is not JSON ({type(error).__name__}: {str(error)[:80]})") from None
    if not isinstance(row, dict):
        raise UsageError(f"{where} is {type(row).__name__}, not an object with the columns {', '.join(COLUMNS)}")
    return row


def _options(where: str, value: object) -> dict[str, tuple[str, str]]:
    """Letter and text of the options by their own names; one called otherwise, or only listed, is lettered by place."""
    if isinstance(value, list):
        value = {LATIN[place : place + 1] or str(place): text for place, text in enumerate(value)}
    if not isinstance(value, dict) or not 2 <= len(value) <= len(LATIN):
        raise UsageError(f"{where} has no 2 to {len(LATIN)} options: a list of texts, or an object of texts by letter")
    names = [_name(str(name)) for name in value]
    if len(set(names)) < len(names):
        raise UsageError(f"{where} has several options of one name: {', '.join(names)[:80]}")
    letters = names if set(names) <= set(LATIN) else LATIN
    texts = [_text(where, "options", text) for text in value.values()]
    return {name: (letter, text) for name, letter, text in zip(names, letters, texts, strict=False)}


def _text(where: str, column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"{where} has no text in the column {column!r} but {type(value).__name__}")


def _letter(text: str, named: Mapping[str, tuple[str, str]]) -> str | None:
    """The letter of the option that is called so, by its own name or by the letter that it got."""
    name, letters = _name(text), {letter for letter, _ in named.values()}
    return named[name][0] if name in named else name if name in letters else None


def _name(text: str) -> str:
    return text.strip().upper()
