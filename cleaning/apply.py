"""A recipe over a file, without a database: one object out for each line or row in, in order.

The first phase runs in several processes, or as tasks of a Ray cluster; the second in this one, over the sketches.
"""

import gzip
import json
import shutil
import sys
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BufferedWriter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from cleaning.batch import Judged, judge_all, pieces
from cleaning.corpus import CorpusPass, Tier
from cleaning.judge import STEP_FAILED
from cleaning.lines import STANDARD, Line, lines, parse
from cleaning.processes import Engine, Work, ordered_map, uncollected
from cleaning.recipe import Recipe
from cleaning.record import Figures, Record
from cleaning.sketch import word_strings
from cleaning.workplace import JUDGED, WHOLE, workplace
from storage.blobs import flush, output_file
from storage.errors import UsageError

NOT_A_RECORD = "not_a_record"
BATCH = 500  # lines judged at a time
STANDARD_OUTPUT = frozenset(map(Path, (STANDARD, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")))
NOT_WRITTEN = frozenset({".parquet", ".bz2", ".xz", ".zst", ".zip"})
"""Endings that promise what the judgements are not."""


class Row(NamedTuple):
    """A line judged alone, as the pieces of its output line, UTF-8, that nothing reads again but to join them.

    `end` is what it counts as, `verdict` an object left open, `texts` what closes it after the cluster's number. There
    is no sketch where it is dropped.
    """

    end: bytes
    verdict: bytes
    texts: bytes
    sketch: bytes = b""
    tier: Tier = Tier.PASSED


class Ends(Counter[str]):
    """How many lines met which end; where none is a record, `wrong` is what is wrong with the first."""

    wrong: str = ""


class Files(NamedTuple):
    """Where the lines come from and where their judgements go; `-` is standard input, and standard output."""

    source: Path
    target: Path


def apply(recipe: Recipe, files: Files, advance: Callable[[int], object], engine: Engine = ordered_map) -> Ends:
    """Write the judgement of every line of a file to another; returns how many lines met which end.

    An output object has `kept`, `outcome`, `reason`, `measure`, `cluster` (the line number, from 1, of the member that
    stands for all it hangs together with), the cleaned fields, and what was taken out of them and kept. A line that is
    no record, or is longer than LONGEST_LINE, has the reason `not_a_record`, and its measure says why in words.
    `advance` is called with the size of each batch; the target (gzip where it is named so) appears whole at the end or
    not at all, and is the same whatever engine maps the batches.
    Raises UsageError when the source cannot be read, or the target is it, or no file, or has no folder, or is named as
    something else than lines.
    """
    target = _target(files)
    with workplace(target.parent if target else Path(tempfile.gettempdir())) as folder:
        whole = folder / WHOLE
        with (folder / JUDGED).open("w+b") as file:
            judged = _Judged(recipe, file)
            work = Work(partial(judge_lines, recipe), _killing)
            for rows in engine(work, pieces(lines(files.source), _size, BATCH)):
                judged.add(rows)
                advance(len(rows))
            with uncollected():
                ends = _write(judged, whole, target is not None and target.suffix == ".gz")
        if target:
            _put(whole, target)
        else:
            _print(whole)
    return ends


def _target(files: Files) -> Path | None:
    """Where the judgements go, links followed; None for standard output."""
    if files.target in STANDARD_OUTPUT:
        return None
    target = output_file(files.target)
    if target.suffix in NOT_WRITTEN:
        raise UsageError(
            f"{files.target} would hold JSON lines whatever its name says: name it .jsonl, or .jsonl.gz for gzip"
        )
    if target == Path("/dev/stdin" if files.source == Path(STANDARD) else files.source).resolve():
        raise UsageError(f"{files.target} would be replaced by its own verdicts: give --out another name")
    return target


def _put(whole: Path, target: Path) -> None:
    """In the target's place, no more open to others than what stood there; after a power cut whole or not there."""
    flush(whole)
    if target.exists():
        shutil.copymode(target, whole)
    whole.replace(target)
    flush(target.parent)


def _print(whole: Path) -> None:
    with whole.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def judge_lines(recipe: Recipe, batch: list[Line]) -> list[Row]:
    """A batch of lines through the first phase, without the filters that only describe."""
    parsed = [parse(line) for line in batch]
    judged = iter(judge_all(recipe.deciding, [line for line in parsed if isinstance(line, Record)]))
    return [_row(next(judged)) if isinstance(line, Record) else _no_record(line) for line in parsed]


def _row(found: Judged) -> Row:
    measurement, (outcome, reason, measure), sketch = found
    texts = b", " + _json(measurement.fields | measurement.taken)[1:]
    if outcome == "pending":
        return Row(*_KEPT, texts, sketch)
    verdict = _verdict(outcome, reason, measure)
    return Row(*verdict, texts) if outcome == "dropped" else Row(*verdict, texts, sketch, Tier.REVIEW)


def _no_record(figures: Figures) -> Row:
    return Row(*_verdict("dropped", NOT_A_RECORD, figures), b"}")


def _killing(_line: Line) -> Row:
    """What stands for a line that killed the process it was given to: nothing is known of it but that."""
    return Row(*_verdict("dropped", STEP_FAILED, {"error": "ProcessDied"}), b"}")


def _verdict(outcome: str, reason: str | None, measure: Figures) -> tuple[bytes, bytes]:
    """What a line counts as, and its output's first keys."""
    told = {"kept": outcome == "kept", "outcome": outcome, "reason": reason, "measure": measure}
    return (f"{outcome}: {reason}" if reason else outcome).encode(), _json(told)[:-1]


def _json(value: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_KEPT = _verdict("kept", None, {})
_NO_RECORD, _ = _verdict("dropped", NOT_A_RECORD, {})


class _Judged:
    """The rows of all lines in a file, the places of survivors in it, and the pass over these."""

    def __init__(self, recipe: Recipe, file: BinaryIO) -> None:
        self.file = file
        self.corpus = CorpusPass(recipe, self._texts)
        self.lines = array("q")
        self._offsets = array("q")
        self._count = 0
        self.wrong = ""

    def add(self, rows: list[Row]) -> None:
        """The next lines' rows."""
        if self._count == 0 and rows and rows[0].end == _NO_RECORD:
            self.wrong = str(json.loads(rows[0].verdict + b"}")["measure"]["error"])
        offset = self.file.tell()
        for row in rows:
            self._count += 1
            if row.sketch:
                self.corpus.add(row.sketch, row.tier)
                self.lines.append(self._count)
                self._offsets.append(offset)
            offset += self.file.write(_STORED % row[:3])

    def rows(self) -> Iterator[list[bytes]]:
        """End, verdict and texts of every line again, in order."""
        self.file.seek(0)
        return (line[:-1].split(b"\t") for line in self.file)

    def _texts(self, places: list[int]) -> Iterator[dict[str, str]]:
        for records in pieces(map(self._record, places), lambda record: sum(map(len, record.fields.values()))):
            yield from word_strings(records)

    def _record(self, place: int) -> Record:
        self.file.seek(self._offsets[place])
        _, _, texts = self.file.readline().split(b"\t")
        fields = json.loads(b"{" + texts[1:])
        return Record("qa" if "question" in fields else "article", fields)


_STORED = b"%b\t%b\t%b\n"  # JSON holds neither a tab nor a line feed


def _write(judged: _Judged, whole: Path, zipped: bool) -> Ends:
    finals, ends = list(judged.corpus.finals()), Counter[bytes]()
    left = iter(finals)
    with _opened(whole, zipped) as out:
        for end, verdict, texts in judged.rows():
            cluster = b"null"
            if not end.startswith(b"dropped"):
                final = next(left)
                if final.finding:
                    end, verdict = _verdict(final.outcome, *final.finding)
                if final.cluster is not None:
                    cluster = b"%d" % judged.lines[final.cluster]
            out.write(b'%b, "cluster": %b%b\n' % (verdict, cluster, texts))
            ends[end] += 1
    told = Ends({end.decode(): count for end, count in ends.items()})
    told.wrong = judged.wrong if set(ends) == {_NO_RECORD} else ""
    return told


def _opened(path: Path, zipped: bool) -> BufferedWriter:
    if not zipped:
        return path.open("wb")
    file = gzip.GzipFile(path, "wb", mtime=0)  # with no time in it, so that the same lines are the same bytes
    return BufferedWriter(file)


def _size(line: Line) -> int:
    """Bytes of a line; of a row the letters, which is near enough."""
    if isinstance(line, dict):
        return sum(len(text) for text in line.values() if isinstance(text, str))
    return len(line or b"")
