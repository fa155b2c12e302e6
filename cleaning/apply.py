"""A recipe over a file, without a database: one object out for each line or row in, in order.

The first phase runs in several processes, or as tasks of a Ray cluster; the second in this one, over the sketches.
"""

import gzip
import io
import json
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO

from cleaning.batch import Judged, judge_all, pieces
from cleaning.corpus import CorpusPass, Final, Tier
from cleaning.judge import STEP_FAILED
from cleaning.lines import Line, lines, parse
from cleaning.processes import Engine, Work, ordered_map
from cleaning.recipe import Recipe
from cleaning.record import Figures, Record
from cleaning.sketch import word_strings
from storage.blobs import output_file
from storage.errors import UsageError

NOT_A_RECORD = "not_a_record"
BATCH = 500  # lines judged at a time


class Row(NamedTuple):
    """A line judged alone, as JSON of outcome, reason, measure, kind, fields, taken; no sketch where it is dropped."""

    judged: str
    sketch: bytes = b""
    tier: Tier = Tier.PASSED


class Files(NamedTuple):
    """Where the lines come from and where their judgements go."""

    source: Path
    target: Path


def apply(recipe: Recipe, files: Files, advance: Callable[[int], object], engine: Engine = ordered_map) -> Counter[str]:
    """Write the judgement of every line of a file to another; returns how many lines met which end.

    An output object has `kept`, `outcome`, `reason`, `measure`, `cluster` (the line number, from 1, of the member that
    stands for all it hangs together with), the cleaned fields, and what was taken out of them and kept. A line that is
    no record, or is longer than LONGEST_LINE, has the reason `not_a_record`.
    `advance` is called with the size of each batch; the target (gzip where it is named so) appears whole at the end or
    not at all, and is the same whatever engine maps the batches.
    Raises UsageError when the source cannot be read, or the target is it, or no file, or has no folder.
    """
    source, target = files.source, output_file(files.target)
    if target == source.resolve():
        raise UsageError(f"{source} would be replaced by its own verdicts: give --out another name")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cleaning-") as folder:
        whole = Path(folder) / "whole"
        with (Path(folder) / "judged").open("w+b") as file:
            judged = _Judged(recipe, file)
            work = Work(partial(judge_lines, recipe), _killing)
            for rows in engine(work, pieces(lines(source), _size, BATCH)):
                judged.add(rows)
                advance(len(rows))
            ends = _write(judged, whole, target.suffix == ".gz")
        whole.replace(target)
    return ends


def judge_lines(recipe: Recipe, batch: list[Line]) -> list[Row]:
    """A batch of lines through the first phase."""
    parsed = [parse(line) for line in batch]
    judged = iter(judge_all(recipe, [line for line in parsed if isinstance(line, Record)]))
    return [_row(next(judged)) if isinstance(line, Record) else _no_record(line) for line in parsed]


def _row(found: Judged) -> Row:
    measurement, judgement, sketch = found
    text = json.dumps([*judgement, measurement.kind, measurement.fields, measurement.taken])
    if judgement.outcome == "dropped":
        return Row(text)
    return Row(text, sketch, Tier.REVIEW if judgement.outcome == "review" else Tier.PASSED)


def _no_record(figures: Figures) -> Row:
    return Row(json.dumps(["dropped", NOT_A_RECORD, figures, "", {}, {}]))


def _killing(_line: Line) -> Row:
    """What stands for a line that killed the process it was given to: nothing is known of it but that."""
    return Row(json.dumps(["dropped", STEP_FAILED, {"error": "ProcessDied"}, "", {}, {}]))


class _Judged:
    """The rows of all lines in a file, the places of survivors in it, and the pass over these."""

    def __init__(self, recipe: Recipe, file: BinaryIO) -> None:
        self.file = file
        self.corpus = CorpusPass(recipe, self._texts)
        self.lines = array("q")
        self._offsets = array("q")
        self._count = 0

    def add(self, rows: list[Row]) -> None:
        """The next lines' rows."""
        for row in rows:
            self._count += 1
            if row.sketch:
                self.corpus.add(row.sketch, row.tier)
                self.lines.append(self._count)
                self._offsets.append(self.file.tell())
            self.file.write(row.judged.encode() + b"\n")

    def rows(self) -> Iterator[list[Any]]:
        """Every row again, in order."""
        self.file.seek(0)
        return map(json.loads, self.file)

    def _texts(self, places: list[int]) -> Iterator[dict[str, str]]:
        for place in places:
            self.file.seek(self._offsets[place])
            _, _, _, kind, fields, _ = json.loads(self.file.readline())
            yield word_strings(Record(kind, fields))


def _write(judged: _Judged, whole: Path, zipped: bool) -> Counter[str]:
    finals, ends = list(judged.corpus.finals()), Counter[str]()
    left = iter(finals)
    with _opened(whole, zipped) as out:
        for outcome, reason, measure, _, fields, taken in judged.rows():
            final = Final(outcome) if outcome == "dropped" else next(left)
            reason, measure = final.finding or (reason, measure)
            cluster = None if final.cluster is None else judged.lines[final.cluster]
            verdict = {"kept": final.outcome == "kept", "outcome": final.outcome, "reason": reason, "measure": measure}
            out.write(json.dumps(verdict | {"cluster": cluster} | fields | taken, ensure_ascii=False) + "\n")
            ends[f"{final.outcome}: {reason}" if reason else final.outcome] += 1
    return ends


def _opened(path: Path, zipped: bool) -> TextIO:
    if not zipped:
        return path.open("w", encoding="utf-8")
    file = gzip.GzipFile(path, "wb", mtime=0)  # with no time in it, so that the same lines are the same bytes
    return io.TextIOWrapper(file, encoding="utf-8")


def _size(line: Line) -> int:
    """Bytes of a line; of a row the letters, which is near enough."""
    if isinstance(line, dict):
        return sum(len(text) for text in line.values() if isinstance(text, str))
    return len(line or b"")
