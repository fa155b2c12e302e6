"""Answers that were stored elsewhere, scored again: letters read by one reader, held against those a person read."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from evaluator.letters.many import read_many
from evaluator.replay.anomalies import anomalies
from evaluator.replay.pairs import pairs
from evaluator.replay.paper import cell, reproduced
from evaluator.replay.roster import Task, tasks
from evaluator.replay.sheets import Sheet
from evaluator.replay.stored import Answer, read
from storage.blobs import output_file, write_whole, writing
from storage.errors import UsageError


@dataclass(frozen=True)
class Replay:
    """Files in the order they were given, and by task."""

    sheets: Sequence[Sheet]
    tasks: Sequence[Task]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        compared = zip(self.tasks, pairs(self.tasks), strict=True)
        return {
            "files": [_file(sheet) for sheet in self.sheets],
            "tasks": [
                {"task": task.name, "systems": task.systems, "items": task.items, "pairs": found}
                for task, found in compared
            ],
            "anomalies": anomalies(self.tasks),
        }


def replay(files: Sequence[Path], progress: Callable[[str, int, int], None] | None = None) -> Replay:
    """Read the letters of all files. Raises UsageError naming the file and the line that is wrong.

    Of many rows all cores read. `progress` is told what is counted, how many more there are, and of how many.
    """
    given = Counter(path.resolve() for path in files)
    if twice := [path for path in files if given[path.resolve()] > 1]:
        raise UsageError(f"{twice[0]} is given twice")
    told = progress or (lambda *_: None)
    answers = []
    for path in files:
        answers.append(read(path))
        told("files read", 1, len(files))
    sheets = _sheets(files, answers, told)
    return Replay(sheets, tasks(sheets))


def letters_file(out: Path, files: Sequence[Path]) -> Path:
    """Where letters may be written. Raises UsageError for what is no file's name, and for one of the files read."""
    place = output_file(out)
    if place in {path.resolve() for path in files}:
        raise UsageError(f"{out} is one of the files to read: give --letters another name")
    return place


def write_letters(found: Replay, place: Path) -> None:
    """Write each row's letter, or null, as JSON lines in the rows' order, file by file: all of them, or no file.

    Raises UsageError where nothing can be written.
    """
    lines = [json.dumps(line, ensure_ascii=False) for sheet in found.sheets for line in sheet.lines()]
    with writing(place):
        write_whole(place, "".join(f"{line}\n" for line in lines).encode())
        place.chmod(0o644)


def _sheets(
    files: Sequence[Path], answers: Sequence[Sequence[Answer]], progress: Callable[[str, int, int], None]
) -> list[Sheet]:
    texts = [(a.generation, a.options, a.question) for rows in answers for a in rows]
    placed = iter(read_many(texts, lambda more: progress("letters read", more, len(texts))))
    return [Sheet(path, rows, list(islice(placed, len(rows)))) for path, rows in zip(files, answers, strict=True)]


def _file(sheet: Sheet) -> dict[str, Any]:
    figure, share = cell(sheet.task, sheet.system), sheet.published_share
    paper = None if figure is None else {"figure": figure, "reproduced": reproduced(figure, share.count / share.of)}
    return sheet.as_json() | {"paper": paper}
