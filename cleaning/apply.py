"""A recipe over a file of JSON lines, without a database: one object out for each line in, in order."""

import gzip
import json
import re
import tempfile
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from cleaning.corpus import CorpusPass, Tier
from cleaning.judge import judge
from cleaning.recipe import Recipe
from cleaning.record import FIELDS, Judgement, Record, record
from storage.blobs import output_file
from storage.errors import UsageError

GZIP_MAGIC = b"\x1f\x8b"
NOT_A_RECORD = "not_a_record"
LONGEST_LINE = 1 << 26  # bytes; ten million escaped letters fit, and a line that never ends is not held in memory
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def apply(recipe: Recipe, source: Path, target: Path, advance: Callable[[], object]) -> Counter[str]:
    """Write the judgement of every line of `source` to `target`; returns how many lines met which end.

    An output object has `kept`, `outcome`, `reason`, `measure`, `cluster` (the line number, from 1, of the kept
    member of its cluster) and the cleaned fields. A line that is no record, or is longer than LONGEST_LINE, has the
    reason `not_a_record`.
    `advance` is called once a line; `target` appears whole at the end or not at all.
    Raises UsageError when `source` cannot be read, or `target` is it, or no file, or has no folder.
    """
    target = output_file(target)
    if target == source.resolve():
        raise UsageError(f"{source} would be replaced by its own verdicts: give --out another name")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cleaning-") as folder:
        judged, whole = Path(folder) / "judged", Path(folder) / "whole"
        corpus, lines = _judge_all(recipe, source, judged, advance)
        ends = _write(judged, whole, corpus, lines)
        whole.replace(target)
    return ends


def _judge_all(
    recipe: Recipe, source: Path, judged: Path, advance: Callable[[], object]
) -> tuple[CorpusPass, "array[int]"]:
    """The pass over all survivors, ready to be read, and the line number of each."""
    corpus, lines = CorpusPass(recipe), array("q")
    with judged.open("w", encoding="utf-8") as out:
        for number, line in enumerate(_lines(source), 1):
            read, verdict = _judged(recipe, line)
            out.write(json.dumps([verdict.outcome, verdict.reason, verdict.measure, verdict.fields]) + "\n")
            if read and verdict.outcome != "dropped":
                tier = Tier.REVIEW if verdict.outcome == "review" else Tier.PASSED
                corpus.add(Record(read.kind, verdict.fields), tier)
                lines.append(number)
            advance()
    return corpus, lines


def _write(judged: Path, whole: Path, corpus: CorpusPass, lines: "array[int]") -> Counter[str]:
    finals, ends = corpus.finals(), Counter[str]()
    with judged.open(encoding="utf-8") as rows, whole.open("w", encoding="utf-8") as out:
        for row in rows:
            outcome, reason, measure, fields = json.loads(row)
            cluster = None
            if outcome != "dropped":
                final = next(finals)
                outcome = final.outcome
                reason, measure = final.finding or (reason, measure)
                cluster = None if final.root is None else lines[final.root]
            verdict = {"kept": outcome == "kept", "outcome": outcome, "reason": reason, "measure": measure}
            out.write(json.dumps(verdict | {"cluster": cluster} | fields, ensure_ascii=False) + "\n")
            ends[f"{outcome}: {reason}" if reason else outcome] += 1
    return ends


def _judged(recipe: Recipe, line: bytes | None) -> tuple[Record | None, Judgement]:
    if line is None:
        return None, Judgement("dropped", {}, NOT_A_RECORD, {"error": "LineTooLong", "maximum": LONGEST_LINE})
    try:
        read = _record(json.loads(line))
    except (ValueError, RecursionError) as error:
        return None, Judgement("dropped", {}, NOT_A_RECORD, {"error": type(error).__name__})
    return read, judge(recipe, read)


def _record(item: Any) -> Record:
    """Raises ValueError where the item is no object with texts."""
    if not isinstance(item, dict):
        raise ValueError("not an object")
    kind = "article" if "text" in item else "qa"
    if not set(item) & set(FIELDS[kind]):
        raise ValueError("neither text nor question and answer")
    texts = {name: item.get(name) for name in FIELDS[kind]}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        raise ValueError("a field is not a text")
    return record(kind, {name: _LONE_SURROGATE.sub("\ufffd", text or "") for name, text in texts.items()})


def _lines(source: Path) -> Iterator[bytes | None]:
    """Every line; None for one longer than LONGEST_LINE, which is read past in pieces."""
    try:
        with _opened(source) as file:
            while piece := file.readline(LONGEST_LINE):
                whole = len(piece) < LONGEST_LINE or piece.endswith(b"\n")
                while len(piece) == LONGEST_LINE and not piece.endswith(b"\n"):
                    piece = file.readline(LONGEST_LINE)
                yield piece if whole else None
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{source} cannot be read: {error}") from None


def _opened(source: Path) -> gzip.GzipFile | BufferedReader:
    with source.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
    return gzip.open(source) if zipped else source.open("rb")
