"""The answers that are judged, as files have them: JSON lines, plain or gzip."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow.parquet as pq

from evaluator.judge.forms import Two
from storage import preferences, snapshots
from storage.errors import UsageError

QUESTION, ANSWER = ("question",), ("answer", "output", "generation")
REFERENCE, SOURCE = ("reference", "doctor", "free_form_answer"), ("source", "sources")
LARGEST = 1 << 28
GZIP = b"\x1f\x8b"  # how such a file begins, whatever it is called


@dataclass(frozen=True)
class Answered:
    """One question, a doctor's answer to it where one is known, and what a system wrote."""

    item: str
    question: str
    answer: str
    reference: str | None = None
    source: str = "–"


Named = tuple[str, Sequence[Answered]]
"""A system's answers and what it is called."""


@dataclass(frozen=True)
class Pair:
    """Two answers to one question, ours and the other's."""

    item: str
    source: str
    question: str
    reference: str | None
    ours: str
    other: str

    def two(self, ours_first: bool) -> Two:
        """As they are put before a judge."""
        first, second = (self.ours, self.other) if ours_first else (self.other, self.ours)
        return Two(self.question, self.reference, first, second)


def answered(path: Path) -> list[Answered]:
    """A system's answers. Raises UsageError naming the line at fault."""
    found = [_answered(path, number, row) for number, row in rows(path)]
    seen: set[str] = set()
    for each in found:
        if each.item in seen:
            raise UsageError(f"{path}: two lines have the id {each.item!r}")
        seen.add(each.item)
    return found


def paired(ours: Path, other: Path) -> list[Pair]:
    """The answers of two files; raises UsageError as `pairs_of`."""
    return pairs_of((str(ours), answered(ours)), (str(other), answered(other)))


def pairs_of(ours: Named, other: Named) -> list[Pair]:
    """The two systems' answers by id. Raises UsageError where a question has one alone, or two wordings."""
    (mine, first), (theirs, given) = ours, other
    second = {each.item: each for each in given}
    lacking = [each.item for each in first if each.item not in second]
    extra = sorted(set(second) - {each.item for each in first})
    if lacking or extra:
        raise UsageError(
            f"{len(lacking)} questions of {mine} are not in {theirs} ({_some(lacking)}), "
            f"{len(extra)} of {theirs} not in {mine} ({_some(extra)}): a pair needs both answers"
        )
    return [_pair(each, second[each.item], (mine, theirs)) for each in first]


def preferred(snapshot: Path) -> list[Pair]:
    """A snapshot's preferences: what reviewers preferred as ours. Raises UsageError where it has none."""
    snapshots.verify(snapshot)
    path = snapshot / preferences.FILE
    if not path.is_file():
        raise UsageError(f"{snapshot} holds no preferences of reviewers: edit and reject answers, then export again")
    read = pq.read_table(path, columns=["question", "chosen", "rejected", "reason"]).to_pylist()
    if not read:
        raise UsageError(f"{path} has no rows: edit and reject answers, then export again")
    return [
        Pair(
            _digest([r["question"], r["chosen"], r["rejected"]]),
            r["reason"],
            r["question"],
            None,
            r["chosen"],
            r["rejected"],
        )
        for r in read
    ]


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a file of JSON objects with their numbers, keys in lower case. Raises UsageError."""
    count = 0
    for number, line in enumerate(_lines(path), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: line {number} is not JSON ({type(error).__name__})") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}: line {number} is {type(row).__name__}, not an object")
        count += 1
        yield number, {str(key).lower(): value for key, value in row.items()}
    if not count:
        raise UsageError(f"{path} holds no line")


def text_of(row: dict[str, Any], names: Sequence[str]) -> str | None:
    """The first of the columns that holds a text."""
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name].strip()), None)


def _answered(path: Path, number: int, row: dict[str, Any]) -> Answered:
    question, answer = text_of(row, QUESTION), text_of(row, ANSWER)
    if question is None:
        raise UsageError(f"{path}: line {number} has no question")
    if not any(name in row for name in ANSWER):
        raise UsageError(f"{path}: line {number} has no column of {', '.join(ANSWER)}")
    item = str(row.get("id", number))
    return Answered(item, question, answer or "", text_of(row, REFERENCE), text_of(row, SOURCE) or "–")


def _pair(ours: Answered, other: Answered, names: tuple[str, str]) -> Pair:
    if ours.question.split() != other.question.split():
        raise UsageError(f"item {ours.item} asks one thing in {names[0]} and another in {names[1]}")
    reference = ours.reference or other.reference
    return Pair(ours.item, ours.source, ours.question, reference, ours.answer, other.answer)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as raw, io.TextIOWrapper(_plain(raw), encoding="utf-8") as file:
            read = 0
            for line in file:
                read += len(line)
                if read > LARGEST:
                    raise UsageError(f"{path} has more than {LARGEST >> 20} million characters: split it")
                if line.strip():
                    yield line
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _plain(raw: io.BufferedReader) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if raw.peek(2)[:2] == GZIP else raw


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode(errors="backslashreplace")).hexdigest()[:16]


def _some(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (", …" if len(items) > 3 else "") if items else "none"
